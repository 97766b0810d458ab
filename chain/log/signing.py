"""Turning a derived root into the two things a log signs for a size: the note and the receipt signature."""

from __future__ import annotations

from collections.abc import Sequence

from chain.errors import SigningFailed
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.ports import LogSigner
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote, note_key_id
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.labels import ALG_EDDSA, ALG_ES256, ALG_SM2, CRV_ED25519, CRV_P256, CRV_SM2
from verifier.receipt import receipt_protected, receipt_to_be_signed

_CURVE_OF = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256, ALG_EDDSA: CRV_ED25519}


def public_key_of(signer: LogSigner) -> CoseKey:
    """The signer's public key. Raises SigningFailed if it is not one that verifiers could use."""
    try:
        key = CoseKey(_CURVE_OF[signer.alg], signer.public_key)
    except (KeyError, VerifierError):
        raise SigningFailed("the signer's algorithm or public key is not usable") from None
    if key.kid != signer.kid:
        raise SigningFailed("the signer's kid is not that of its public key")
    return key


def _sign(signer: LogSigner, key: CoseKey, message: bytes) -> bytes:
    signature = signer.sign(message)
    if not key.verify(signature, message):  # a faulted signature can give the key away: it must never get out
        raise SigningFailed("the signer's signature does not verify")
    return signature


def sign_checkpoint(
    identity: LogIdentity, signers: Sequence[LogSigner], size: int, root: bytes, now: int
) -> StoredCheckpoint:
    """Sign size and root: one note line per signer, and one receipt signature by the first. Raises
    SigningFailed.
    """
    if not signers:
        raise SigningFailed("a log needs at least one signer")
    checkpoint = Checkpoint(identity.origin, size, root)
    text = checkpoint.note_text().encode()
    lines = []
    for signer in signers:
        key = public_key_of(signer)
        key_id = note_key_id(identity.origin, key)
        lines.append(NoteSignature(identity.origin, key_id, _sign(signer, key, text)))
    first, key = signers[0], public_key_of(signers[0])
    protected = receipt_protected(key, identity.origin, now, identity.hash, size)
    signature = _sign(first, key, receipt_to_be_signed(protected, root))
    note = SignedNote(checkpoint, tuple(lines)).encode()
    return StoredCheckpoint(size, root, note, protected, signature, now)
