"""Stating that rendered bytes are a rendition of a certificate (verifier/rendition.py): signed, logged, checked.

The bytes themselves are not kept: they are personal, and can be made again. What is kept is the statement about their
digest, which nobody can guess back, and sealed the salt that opens its log entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.cose import encode_sign1, protected_header, sig_structure
from verifier.hazmat.sm3 import sm3
from verifier.labels import TYP_RENDITION
from verifier.receipt import entry_body, entry_commitment
from verifier.rendition import Rendition, RenditionClaims

from .authority import authority_of
from .commitment import ENTRY_SALT, rendition_aad
from .errors import Erased, SelfCheckFailed
from .idem import rendition_idem
from .ports import LogStage, RenditionStore, StoredCertificate, StoredRendition
from .registry import Registry


async def state_rendition(
    store: RenditionStore,
    log: LogStage,
    certificate: StoredCertificate,
    body: bytes,
    media: int,
    registry: Registry,
    *,
    expires: int | None = None,
) -> StoredRendition:
    """Sign and stage the statement about `body`, once: equal bytes have one statement.

    `expires`: seconds UTC, for annotated copies. Raises AuthorityUnknown, Erased, SelfCheckFailed, SigningFailed.
    """
    if certificate.sealed is None:  # while the page was made: no new salt may follow the erasure that took the others
        raise Erased("the record's data key was destroyed")
    digest = sm3(body)
    known = await store.get(digest)
    if known is not None:
        return known
    now = registry.clock()
    claims = RenditionClaims(certificate.issuer, now, certificate.cti, media, digest, len(body), expires)
    statement = _signed(certificate, claims, registry)
    salt = registry.entropy(ENTRY_SALT)
    made = StoredRendition(
        digest=digest,
        cti=certificate.cti,
        media=media,
        issued_at=now,
        expires_at=expires,
        statement=statement,
        entry=entry_body(entry_commitment(salt, statement)),
        sealed=registry.sealer.seal(salt, rendition_aad(digest)),
    )
    await store.insert(made)
    await log.stage(rendition_idem(digest, now), made.entry)
    return made


def carried(
    stored: StoredRendition, receipts: Sequence[bytes], registry: Registry, *, checkpoints: Sequence[bytes] = ()
) -> bytes:
    """The statement as a file carries it: with its salt, its receipts and cosigned notes. Raises Erased, SealBroken."""
    if stored.sealed is None:
        raise Erased("the salt of this rendition was destroyed")
    salt = registry.sealer.open(stored.sealed, rendition_aad(stored.digest))
    bare = Rendition.parse(stored.statement)
    return replace(bare, entry_salt=salt, receipts=tuple(receipts), checkpoints=tuple(checkpoints)).encode()


def _signed(certificate: StoredCertificate, claims: RenditionClaims, registry: Registry) -> bytes:
    signer = authority_of(registry.authorities, certificate.issuer).signer
    protected, payload = protected_header(signer.alg, signer.kid, TYP_RENDITION), claims.encode()
    statement = encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))
    key = registry.trust.issuer_key(certificate.issuer, signer.kid)
    read = Rendition.parse(statement)
    if key is None or read.claims != claims or not read.sign1.verify(key.key):
        raise SelfCheckFailed("SIGNATURE_INVALID" if key else "KEY_UNKNOWN")
    return statement
