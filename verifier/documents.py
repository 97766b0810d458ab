"""Documents that people hold: PDF and OFD with the holder's file inside and the issuer's statement about their bytes.

`read_document` takes one apart; `check_document` is step 10 of the procedure, and compares three things: the bytes, the
statement about them, and the certificate inside. A page that looks genuine is worth nothing, and a genuine certificate
inside an altered page is worse: the person at the counter reads the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from . import package, pdf
from .credential import Claims
from .errors import Malformed, VerifierError
from .fields import CLOCK_SKEW
from .hazmat.sm3 import sm3
from .labels import ALGORITHMS
from .levels import ProvenTree, read_receipts
from .policy import IssuerKey, TrustBundle
from .receipt import entry_body, entry_commitment
from .rendition import MEDIA, OFD, PDF, Rendition, RenditionClaims
from .report import DocumentSeen, Need, Outcome, Reason, iso, outcome_of
from .sealfault import SealFault, SealRefused

if TYPE_CHECKING:
    from .ofd import SealSeen

FORMAT: Final = "document"
MAX_BYTES: Final = pdf.MAX_BYTES + 2 * pdf.MAX_STATEMENT
COMMENT_MAGIC: Final = b"MZR1"
HOLDER_FILE: Final = "Doc_0/Attachs/certificate.mzc"
_ZIP: Final = b"PK\x03\x04"
_MAIN: Final = "OFD.xml"


@dataclass(frozen=True, slots=True)
class Document:
    """`body` is P, what the statement speaks of; `files` are an OFD's members, None for a PDF."""

    media: int
    body: bytes = field(repr=False)
    statement: bytes | None
    holder_file: bytes | None = field(repr=False)
    package: package.Package | None = field(default=None, repr=False)

    @property
    def digest(self) -> bytes:
        """SM3 of P."""
        return sm3(self.body)


def is_document(data: bytes) -> bool:
    """Whether the bytes begin as a PDF or a package does."""
    return pdf.is_pdf(data) or data.startswith(_ZIP)


def read_document(data: bytes) -> Document:
    """Take a PDF or OFD apart. Raises Malformed for what no issuer of ours can have made."""
    if pdf.is_pdf(data):
        found = pdf.read_pdf(data)
        return Document(PDF, found.body, found.statement, pdf.attachment(found.body))
    whole = package.read(data)
    if _MAIN not in whole.files:
        raise Malformed(FORMAT, "main-file", "a package, but no OFD")
    statement: bytes | None = None
    if whole.comment:
        if not whole.comment.startswith(COMMENT_MAGIC):
            raise Malformed(FORMAT, "comment")
        statement = whole.comment[len(COMMENT_MAGIC) :]
    return Document(OFD, whole.body, statement, whole.files.get(HOLDER_FILE), whole)


def with_statement(body: bytes, media: int, statement: bytes) -> bytes:
    """The file that carries the statement. Raises Malformed if the bytes are not of a form that can."""
    if media == PDF:
        return pdf.append_statement(body, statement)
    whole = package.read(body)
    return package.write(whole.files, COMMENT_MAGIC + statement)


@dataclass(slots=True)
class Checked:
    """What step 10 found: reasons in order, OK alone if there is nothing to say; what would help; what was seen."""

    reasons: list[tuple[Reason, str]]
    seen: DocumentSeen
    needs: list[Need]
    attested_at: int | None = None
    """By when a log had seen the statement, seconds UTC."""


def check_document(document: Document, claims: Claims, trust: TrustBundle, at: int, level: str) -> Checked:
    """Check the statement about the bytes against the certificate inside. Never raises on bad input."""
    media = MEDIA[document.media]
    checked = Checked([], DocumentSeen(media, document.digest.hex()), [])
    if document.statement is None:
        checked.needs.append(Need("rendition-statement", document.digest.hex()))
        checked.reasons.append((Reason.RENDITION_MISSING, ""))
        return checked
    try:
        rendition = Rendition.parse(document.statement)
    except VerifierError as e:
        checked.reasons.append((Reason.RENDITION_INVALID, str(e)))
        return checked
    stated = rendition.claims
    if (stated.iss, stated.cti) != (claims.iss, claims.cti):
        checked.reasons.append((Reason.RENDITION_MISMATCH, ""))
        return checked
    key = _key(rendition, trust, checked)
    if key is None:
        return checked
    if (stated.media, stated.length, stated.digest) != (document.media, len(document.body), document.digest):
        checked.reasons.append((Reason.DOCUMENT_ALTERED, ""))
        return checked
    checked.seen = DocumentSeen(media, document.digest.hex(), stated.iat, stated.copy, stated.expires)
    checked.reasons += _in_time(stated, claims, key, at)
    _logged(rendition, key, trust, at, level, checked)
    checked.reasons = checked.reasons or [(Reason.OK, "")]
    return checked


def _key(rendition: Rendition, trust: TrustBundle, checked: Checked) -> IssuerKey | None:
    """The key that signed, once its signature was checked."""
    sign1, iss = rendition.sign1, rendition.claims.iss
    key = trust.issuer_key(iss, sign1.kid)
    if key is None:
        checked.needs.append(Need("issuer-key", f"{iss}/{sign1.kid.hex()}"))
        reason = Reason.KEY_UNKNOWN if sign1.alg in ALGORITHMS else Reason.ALGORITHM_UNSUPPORTED
        checked.reasons.append((reason, "of the rendition statement"))
        return None
    if sign1.alg != key.key.alg or not sign1.verify(key.key):
        checked.reasons.append((Reason.RENDITION_INVALID, "signature"))
        return None
    return key


def _in_time(stated: RenditionClaims, claims: Claims, key: IssuerKey, at: int) -> list[tuple[Reason, str]]:
    found: list[tuple[Reason, str]] = []
    if claims.kind not in key.kinds:
        found.append((Reason.KEY_NOT_ALLOWED_FOR_KIND, "of the rendition statement"))
    revoked = key.revoked_from is not None and stated.iat >= key.revoked_from
    if revoked or not key.not_before <= stated.iat < key.not_after:
        found.append((Reason.KEY_NOT_VALID_AT_ISSUE, "of the rendition statement"))
    if stated.iat > at + CLOCK_SKEW:
        found.append((Reason.NOT_YET_VALID, "the rendition statement"))
    if stated.expires is not None and at >= stated.expires:
        found.append((Reason.COPY_EXPIRED, ""))
    return found


def _logged(rendition: Rendition, key: IssuerKey, trust: TrustBundle, at: int, level: str, checked: Checked) -> None:
    """The statement's own way into the log; level L1 asks for none, and a revoked key needs one that is older."""
    trees: list[ProvenTree] = []
    reason = Reason.RECEIPT_MISSING
    if rendition.entry_salt is not None and rendition.receipts:
        body = entry_body(entry_commitment(rendition.entry_salt, rendition.statement))
        trees, reason = read_receipts(trust, rendition.receipts, body, rendition.claims.iat, at)
    if (
        outcome_of(reason) is Outcome.FAILED
        or reason is Reason.NOT_YET_VALID
        or (reason is not Reason.OK and level != "L1")
    ):
        checked.reasons.append((reason, "of the rendition statement"))
        if outcome_of(reason) is Outcome.INDETERMINATE:
            checked.needs.append(Need("receipt", "of the rendition statement"))
    checked.attested_at = min((tree.iat for tree in trees), default=None)
    if key.revoked_from is not None and not any(tree.iat < key.revoked_from for tree in trees):
        checked.needs.append(Need("receipt", "of the rendition statement, older than the revocation of the key"))
        checked.reasons.append((Reason.KEY_REVOKED, "of the rendition statement"))


def check_document_seal(
    document: Document, claims: Claims, trust: TrustBundle, at: int, crls: Sequence[bytes], checked: Checked
) -> tuple[Reason, str] | None:
    """Step 11: the electronic seal of an OFD; None for a document that has none, which its statement covers as well."""
    if document.package is None:
        return None
    try:
        from .ofd import check_seal  # X.509, XML and the seal's own parser: for sealed documents only

        seal = check_seal(document.package, trust, at, attested_at=checked.attested_at, crls=crls)
    except SealRefused as refused:
        if refused.fault is SealFault.NOT_SEALED:
            return None
        return Reason.SEAL_INVALID if refused.fault.failed else Reason.SEAL_UNCERTAIN, refused.fault.value
    if seal.issuer != claims.iss:
        return Reason.SEAL_INVALID, "of another organisation than the certificate"
    checked.seen = replace(checked.seen, seal=_shown(seal))
    return Reason.OK, ""


def _shown(seal: SealSeen) -> dict[str, str]:
    """What a report says of a seal."""
    return {
        "name": seal.seal_name,
        "esid": seal.esid,
        "signer": seal.signer,
        "maker": seal.maker,
        "signed_at": iso(seal.signed_at) or "",
    }
