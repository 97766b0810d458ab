"""The browser's verifier against the Python one on thousands of damaged inputs: same outcome, same reason."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from tests.e2e.chromium import NODE
from tests.support import kit
from verifier.assess import Verifier
from verifier.code import encode_code, encode_url
from verifier.policy import TrustBundle

WEB = Path(__file__).parents[2] / "api/web"
SEED = 20260101
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:abc_#\n中"


def damage(data: bytes, random_: random.Random) -> bytes:
    """One to three faults: a flipped bit, a byte set, removed, doubled or moved, a cut."""
    changed = bytearray(data)
    for _ in range(random_.randint(1, 3)):
        at = random_.randrange(len(changed))
        match random_.randrange(6):
            case 0:
                changed[at] ^= 1 << random_.randrange(8)
            case 1:
                changed[at] = random_.choice((0, 1, 0x17, 0x18, 0x1F, 0x40, 0x5F, 0x60, 0x80, 0xA0, 0xD2, 0xF6, 0xFF))
            case 2:
                del changed[at]
            case 3:
                changed.insert(at, changed[at])
            case 4:
                changed[at : at + 8] = changed[at : at + 8][::-1]
            case _:
                del changed[max(1, at) :]
    return bytes(changed)


def inputs(random_: random.Random) -> list[str | bytes]:
    """Damaged statements inside whole codes, damaged codes, damaged files."""
    statement, file = kit.statement(), kit.holder_file()
    code = encode_code(statement)
    found: list[str | bytes] = [code, encode_url("minzheng.example", statement), file]
    for _ in range(500):
        found.append(encode_url("minzheng.example", damage(statement, random_)))
        at = random_.randrange(len(code))
        found.append(code[:at] + random_.choice(ALPHABET) + code[at + random_.randrange(2) :])
    found += [damage(file, random_) for _ in range(1000)]
    return found


def test_same_answers_as_python() -> None:
    node = shutil.which("node") or (str(NODE) if NODE.exists() else None)
    if node is None or not (WEB / "node_modules/@noble/curves").is_dir():
        pytest.skip("no Node or no node_modules (make web)")
    given = inputs(random.Random(SEED))
    trust, statuses = kit.signed_bundle(), [kit.status()]
    question = {
        "trust": b64encode(trust).decode(),
        "statuses": [b64encode(s).decode() for s in statuses],
        "at": kit.AT,
        "inputs": [{"text": i} if isinstance(i, str) else {"file": b64encode(i).decode()} for i in given],
    }
    done = subprocess.run(
        [node, Path(__file__).with_name("answer.mjs")],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    verifier = Verifier(TrustBundle.parse(trust), statuses)
    reports = [verifier.assess(i, at=kit.AT) for i in given]
    expected = [[r.outcome.value, r.reason.value] for r in reports]
    answers = json.loads(done.stdout)
    assert len(answers) == len(expected) > 2000
    assert [(i, a, e) for i, (a, e) in enumerate(zip(answers, expected, strict=True)) if a != e] == []
    assert len({e[1] for e in expected}) > 5
