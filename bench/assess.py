"""Verification: the whole `assess` of a certificate code, on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.measure import Figure, best_against
from tests.support import kit, witnesses
from verifier import code
from verifier.assess import Verifier
from verifier.checkpoint import Checkpoint
from verifier.hazmat.sm2 import forced_backend
from verifier.policy import TrustBundle
from verifier.report import Outcome


def _worker(
    verifier: Verifier, inputs: list[str] | list[bytes], batch: int, backend: str | None, level: str | None = None
) -> Callable[[], int]:
    def run() -> int:
        for i in range(batch):
            if verifier.assess(inputs[i % len(inputs)], at=kit.AT, level=level).outcome is not Outcome.PASSED:
                raise SystemExit("bench: an input did not pass")
        return batch

    def forced() -> int:
        assert backend is not None
        with forced_backend(backend):
            return run()

    return run if backend is None else forced


def _cosigned(statements: list[bytes]) -> tuple[Verifier, list[bytes]]:
    """Files of one batch: each with its receipt and the one note that four witnesses cosigned."""
    log = kit.TestLog()
    places = [log.add(kit.ENTRY_SALT, s) for s in statements]
    head = Checkpoint(log.origin, len(log.bodies), log.root())
    notes = (witnesses.cosigned(head).encode(),)
    files = [
        kit.holder_file(s, receipts=[log.receipt(i)], checkpoints=notes)
        for s, i in zip(statements, places, strict=True)
    ]
    trust = TrustBundle.parse(kit.signed_bundle(witnesses.bundle()))
    return Verifier(trust, [kit.status()]), files


def figures() -> Iterator[Figure]:
    """Codes in both forms, files, and the pure-Python fallback."""
    statements = [kit.statement(kit.claims(cti=bytes([i]) * 16)) for i in range(32)]
    files = [kit.holder_file(s, kit.TestLog()) for s in statements[:8]]
    v = Verifier(TrustBundle.parse(kit.signed_bundle()), [kit.status()])
    urls = [code.encode_url("minzheng.example", s) for s in statements]
    mz1 = [code.encode_code(s) for s in statements]
    witnessed, cosigned = _cosigned(statements[:8])
    base, best = best_against(
        1,
        _worker(v, urls, 200, None),
        _worker(v, mz1, 200, None),
        _worker(v, files, 50, None),
        _worker(witnessed, cosigned, 50, None, "L4"),
        _worker(v, urls, 20, "evp"),
        _worker(v, urls, 4, "pure"),
    )
    names = (
        ("assess a certificate code (URL form)", "≥ 1.6"),
        ("assess a certificate code (MZ1: form)", "≥ 1.6"),
        ("assess a holder's file (4 disclosures, receipt)", ""),
        ("the same to level L4 (note of 4 witnesses, one batch)", ""),
        ("assess, plain EVP instead of issuer tables", ""),
        ("assess, pure Python instead of libcrypto", ""),
    )
    yield Figure("openssl speed sm2, verifications", base, "/s")
    for (name, target), value in zip(names, best, strict=True):
        yield Figure(name, value, "/s", value / base, "openssl verify", target)
    yield Figure("certificate code", max(len(c) for c in mz1), "characters", target="≤ 419")
    donation = kit.statement(kit.donation_claims(), kit.CHARITY_KEY)
    yield Figure("donation code", len(code.encode_code(donation)), "characters", target="≤ 483")
