"""C2SP/wycheproof ed25519: every case, on every backend."""

from __future__ import annotations

import pytest

from tests.support.outside_vectors import read_json
from verifier.hazmat import ed25519

VECTORS = read_json("wycheproof/ed25519_test.json")


@pytest.mark.parametrize("backend", ed25519.available_backends())
def test_every_case(backend: str) -> None:
    wrong, count = [], 0
    with ed25519.forced_backend(backend):
        for group in VECTORS["testGroups"]:
            key = ed25519.Ed25519PublicKey.parse(bytes.fromhex(group["publicKey"]["pk"]))
            for case in group["tests"]:
                count += 1
                verdict = key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
                if verdict is not (case["result"] == "valid"):
                    wrong.append(case["tcId"])
    assert count == VECTORS["numberOfTests"] == 151
    assert wrong == []
