"""Both verifiers on strange content that is rightly signed: damaged bytes never get there, a signature stops them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chromium import NODE
from tests.support import kit
from tests.support.drill import times
from verifier import cbor, cose, labels, status_list
from verifier.anchor import AnchorObservation
from verifier.assess import Verifier
from verifier.code import encode_code
from verifier.credential import Certificate, Disclosure, HolderFile, StatusReference, claim_leaf
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash, fixed_levels, fixed_path
from verifier.policy import TrustBundle

WEB = Path(__file__).parents[2] / "api/web"
SEED = 20260102
NUMBERS = (
    *(0, 1, -1, 23, 24, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, -(1 << 53), -(1 << 64)),
    *(base + d for base in (1 << 53, 1 << 63, 1 << 64) for d in (-2, -1, 0, 1) if base + d < 1 << 64),
    *(253402300799, 253402300800, kit.AT, kit.AT + 300, kit.AT + 301, kit.AT - 300, kit.AT - 301, 2932896, 2932897),
)
TEXTS = ("", "中" * 128, "\U00020bb7" * 128, "\U00020bb7" * 129, "a\0b")
OTHERS: tuple[Any, ...] = (None, True, False, *TEXTS, b"", b"x" * 16, [], {}, [[]])
NAMES = ("__proto__", "constructor", "toString", "hasOwnProperty", "0", "1", "\U00020bb7" * 64, "\ufeffx", "zihao\n")


@dataclass(frozen=True)
class World:
    """One question to both verifiers."""

    input: str | bytes
    trust: bytes = b""
    statuses: tuple[bytes, ...] = ()
    anchors: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()
    proofs: tuple[bytes, ...] = ()
    at: int = kit.AT
    level: str | None = None

    def as_json(self) -> dict[str, Any]:
        def b64(data: bytes) -> str:
            return b64encode(data).decode()

        given = {"text": self.input} if isinstance(self.input, str) else {"file": b64(self.input)}
        return {
            "trust": b64(self.trust),
            "statuses": [b64(s) for s in self.statuses],
            "anchors": [b64(a) for a in self.anchors],
            "checkpoints": [b64(c) for c in self.checkpoints],
            "proofs": [b64(p) for p in self.proofs],
            "at": self.at,
            "level": self.level,
            "input": given,
        }


TRUST = kit.signed_bundle()
STATUS = kit.status()


def strange(random_: random.Random) -> Any:
    return random_.choice((*NUMBERS, *NUMBERS, *OTHERS))


def mutated(value: Any, random_: random.Random) -> Any:
    """A copy of a decoded value with one node replaced, removed, added, or a map key changed to another type."""
    if isinstance(value, dict) and value and random_.random() < 0.85:
        copy = dict(value)
        key = random_.choice(list(copy))
        match random_.randrange(8):
            case 0:
                del copy[key]
            case 1:
                copy[random_.choice((*NUMBERS, "__proto__", "constructor", b"k", str(key)))] = strange(random_)
            case 2:
                copy[str(key) if isinstance(key, int) else 1] = copy.pop(key)
            case _:
                copy[key] = mutated(copy[key], random_)
        return copy
    if isinstance(value, list) and value and random_.random() < 0.85:
        items = list(value)
        at = random_.randrange(len(items))
        match random_.randrange(6):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[at])
            case _:
                items[at] = mutated(items[at], random_)
        return items
    if isinstance(value, int) and not isinstance(value, bool) and random_.random() < 0.4:
        return value + random_.choice((-1, 1, 256, -(value + 1)))
    return strange(random_)


def resigned(data: bytes, signer: kit.TestSigner, random_: random.Random, deep: bool = True) -> bytes:
    """A signed object with its payload, or now and then its protected header, mutated, and signed again."""
    protected, unprotected, payload, _ = cbor.decode(data, max_bytes=1 << 22).value
    if random_.random() < 0.15 or not deep:
        protected = cbor.encode(mutated(cbor.decode(protected), random_))
    else:
        payload = cbor.encode(mutated(cbor.decode(payload, max_bytes=1 << 22), random_))
    signature = signer.sign(cose.sig_structure(protected, payload))
    return cose.encode_sign1(protected, unprotected, payload, signature)


def codes(random_: random.Random) -> Iterator[World]:
    for kind, signer in ((kit.claims(), kit.REGISTRY_KEY), (kit.donation_claims(), kit.CHARITY_KEY)):
        for _ in range(times(125, 250)):
            changed = resigned(kit.statement(kind, signer), signer, random_)
            both: list[str | bytes] = [changed, *([encode_code(changed)] if len(changed) < 700 else [])]
            for given in both:
                yield World(given, TRUST, (STATUS,), level=random_.choice((None, "L1", "L2", "L3", "L4", "L5")))


def bundles(random_: random.Random) -> Iterator[World]:
    code = encode_code(kit.statement())
    for _ in range(times(150, 300)):
        yield World(code, resigned(TRUST, kit.ROOT, random_), (STATUS,))


def lists(random_: random.Random) -> Iterator[World]:
    code = encode_code(kit.statement(kit.claims(status=StatusReference(131071, kit.STATUS_URI))))
    for _ in range(times(100, 200)):
        yield World(code, TRUST, (resigned(STATUS, kit.REGISTRY_KEY, random_),))
    streams = [zlib.compress(bytes(n), 9) for n in (16383, 16384, 16385, 1 << 21, (1 << 21) + 1)]
    streams += [zlib.compress(bytes(16384), level) for level in (0, 1)]
    streams += [streams[1] + b"\0", streams[1][:-1], zlib.compress(b"", 9), b"", zlib.compress(bytes(1 << 24), 9)]
    streams += [zlib.compress(b"\x80" * 16384, 9)]
    for lst in streams:
        for idx in (0, 131071, 131072, (1 << 24) - 1, 1 << 24, (1 << 32) - 1):
            c = kit.claims(status=StatusReference(idx, kit.STATUS_URI))
            yield World(encode_code(kit.statement(c)), TRUST, (kit.status(lst=lst),))
    for extra in ("x", "x" * 1024, "x" * 1025, "", 1, None):
        value = {"bits": 1, "lst": status_list.pack_bits(131072, ()), "aggregation_uri": extra}
        m = cbor.decode(cbor.decode(STATUS).value[2])
        payload = cbor.encode({**m, labels.CWT_STATUS_LIST: value})
        yield World(code, TRUST, (kit.REGISTRY_KEY.sign1(labels.TYP_STATUS_LIST, payload),))
    for iats in ((0, 1), (1, 0), (-7200, -3600), (301, 0), (301, 400), (0, 0), (300, 299)):
        end = kit.AT + kit.DAY
        given = [kit.status((131071,) if i else (), iat=kit.AT + iat, exp=end) for i, iat in enumerate(iats)]
        yield World(code, TRUST, tuple(given))
        yield World(code, TRUST, (*given, b"junk"))


def moments(random_: random.Random) -> Iterator[World]:
    code = encode_code(kit.statement(kit.claims(nbf=kit.AT - 100, exp=kit.AT + 100)))
    edges = (kit.AT - 100, kit.AT + 100, kit.AT - 3600, kit.AT + kit.DAY, kit.AT - kit.DAY, kit.AT - 30 * kit.DAY)
    for edge in (*edges, kit.AT + 366 * kit.DAY):
        for offset in (-301, -300, -299, -1, 0, 1, 299, 300, 301):
            yield World(code, TRUST, (STATUS,), at=edge + offset)
    for at in (0, 253402300799):
        yield World(code, TRUST, (STATUS,), at=at)


def opened(name: str, value: Any, slot: int = 3, depth: int = 5) -> HolderFile:
    """A file that discloses one field of our choice, rightly signed."""
    salt = sm3(b"s")[:16]
    leaves = [sm3(bytes([i])) for i in range(1 << depth)]
    leaves[slot] = claim_leaf(salt, name, value)
    levels = fixed_levels(TreeHash.SM3, leaves)
    certificate = Certificate.parse(kit.statement(kit.claims(root=levels[-1][0])))
    return HolderFile(certificate, (Disclosure(slot, salt, name, value, tuple(fixed_path(levels, slot))),))


def files(random_: random.Random) -> Iterator[World]:
    for name in (*NAMES, "zihao"):
        for value in (*random_.sample(NUMBERS, 6), True, "", "__proto__", "<img src=x onerror=alert(1)>", "a" * 60000):
            yield World(opened(name, value).encode(), TRUST, (STATUS,), level="L1")
    protected, unprotected, payload, signature = cbor.decode(kit.holder_file()).value
    for _ in range(times(250, 500)):
        body = [protected, mutated(unprotected, random_), payload, signature]
        yield World(cbor.encode(cbor.Tag(labels.TAG_COSE_SIGN1, body)), TRUST, (STATUS,))


def receipts(random_: random.Random) -> Iterator[World]:
    st = kit.statement()
    log = kit.TestLog()
    log.fill(4)
    index = log.add(kit.ENTRY_SALT, st)
    log.fill(6)
    good = log.receipt(index)
    head, unprotected, _, signature = cbor.decode(good).value
    for _ in range(times(125, 250)):
        if random_.random() < 0.5:
            changed = cbor.encode(mutated(cbor.decode(head), random_))
            signed = log.signer.sign(cose.sig_structure(changed, log.root()))
            receipt = cose.encode_sign1(changed, unprotected, None, signed)
        else:
            proof = cbor.encode(mutated(cbor.decode(unprotected[labels.HDR_VDP][-1][0]), random_))
            receipt = cose.encode_sign1(head, {labels.HDR_VDP: {-1: [proof]}}, None, signature)
        yield World(kit.holder_file(st, receipts=random_.choice(([receipt], [receipt, good]))), TRUST, (STATUS,))
    anchors = [log.anchor(), log.anchor(root=sm3(b"x")), log.anchor(chain_id=(1 << 53) + 1), log.anchor(size=1 << 60)]
    for a in anchors:
        for b in anchors:
            for level in (None, "L5"):
                given = tuple(AnchorObservation.encode(o) for o in (a, b))
                yield World(kit.holder_file(st, log), TRUST, (STATUS,), given, level=level)
    for _ in range(times(75, 150)):
        changed = cbor.encode(mutated(cbor.decode(log.anchor().encode()), random_))
        yield World(kit.holder_file(st, receipts=[good]), TRUST, (STATUS,), (changed,), level="L5")


def python(world: World) -> Any:
    try:
        trust = TrustBundle.parse(world.trust)
        anchors = [AnchorObservation.parse(a) for a in world.anchors]
    except VerifierError:
        return "refused"
    verifier = Verifier(trust, world.statuses, anchors, checkpoints=world.checkpoints, proofs=world.proofs)
    report = verifier.assess(world.input, at=world.at, level=world.level).to_json()
    return {**report, "findings": [[f["step"], f["code"]] for f in report["findings"]]}


def numbered(value: Any) -> Any:
    """Integers as texts, as the other side writes them: JSON in JavaScript has none beyond 2^53."""
    if isinstance(value, dict):
        return {k: numbered(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [numbered(v) for v in value]
    return f"int {value}" if type(value) is int else value


CASES: tuple[Callable[[random.Random], Iterator[World]], ...] = (
    codes, bundles, lists, moments, files, receipts
)  # fmt: skip


def answers(script: str, question: Any) -> Any:
    """What a script on Node makes of a question, both in JSON. Skips the test where there is no Node."""
    node = shutil.which("node") or (str(NODE) if NODE.exists() else None)
    if node is None or not (WEB / "node_modules/@noble/curves").is_dir():
        pytest.skip("no Node or no node_modules (make web)")
    done = subprocess.run(
        [node, Path(__file__).with_name(script)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return json.loads(done.stdout)


def same_reports(worlds: list[World], at_least: int = 50) -> None:
    """Both verifiers say the same to every question, and to all together not only one thing."""
    found = answers("answer-worlds.mjs", [w.as_json() for w in worlds])
    expected = [numbered(python(w)) for w in worlds]
    assert len(found) == len(expected) >= at_least
    different = [(i, a, e) for i, (a, e) in enumerate(zip(found, expected, strict=True)) if a != e]
    assert different[:3] == []
    assert len({e if isinstance(e, str) else e["reason"] for e in expected}) > 2


@pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)
def test_same_report_as_python(make: Callable[[random.Random], Iterator[World]]) -> None:
    same_reports(list(make(random.Random(SEED))))
