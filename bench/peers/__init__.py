"""Verification of one credential by us and by others: same machine, same run, alternating windows of CPU time.

What each of them checks, and what is left out on all sides, is in docs/bench-peers.md. `make bench-peers` installs the
others into .peers, outside this project's locks; without them nothing is measured here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.measure import SECONDS, WINDOWS, Figure, openssl_p256, openssl_sm2, rate
from bench.peers.peer import Peers
from tests.support import kit
from verifier import code
from verifier.assess import Verifier
from verifier.policy import TrustBundle
from verifier.report import Outcome

PLACE: Final = Path(".peers")
HERE: Final = Path(__file__).parent
BATCH: Final = 16

THEIRS: Final = {
    "cwt": "cwt (Python): a signed CWT, ES256",
    "sd-jwt": "sd-jwt (Python): 10 fields, 4 disclosed, ES256",
    "openattestation": "OpenAttestation (Node): digest, path, DID signature",
    "blockcerts": "Blockcerts (Node): canonical form, hash, path",
}
BESIDE: Final = {  # what of ours is of their kind
    "cwt": "code",
    "sd-jwt": "file",
    "openattestation": "logged",
    "blockcerts": "logged",
}
OURS: Final = {
    "code": "assess a certificate code",
    "file": "assess a file of 4 disclosures, to level L1",
    "logged": "assess a file with its log receipt, to level L3",
}


def figures() -> Iterator[Figure]:
    """Every peer, then the ratios of ours to it."""
    if not (PLACE / "stamp").exists():
        yield Figure("not installed: `make bench-peers` does that", 0, "", note="nothing measured")
        return
    with ExitStack() as stack:
        others = _started(stack)
        mine = _ours()
        best: dict[str, float] = {}
        raw = {"sm2": 0.0, "p256": 0.0}
        for _ in range(WINDOWS):
            raw = {"sm2": max(raw["sm2"], openssl_sm2()[1]), "p256": max(raw["p256"], openssl_p256()[1])}
            for name, work in mine.items():
                best[name] = max(best.get(name, 0.0), rate(work))
            for name in THEIRS:
                best[name] = max(best.get(name, 0.0), others.rate(name, SECONDS))
        sizes = others.sizes
    yield Figure("openssl speed, SM2 verifications", raw["sm2"], "/s")
    yield Figure("openssl speed, P-256 verifications", raw["p256"], "/s")
    for name, title in THEIRS.items():
        yield Figure(title, best[name], "/s", note=f"{sizes[name]} bytes")
        ours = BESIDE[name]
        yield Figure(f"  {OURS[ours]}", best[ours], "/s", best[ours] / best[name], name)


def _started(stack: ExitStack) -> Peers:
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    fields = directory / "fields.json"
    fields.write_text(json.dumps(dict(kit.FIELDS), ensure_ascii=False), encoding="utf-8")
    script = shutil.copy(HERE / "node_peers.mjs", PLACE)  # Node looks for packages beside the file
    return Peers(
        stack.enter_context(_child([str(PLACE / "venv/bin/python"), str(HERE / "python_peers.py"), str(fields)])),
        stack.enter_context(_child(["node", str(script), str(fields)])),
    )


def _child(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ours() -> dict[str, Callable[[], int]]:
    statements = [kit.statement(kit.claims(cti=bytes([i]) * 16)) for i in range(BATCH)]
    verifier = Verifier(TrustBundle.parse(kit.signed_bundle()), [kit.status()])
    return {
        "code": _worker(verifier, [code.encode_code(s) for s in statements], "L1"),
        "file": _worker(verifier, [kit.holder_file(s, receipts=[], entry_salt=None) for s in statements], "L1"),
        "logged": _worker(verifier, [kit.holder_file(s, kit.TestLog()) for s in statements], "L3"),
    }


def _worker(verifier: Verifier, inputs: list[str] | list[bytes], level: str) -> Callable[[], int]:
    def run() -> int:
        for given in inputs:
            if verifier.assess(given, at=kit.AT, level=level).outcome is not Outcome.PASSED:
                raise SystemExit("bench: an input did not pass")
        return len(inputs)

    return run
