"""Documents: the bytes, the statement about them, and the certificate inside, each wrong in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.golden.deflate import deflate
from tests.golden.vectors_trust import STATUS_OF_STATUS_KEY, STATUS_ONLY, bundle_with, office_key
from tests.golden.world import AT, Vector, failed, flip, header, passed, seal, unclear
from tests.support import kit, seals
from verifier import labels, package
from verifier.documents import COMMENT_MAGIC, HOLDER_FILE, with_statement
from verifier.hazmat.sm3 import sm3
from verifier.pdf import append_statement
from verifier.rendition import OFD, PDF, Rendition, RenditionClaims

STATEMENT = kit.statement()
MZC = kit.holder_file()
SALT = sm3(b"rendition salt")
YEAR = 366 * kit.DAY
MAIN = (
    b'<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo/>'
    b"<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
)


def pdf_body(mzc: bytes | None = MZC, text: bytes = b"example", *, packed: bool = False) -> bytes:
    """A PDF of the typesetter's form, with one page's worth of nothing and the holder's file attached."""
    out = (
        b"%PDF-1.7\n%\x80\x80\x80\x80\n\n1 0 obj\n<</Type/Catalog>>\nendobj\n2 0 obj\n<</Title("
        + text
        + b")>>\nendobj\n"
    )
    if mzc is not None:
        data, filter_ = (deflate(mzc), b"/Filter/FlateDecode") if packed else (mzc, b"")
        head = b"3 0 obj\n<</Length %d/Type/EmbeddedFile%s/Subtype/application#2Fcose/Params<</Size %d>>>>\nstream\n"
        out += head % (len(data), filter_, len(mzc)) + data + b"\nendstream\nendobj\n"
    table = b"xref\n0 1\n0000000000 65535 f\r\ntrailer\n<</Size 4/Root 1 0 R/Info 2 0 R/ID[(aWQ=)(aWQ=)]>>\n"
    return out + table + b"startxref\n%d\n%%%%EOF" % len(out)


def ofd_body(mzc: bytes = MZC, text: bytes = b"example") -> bytes:
    """A package with a main file and the holder's file."""
    return package.write({"OFD.xml": MAIN, "Doc_0/Document.xml": text, HOLDER_FILE: mzc})


def claims(body: bytes, media: int, **changes: Any) -> RenditionClaims:
    base = RenditionClaims(kit.REGISTRY, AT - kit.DAY, kit.claims().cti, media, sm3(body), len(body))
    return replace(base, **changes)


def logged(statement: bytes, salt: bytes = SALT, log: kit.TestLog | None = None) -> tuple[bytes, ...]:
    log = log or kit.TestLog()
    log.fill(2)
    index = log.add(salt, statement)
    log.fill(3)
    return (log.receipt(index),)


def stated(c: RenditionClaims, signer: kit.TestSigner = kit.REGISTRY_KEY, *, log: bool = True) -> bytes:
    bare = Rendition.parse(signer.sign1(labels.TYP_RENDITION, c.encode()))
    return replace(bare, entry_salt=SALT, receipts=logged(bare.statement)).encode() if log else bare.encode()


def document(media: int = PDF, body: bytes | None = None, *, log: bool = True, **changes: Any) -> bytes:
    body = body or (pdf_body() if media == PDF else ofd_body())
    return with_statement(body, media, stated(claims(body, media, **changes), log=log))


def vectors() -> Iterator[Vector]:
    yield from _good()
    yield from _seals()
    yield from _bytes()
    yield from _statements()
    yield from _keys_and_times()


def _good() -> Iterator[Vector]:
    yield passed("document-pdf-packed-certificate", document(body=pdf_body(packed=True)))
    for name, media in (("pdf", PDF), ("ofd", OFD)):
        yield passed(f"document-{name}", document(media))
        yield passed(f"document-{name}-annotated-copy", document(media, expires=AT + 1))
        yield passed(f"document-{name}-not-logged-at-level-1", document(media, log=False), level="L1")
        body = pdf_body() if media == PDF else ofd_body()
        yield unclear(f"document-{name}-without-statement", body, "RENDITION_MISSING")


def _sealed(files: dict[str, bytes]) -> bytes:
    """A document whose statement is good, whatever its seal is."""
    return document(OFD, package.write({**files, HOLDER_FILE: files.get(HOLDER_FILE, MZC)}))


def _seals() -> Iterator[Vector]:
    files = seals.sealed_files({**seals.plain_files(), HOLDER_FILE: MZC})
    keys = (office_key(), replace(STATUS_ONLY, key=kit.TestSigner(b"status key").key), seals.key())
    known = seals.bundle().authorities
    trust = bundle_with(*keys, authorities=known)
    data = _sealed(files)
    yield passed("document-ofd-sealed", data, trust=trust)
    yield unclear("document-ofd-seal-of-unknown-authority", data, "SEAL_UNCERTAIN", trust=bundle_with(*keys))
    missing = bundle_with(*keys[:2], authorities=known)
    yield unclear("document-ofd-seal-key-not-in-bundle", data, "SEAL_UNCERTAIN", trust=missing)
    page = next(name for name in files if name.endswith("Content.xml"))
    altered = {**files, page: files[page] + b" "}
    yield failed("document-ofd-sealed-page-altered-and-stated", _sealed(altered), "SEAL_INVALID", trust=trust)
    added = {**files, "Doc_0/Pages/Page_9.xml": b"<a/>"}
    yield failed("document-ofd-member-not-under-the-seal", _sealed(added), "SEAL_INVALID", trust=trust)
    revoked = bundle_with(*keys[:2], seals.key(revoked_from=AT - YEAR), authorities=known)
    yield failed("document-ofd-seal-after-revocation", data, "SEAL_INVALID", trust=revoked)


def _bytes() -> Iterator[Vector]:
    altered, malformed = "DOCUMENT_ALTERED", "MALFORMED_FILE"
    pdf, ofd = document(), document(OFD)
    statement = stated(claims(pdf_body(), PDF))
    yield failed("document-pdf-flipped-bit", flip(pdf, pdf.index(b"example")), altered)
    other = append_statement(pdf_body(text=b"EXAMPLE"), statement)
    yield failed("document-pdf-statement-on-other-page", other, altered)
    yield failed("document-pdf-update-doubled", pdf + pdf[len(pdf_body()) :], malformed)
    page = b"\n1 0 obj\n<</Type/Catalog/Other 1>>\nendobj\n"
    tail = b"xref\n1 1\n%010d 00000 n\r\ntrailer\n<</Size 5/Root 1 0 R/Info 2 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    yield failed(
        "document-pdf-page-replaced", pdf + page + tail % (len(pdf) + 1, start, len(pdf) + len(page)), malformed
    )
    yield failed(
        "document-pdf-update-with-other-root", pdf[:-200] + pdf[-200:].replace(b"/Root 1 0", b"/Root 2 0"), malformed
    )
    yield failed("document-pdf-trailing-newline", pdf + b"\n", malformed)
    yield failed("document-pdf-trailing-space", pdf + b" ", malformed)
    yield failed("document-pdf-truncated", pdf[:-1], malformed)
    yield failed("document-pdf-without-certificate", pdf_body(None), malformed)
    two = pdf_body().replace(b"\nendobj\nxref", b"\nendobj\n" + pdf_body().split(b"endobj\n")[2] + b"endobj\nxref")
    yield failed("document-pdf-two-certificates", two, malformed)
    broken = pdf_body(packed=True)
    broken = broken.replace(deflate(MZC), b"\x78\xda" + bytes(len(deflate(MZC)) - 2))
    yield failed("document-pdf-certificate-not-unpacked", broken, malformed)
    yield failed("document-pdf-of-nothing", b"%PDF-1.7\n", malformed)
    read = package.read(ofd)
    yield failed("document-ofd-flipped-bit", flip(ofd, ofd.index(b"example")), malformed)
    swapped = {**read.files, "Doc_0/Document.xml": b"EXAMPLE"}
    yield failed("document-ofd-member-replaced", package.write(swapped, read.comment), altered)
    added = {**read.files, "Doc_0/Page.xml": b"x"}
    yield failed("document-ofd-member-added", package.write(added, read.comment), altered)
    yield failed("document-ofd-comment-of-others", package.write(read.files, b"hello"), malformed)
    yield failed("document-ofd-trailing-byte", ofd + b"\x00", malformed)
    yield failed("document-package-without-main-file", package.write({HOLDER_FILE: MZC}, read.comment), malformed)
    bare = {n: d for n, d in read.files.items() if n != HOLDER_FILE}
    yield failed("document-ofd-without-certificate", package.write(bare, read.comment), malformed)


def _statements() -> Iterator[Vector]:
    invalid = "RENDITION_INVALID"
    body = pdf_body()
    good = stated(claims(body, PDF))
    unsealed = stated(claims(body, PDF), log=False)
    typ = header(typ=labels.TYP_RENDITION)
    for name, statement in (
        ("flipped-bit", flip(good, -1)),
        ("truncated", good[:-1]),
        ("of-nothing", b"\x00"),
        ("typ-of-certificate", seal(claims(body, PDF).encode(), protected=header())),
        ("is-the-certificate", STATEMENT),
        ("media-3", unsealed.replace(b"\xa4\x01\x01\x02", b"\xa4\x01\x03\x02")),
        ("unsigned-member", seal(claims(body, PDF).encode(), protected=typ, unprotected=b"\xa1\x05\x00")),
    ):
        yield failed(f"document-statement-{name}", append_statement(body, statement), invalid)
    member = kit.REGISTRY_KEY.sign1(labels.TYP_RENDITION, _with_copy_flag(claims(body, PDF)))
    yield failed("document-statement-copy-without-end", append_statement(body, member), invalid)
    comment = package.write(package.read(ofd_body()).files, COMMENT_MAGIC)
    yield failed("document-ofd-statement-empty", comment, invalid)
    mismatch = "RENDITION_MISMATCH"
    yield failed("document-statement-of-other-certificate", document(cti=bytes(16)), mismatch)
    yield failed("document-statement-of-other-issuer", document(iss=kit.CHARITY), mismatch)
    altered = "DOCUMENT_ALTERED"
    yield failed("document-statement-of-other-digest", document(digest=bytes(32)), altered)
    yield failed("document-statement-of-other-length", document(length=1), altered)
    yield failed("document-statement-of-other-media", append_statement(body, stated(claims(body, OFD))), altered)
    yield unclear("document-statement-not-logged", document(log=False), "RECEIPT_MISSING")
    other = Rendition.parse(good)
    foreign = replace(other, receipts=logged(kit.statement())).encode()
    yield failed("document-statement-receipt-of-other-entry", append_statement(body, foreign), "RECEIPT_INVALID")
    strange = kit.TestLog(origin="log.example/other")
    unknown = replace(other, receipts=logged(other.statement, log=strange)).encode()
    yield unclear("document-statement-receipt-of-unknown-log", append_statement(body, unknown), "RECEIPT_LOG_UNKNOWN")


def _keys_and_times() -> Iterator[Vector]:
    body = pdf_body()
    stranger = stated(claims(body, PDF), kit.STRANGER_KEY)
    yield unclear("document-statement-by-unknown-key", append_statement(body, stranger), "KEY_UNKNOWN")
    second = kit.TestSigner(b"status key")
    trust = bundle_with(office_key(), replace(STATUS_ONLY, key=second.key))
    by_status = append_statement(body, stated(claims(body, PDF), second))
    not_allowed = "KEY_NOT_ALLOWED_FOR_KIND"
    yield failed("document-statement-by-key-for-status-lists", by_status, not_allowed, trust=trust)
    not_valid = "KEY_NOT_VALID_AT_ISSUE"
    yield failed("document-statement-older-than-its-key", document(iat=AT - 2 * YEAR, log=False), not_valid)
    yield unclear("document-statement-from-the-future", document(iat=AT + 3600, log=False), "NOT_YET_VALID", level="L1")
    yield failed("document-copy-expires-in-this-second", document(expires=AT), "COPY_EXPIRED")
    revoked = bundle_with(office_key(revoked_from=AT - kit.DAY))
    yield failed("document-statement-after-revocation", document(), not_valid, trust=revoked)
    later = bundle_with(office_key(revoked_from=AT - 60), STATUS_ONLY)
    lists = (STATUS_OF_STATUS_KEY,)
    yield passed("document-statement-logged-before-revocation", document(), trust=later, statuses=lists)
    unlogged = document(log=False)
    yield unclear(
        "document-statement-revoked-key-not-logged", unlogged, "KEY_REVOKED", trust=later, statuses=lists, level="L1"
    )


def _with_copy_flag(c: RenditionClaims) -> bytes:
    return c.encode().replace(b"\x04\xf4", b"\x04\xf5")
