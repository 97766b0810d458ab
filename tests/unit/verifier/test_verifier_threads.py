"""One Verifier serves many threads; tables built on first use are never seen half built."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.support import kit
from verifier.assess import Verifier
from verifier.code import encode_code
from verifier.policy import TrustBundle
from verifier.report import Outcome

# In a fresh process, with threads switching every microsecond: the base45 table does not exist yet.
_FIRST_USE = """
import sys, threading
from verifier.code import b45decode, b45encode
sys.setswitchinterval(1e-6)
data = bytes(range(256)) * 3
text, faults = b45encode(data), []
start = threading.Barrier(8)
def work():
    start.wait()
    try:
        assert b45decode(text) == data
    except Exception as e:
        faults.append(e)
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
sys.exit(len(faults))
"""


def test_first_use_of_base45_by_eight_threads() -> None:
    result = subprocess.run([sys.executable, "-c", _FIRST_USE], check=False, timeout=60)
    assert result.returncode == 0


def test_one_verifier_in_many_threads() -> None:
    v = Verifier(TrustBundle.parse(kit.signed_bundle()), [kit.status()])
    good = [encode_code(kit.statement()), kit.holder_file()]
    bad = [encode_code(kit.statement(signer=kit.STRANGER_KEY)), kit.holder_file()[:-1] + b"\x00"]
    work = (good + bad) * 50

    def outcome(data: bytes | str) -> Outcome:
        return v.assess(data, at=kit.AT).outcome

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(outcome, work))
    assert results == [Outcome.PASSED, Outcome.PASSED, Outcome.INDETERMINATE, Outcome.FAILED] * 50
