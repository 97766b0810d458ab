"""What must not pass: inputs that an attacker, a fault or an outage would produce, made for real.

Each forgery is as good as it can be: only the one thing that its check is about is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from api.clock import system_entropy
from api.demo.checks import FAILED, INDETERMINATE
from api.files import write_whole
from certs.authority import Authority
from certs.keys import PrivateKey, SoftwareSigner
from certs.ports import Signer
from chain.log.model import LogIdentity
from chain.log.signing import sign_checkpoint
from verifier import package
from verifier.anchor import AnchorObservation
from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.credential import Certificate, Claims, HolderFile, PublicDonation, StatusReference
from verifier.documents import read_document
from verifier.labels import KIND_DONATION, TYP_CERTIFICATE
from verifier.merkle import TreeHash
from verifier.pdf import append_statement, read_pdf
from verifier.receipt import encode_receipt, entry_body, entry_commitment

STRANGER_USCC = "12990000MB9T0002X6"  # well-formed, and in no bundle
OTHER_LOG = LogIdentity("log.other.example/sm3-2026", TreeHash.SM3)


def changed_byte(data: bytes) -> bytes:
    """One bit of the commitment root, which stands in the signed payload."""
    root = Certificate.parse(HolderFile.parse(data).certificate.statement).claims.root
    at = data.index(root)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def changed_code(code: str) -> str:
    """Another character of the signature, which is the code's end."""
    at = len(code) - 40
    return code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]


def changed_disclosure(data: bytes) -> bytes:
    """Another date of registration (or amount) than the one that was signed; everything else untouched."""
    file = HolderFile.parse(data)
    target = next(d for d in file.disclosures if d.name in ("registration_date", "amount_fen"))
    other = "2001-01-01" if isinstance(target.value, str) else 1
    changed = tuple(replace(d, value=other) if d is target else d for d in file.disclosures)
    return replace(file, disclosures=changed).encode()


def unknown_issuer(data: bytes, now: int) -> bytes:
    """A perfect statement by somebody whom no bundle names."""
    claims = replace(HolderFile.parse(data).certificate.claims, iss=STRANGER_USCC, iat=now)
    return _signed(claims, SoftwareSigner(PrivateKey.generate()))


def wrong_kind(data: bytes, authority: Authority, now: int) -> bytes:
    """A donation certificate, signed with the genuine key of a marriage registry."""
    claims = HolderFile.parse(data).certificate.claims
    public = PublicDonation("53990000MJ9T00037AA26001", 10_000, now // 86400)
    status = StatusReference(claims.status.idx, claims.status.uri)
    forged = replace(claims, iat=now, kind=KIND_DONATION, kind_version=1, public=public, status=status)
    return _signed(forged, authority.signer)


def _signed(claims: Claims, signer: Signer) -> bytes:
    protected = protected_header(signer.alg, signer.kid, TYP_CERTIFICATE)
    payload = claims.encode()
    return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))


def other_log(data: bytes, now: int) -> bytes:
    """The same certificate with a good receipt of a log that no bundle names."""
    file = HolderFile.parse(data)
    salt = file.entry_salt or system_entropy(32)
    leaf = OTHER_LOG.hash.leaf(entry_body(entry_commitment(salt, file.certificate.statement)))
    made = sign_checkpoint(OTHER_LOG, [SoftwareSigner(PrivateKey.generate())], 1, leaf, now)
    receipt = encode_receipt(made.receipt_protected, made.receipt_signature, 1, 0, [])
    return replace(file, entry_salt=salt, receipts=(receipt,)).encode()


def borrowed_receipt(data: bytes, other: bytes) -> bytes:
    """The same certificate with the genuine receipt of another one."""
    return replace(HolderFile.parse(data), receipts=HolderFile.parse(other).receipts).encode()


def without_receipt(data: bytes) -> bytes:
    return replace(HolderFile.parse(data), receipts=()).encode()


def other_anchor(path: Path, target: Path) -> None:
    """An observation of another root at the same size: what a forked log would have anchored."""
    seen = AnchorObservation.parse(path.read_bytes())
    write_whole(target, replace(seen, root=bytes(31) + b"\x01").encode())


Forged = tuple[str, Path, tuple[str, str]]
"""(what was done, file, (outcome, reason))"""


def documents(good: Path, other: Path, folder: Path) -> list[Forged]:
    """Documents that were changed. `good` and `other`: paths without suffix of two that are genuine."""
    pdf, ofd = good.with_suffix(".pdf").read_bytes(), package.read(good.with_suffix(".ofd").read_bytes())
    page = next(name for name in ofd.files if name.endswith("Content.xml"))
    changed = {**ofd.files, page: ofd.files[page].replace(b"</ofd:TextCode>", b"\xe4\xba\x8c</ofd:TextCode>", 1)}
    borrowed = read_document(other.with_suffix(".pdf").read_bytes()).statement or b""
    at = pdf.index(b"/Type/Page")
    forged = (
        ("a word added to an OFD's page", "page-changed.ofd", package.write(changed, ofd.comment), "DOCUMENT_ALTERED"),
        ("a byte of a PDF's page tree", "page-changed.pdf", pdf[:at] + b"/type" + pdf[at + 5 :], "DOCUMENT_ALTERED"),
        (
            "the statement of another PDF",
            "borrowed.pdf",
            append_statement(read_pdf(pdf).body, borrowed),
            "RENDITION_MISMATCH",
        ),
        ("something appended to a PDF", "appended.pdf", pdf + b"\n%%EOF\n", "MALFORMED_FILE"),
        ("a PDF without its statement", "bare.pdf", read_pdf(pdf).body, "RENDITION_MISSING"),
    )
    found: list[Forged] = []
    for name, file, data, reason in forged:
        write_whole(folder / file, data)
        found.append((name, folder / file, (INDETERMINATE if reason == "RENDITION_MISSING" else FAILED, reason)))
    return found
