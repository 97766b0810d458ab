"""Presentations: by the bound device, by others, to others, too late, and faults of form."""

from __future__ import annotations

from typing import Any

from tests.golden.formats_answer import BANK
from tests.golden.other_signers import P256Signer
from tests.golden.world import CHARITY_STATUS, STATUS, TRUST, b64, flip
from tests.support import kit
from verifier import cbor, cose, labels
from verifier.credential import Certificate, HolderFile, StatusReference
from verifier.hazmat.sm3 import sm3
from verifier.presentation import binding_payload, presentation_payload

DEVICE = kit.TestSigner(b"device")
ES256_DEVICE = P256Signer(b"device")
OTHER_DEVICE = kit.TestSigner(b"other device")
NONCE = sm3(b"challenge")[:16]
SALT = sm3(b"entry salt of the certificate")
MADE = kit.AT - 60


def shown_file(slots: tuple[int, ...] = (1, 3), **changes: Any) -> bytes:
    """A holder's file with chosen disclosures and a receipt."""
    statement = kit.statement(kit.claims(**changes))
    log = kit.TestLog()
    index = log.add(SALT, statement)
    log.fill(5)
    disclosures = tuple(d for d in kit.commitment(5)[1] if d.slot in slots)
    return HolderFile(Certificate.parse(statement), disclosures, SALT, (log.receipt(index),)).encode()


def binding(signer: kit.TestSigner = kit.REGISTRY_KEY, typ: str = labels.TYP_DEVICE, **changes: Any) -> bytes:
    base: dict[str, Any] = {
        "issuer": kit.REGISTRY,
        "cti": kit.claims().cti,
        "key": DEVICE.key,
        "at": kit.AT - kit.DAY,
        "expires": kit.AT + 29 * kit.DAY,
    }
    return signer.sign1(typ, binding_payload(**(base | changes)))


def presentation(signer: Any = DEVICE, typ: str = labels.TYP_PRESENTATION, **changes: Any) -> bytes:
    base: dict[str, Any] = {
        "audience": BANK,
        "nonce": NONCE,
        "at": MADE,
        "expires": MADE + 120,
        "file": shown_file(),
        "binding": binding(),
    }
    payload = presentation_payload(**(base | changes))
    protected = cose.protected_header(signer.alg, signer.kid, typ)
    return cose.encode_sign1(protected, {}, payload, signer.sign(cose.sig_structure(protected, payload)))


def _raw(**changes: Any) -> bytes:
    """Members that `presentation_payload` cannot say."""
    m = cbor.decode(presentation_payload(BANK, NONCE, MADE, MADE + 120, shown_file(), binding()), max_bytes=1 << 18)
    m |= {int(name[1:]): value for name, value in changes.items()}
    return DEVICE.sign1(labels.TYP_PRESENTATION, cbor.encode(m))


def assessed() -> dict[str, tuple[bytes, str]]:
    es256 = binding(key=ES256_DEVICE.key)
    revoked = shown_file(status=StatusReference(5, kit.STATUS_URI))
    return {
        "plain": (presentation(), "OK"),
        "to-an-origin": (presentation(audience="https://bank.example"), "PRESENTATION_MISMATCH"),
        "es256-device": (presentation(ES256_DEVICE, binding=es256), "OK"),
        "nothing-disclosed": (presentation(file=shown_file(())), "OK"),
        "certificate-ended": (presentation(file=revoked), "STATUS_NOT_VALID"),
        "to-another-party": (presentation(audience="91990000MA9T000707"), "PRESENTATION_MISMATCH"),
        "another-challenge": (presentation(nonce=bytes(16)), "PRESENTATION_MISMATCH"),
        "past-its-end": (presentation(at=kit.AT - 240, expires=kit.AT), "PRESENTATION_EXPIRED"),
        "of-tomorrow": (presentation(at=kit.AT + kit.DAY, expires=kit.AT + kit.DAY + 60), "NOT_YET_VALID"),
        "another-device": (presentation(OTHER_DEVICE), "PRESENTATION_INVALID"),
        "flipped-signature": (flip(presentation(), -1), "PRESENTATION_INVALID"),
        "bound-to-another-certificate": (presentation(binding=binding(cti=bytes(16))), "PRESENTATION_INVALID"),
        "bound-by-another-issuer": (presentation(binding=binding(issuer=kit.CHARITY)), "PRESENTATION_INVALID"),
        "binding-by-a-stranger": (presentation(binding=binding(kit.STRANGER_KEY)), "KEY_UNKNOWN"),
        "binding-forged": (presentation(binding=flip(binding(), -1)), "PRESENTATION_INVALID"),
        "binding-by-the-device-itself": (presentation(binding=binding(DEVICE)), "KEY_UNKNOWN"),
        "binding-of-a-certificate-s-form": (presentation(binding=kit.statement()), "PRESENTATION_INVALID"),
        "binding-past-its-end": (presentation(binding=binding(expires=kit.AT)), "PRESENTATION_EXPIRED"),
        "binding-made-after-it": (presentation(binding=binding(at=kit.AT)), "OK"),
        "binding-of-tomorrow": (presentation(binding=binding(at=kit.AT + kit.DAY)), "PRESENTATION_INVALID"),
        "file-altered": (presentation(file=flip(shown_file(), 100)), "RECEIPT_INVALID"),
        "file-is-no-file": (presentation(file=b"certificate"), "MALFORMED_FILE"),
    }


def refused() -> dict[str, bytes]:
    good = presentation()
    return {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "typ-of-certificate": presentation(typ=labels.TYP_CERTIFICATE),
        "audience-with-a-path": presentation(audience="https://bank.example/x"),
        "audience-http": presentation(audience="http://bank.example"),
        "nonce-15-bytes": presentation(nonce=NONCE[1:]),
        "lives-301-seconds": presentation(expires=MADE + 301),
        "ends-before-it-begins": presentation(expires=MADE),
        "unknown-claim": _raw(m1=kit.REGISTRY),
        "without-binding": _raw(**{"m-65600": {1: shown_file()}}),
    }


def presentations() -> dict[str, Any]:
    return {
        "trust_b64": b64(TRUST),
        "status_b64": [b64(STATUS), b64(CHARITY_STATUS)],
        "at": kit.AT,
        "audience": BANK,
        "nonce_hex": NONCE.hex(),
        "accepted": [
            {"name": n, "presentation_b64": b64(data), "reason": reason, "verifies": reason == "OK"}
            for n, (data, reason) in assessed().items()
        ],
        "refused": [{"name": n, "presentation_b64": b64(data)} for n, data in refused().items()],
        "bindings_refused": [{"name": n, "binding_b64": b64(data)} for n, data in _bindings().items()],
    }


def _bindings() -> dict[str, bytes]:
    good = binding()
    return {
        "empty": b"",
        "trailing-byte": good + b"\x00",
        "typ-of-presentation": binding(typ=labels.TYP_PRESENTATION),
        "lives-31-days": binding(expires=kit.AT + 31 * kit.DAY),
        "cti-15-bytes": binding(cti=bytes(15)),
    }
