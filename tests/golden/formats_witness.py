"""Verifier keys, cosignatures and witness policies."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

from tests.golden.other_signers import ED25519_KEY, P256_KEY
from tests.golden.vectors_witness import FORK, HEAD
from tests.golden.world import flip, pairs, raw_map, replaced
from tests.support import kit, sm2_signer
from tests.support.witnesses import (
    ALL,
    BOTH,
    CHARITIES,
    COSIGNED_AT,
    NORTH,
    REGISTRIES,
    SOUTH,
    WEST,
    TestWitness,
    witness_policy,
)
from verifier import cbor
from verifier.checkpoint import KeyUse, NoteKey, NoteSignature, SignedNote
from verifier.quorum import WitnessPolicy

# Keys that others publish: golang.org/x/mod sumdb/note (documentation), sum.golang.org, witness-network.org.
PUBLISHED = {
    "published-note-package": "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "published-checksum-database": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    "published-witness": "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "published-witness-plus-in-base64": "rgdd.se/poc-witness+db03732e+BCjJKlo6BU0xfIb8LutqerIFTWIXEA0L5n3tW3QyPFgG",
}


def vkeys() -> dict[str, Any]:
    ours = {
        "log-sm2": NoteKey(kit.ORIGIN, kit.LOG_KEY.key, KeyUse.LOG),
        "log-ed25519": NoteKey(kit.ORIGIN, ED25519_KEY.key, KeyUse.LOG),
        "witness-sm2": NoteKey(NORTH.name, NORTH.signer.key, KeyUse.COSIGNER),
        "witness-ed25519": NoteKey(SOUTH.name, SOUTH.signer.key, KeyUse.COSIGNER),
        "witness-key-as-log": NoteKey(NORTH.name, NORTH.signer.key, KeyUse.LOG),
        "name-of-200-characters": NoteKey("x" * 200, NORTH.signer.key, KeyUse.COSIGNER),
        "name-in-chinese": NoteKey("见证.example/一", SOUTH.signer.key, KeyUse.COSIGNER),
    }
    accepted = {**{n: k.encode() for n, k in ours.items()}, **PUBLISHED}
    return {
        "accepted": [{"name": n, "vkey": v, **_said(NoteKey.parse(v))} for n, v in accepted.items()],
        "refused": [{"name": n, "vkey": v} for n, v in _bad_vkeys(ours["witness-ed25519"].encode()).items()],
    }


def _said(key: NoteKey) -> dict[str, str]:
    return {
        "key_name": key.name,
        "use": key.use.value,
        "key_id_hex": key.key_id.hex(),
        "public_hex": key.key.public.hex(),
    }


def _bad_vkeys(good: str) -> dict[str, str]:
    name, key_id, value = good.split("+", 2)
    typed = b"\x04" + SOUTH.signer.key.public
    north = b"\xffSM2-SM3-GBT32918/cosignature/v1"
    off_curve = NORTH.signer.key.public[:-1] + bytes([NORTH.signer.key.public[-1] ^ 1])

    def keyed(raw: bytes) -> str:
        digest = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        return f"{name}+{digest.hex()}+{b64encode(raw).decode()}"

    return {
        "empty": "",
        "no-plus": name,
        "one-plus": f"{name}+{key_id}",
        "key-id-of-other-name": f"other.example/w1+{key_id}+{value}",
        "key-id-in-upper-case": f"{name}+{key_id.upper()}+{value}",
        "key-id-short": f"{name}+{key_id[:-1]}+{value}",
        "key-id-of-log-type": f"{name}+{NoteKey(name, SOUTH.signer.key, KeyUse.LOG).key_id.hex()}+{value}",
        "name-empty": keyed(typed).replace(name, "", 1),
        "name-with-space": keyed(typed).replace(name, "a b", 1),
        "leading-space": f" {good}",
        "trailing-newline": f"{good}\n",
        "base64-unpadded": keyed(typed + b"\x00").rstrip("="),
        "base64-not-canonical": keyed(off_curve[:31])[:-2] + "B=",
        "base64url": PUBLISHED["published-witness"].replace("/", "_"),
        "key-short": keyed(typed[:-1]),
        "key-long": keyed(typed + b"\x00"),
        "type-unassigned": keyed(b"\x07" + typed[1:]),
        "type-ecdsa": keyed(b"\x02" + P256_KEY.key.public),
        "type-ml-dsa": keyed(b"\x06" + bytes(1312)),
        "type-other-long-identifier": keyed(b"\xffSM2" + NORTH.signer.key.public),
        "type-only": keyed(b"\x04"),
        "sm2-compressed": keyed(north + b"\x02" + NORTH.signer.key.public[1:33]),
        "sm2-off-curve": keyed(north + off_curve),
        "sm2-beyond-prime": keyed(north + b"\x04" + sm2_signer.P.to_bytes(32, "big") * 2),
        "name-of-201-characters": good.replace(name, "x" * 201, 1),
        "too-long": good + "A" * 4096,
    }


def cosignatures() -> dict[str, Any]:
    north, south = NORTH.cosign(HEAD), SOUTH.cosign(HEAD)
    time = COSIGNED_AT.to_bytes(8, "big")
    stamp = len(time)

    def at(line: NoteSignature, seconds: int) -> NoteSignature:
        return replace(line, signature=seconds.to_bytes(8, "big") + line.signature[stamp:])

    plain = SOUTH.signer.sign(HEAD.note_text().encode())
    cases = {
        "sm2": (NORTH, north, True),
        "ed25519": (SOUTH, south, True),
        "time-zero": (SOUTH, SOUTH.cosign(HEAD, 0), True),
        "largest-time": (SOUTH, SOUTH.cosign(HEAD, (1 << 63) - 1), True),
        "name-in-chinese": (_named("见证.example/一"), _named("见证.example/一").cosign(HEAD), True),
        "time-one-later": (NORTH, at(north, COSIGNED_AT + 1), False),
        "time-zero-instead": (SOUTH, at(south, 0), False),
        "flipped-bit": (SOUTH, replace(south, signature=flip(south.signature, -1)), False),
        "sm2-flipped-bit": (NORTH, replace(north, signature=flip(north.signature, 8)), False),
        "of-other-root": (NORTH, NORTH.cosign(FORK), False),
        "of-other-size": (SOUTH, SOUTH.cosign(replace(HEAD, size=HEAD.size + 1)), False),
        "of-other-log": (SOUTH, SOUTH.cosign(replace(HEAD, origin="x.example")), False),
        "of-other-witness": (NORTH, replace(WEST.cosign(HEAD), name=north.name, key_id=north.key_id), False),
        "signature-of-a-log": (SOUTH, replace(south, signature=time + plain), False),
        "zero-signature": (NORTH, replace(north, signature=time + bytes(64)), False),
        "key-id-of-log-type": (SOUTH, replace(south, key_id=NoteKey(*_log(SOUTH)).key_id), False),
        "other-name": (SOUTH, replace(south, name=NORTH.name), False),
    }
    refused = {
        "without-time": replace(south, signature=south.signature[8:]),
        "one-byte-short": replace(south, signature=south.signature[:-1]),
        "one-byte-long": replace(south, signature=south.signature + b"\x00"),
        "time-beyond-63-bits": replace(south, signature=b"\x80" + south.signature[1:]),
        "der": replace(north, signature=time + b"\x30\x44\x02\x20" + bytes(66)),
    }
    return {
        "accepted": [
            {
                "name": n,
                "vkey": NoteKey(w.name, w.signer.key, KeyUse.COSIGNER).encode(),
                "note": SignedNote(HEAD, (line,)).encode().decode(),
                "time": int.from_bytes(line.signature[:8], "big"),
                "verifies": v,
            }
            for n, (w, line, v) in cases.items()
        ],
        "refused": [{"name": n, "note": SignedNote(HEAD, (line,)).encode().decode()} for n, line in refused.items()],
    }


def _named(name: str) -> TestWitness:
    return TestWitness(name, CHARITIES.signer)


def _log(witness: TestWitness) -> tuple[str, Any, KeyUse]:
    return witness.name, witness.signer.key, KeyUse.LOG


def policies() -> dict[str, Any]:
    good = witness_policy()
    shared = {
        1: good.to_map()[1],
        2: [{1: "a", 2: 1, 3: [NORTH.name]}, {1: "b", 2: 2, 3: ["a", NORTH.name]}],
        3: "b",
    }
    accepted = {
        "nested": good,
        "one-group": witness_policy(groups=(REGISTRIES,), quorum=REGISTRIES.name),
        "single-witness": witness_policy(groups=(), quorum=WEST.name),
        "any": witness_policy(groups=(replace(REGISTRIES, threshold=1),), quorum=REGISTRIES.name),
        "all": witness_policy(groups=(replace(REGISTRIES, threshold=3),), quorum=REGISTRIES.name),
        "group-of-one": witness_policy(
            groups=(replace(REGISTRIES, threshold=1, members=(SOUTH.name,)),), quorum="registries"
        ),
        "group-that-nothing-needs": witness_policy(quorum=CHARITIES.name),
        "shared-by-two-groups": WitnessPolicy.from_map(shared),
        "sixty-four-groups": WitnessPolicy.from_map(_chain(good, 64)),
    }
    return {
        "witnesses": [w.name for w in ALL],
        "accepted": [
            {"name": n, "hex": cbor.encode(p.to_map()).hex(), "reached": list(_sets(p))} for n, p in accepted.items()
        ],
        "refused": [{"name": n, "hex": data.hex()} for n, data in _bad_policies(good).items()],
    }


def _sets(policy: WitnessPolicy) -> Iterator[list[str]]:
    """Every set of witnesses that makes the quorum; every other one does not."""
    names = [w.name for w in ALL]
    for n in range(len(names) + 1):
        yield from (list(c) for c in combinations(names, n) if policy.reached(set(c)))


def _chain(policy: WitnessPolicy, count: int) -> dict[int, Any]:
    """Groups of which each names the one before it."""
    names = [NORTH.name, *(f"g{i}" for i in range(count))]
    groups = [{1: name, 2: 1, 3: [before]} for before, name in pairwise(names)]
    return {1: policy.to_map()[1], 2: groups, 3: names[-1]}


def _bad_policies(policy: WitnessPolicy) -> dict[str, bytes]:
    members = pairs(cbor.encode(policy.to_map()))
    witnesses, groups = policy.to_map()[1], policy.to_map()[2]
    registries, both = groups

    def with_(number: int, value: Any) -> bytes:
        return raw_map(replaced(members, number, cbor.encode(value)))

    def witness(**changes: Any) -> bytes:
        return with_(1, [{**witnesses[0], **{int(k[1:]): v for k, v in changes.items()}}, *witnesses[1:]])

    def named(name: str) -> tuple[bytes, bytes]:
        """A witness and a group of that name, everything else being right."""
        row = {**witnesses[0], 1: name}
        lone = cbor.encode({1: [row], 2: [], 3: name})
        return lone, cbor.encode({1: witnesses, 2: [{**registries, 1: name}], 3: name})

    def group(**changes: Any) -> bytes:
        return with_(2, [{**registries, **{int(k[1:]): v for k, v in changes.items()}}, both])

    return {
        "empty-map": b"\xa0",
        "no-witnesses": with_(1, []),
        "no-quorum": raw_map([m for m in members if m[0] != b"\x03"]),
        "quorum-unknown": with_(3, "nobody"),
        "quorum-none": with_(3, "none"),
        "unknown-member": raw_map([*members, (b"\x04", b"\x00")]),
        "unsorted-keys": raw_map([members[1], members[0], members[2]]),
        "threshold-zero": group(_2=0),
        "threshold-above-members": group(_2=4),
        "threshold-negative": group(_2=-1),
        "threshold-bool": group(_2=True),
        "group-without-members": group(_2=1, _3=[]),
        "group-of-itself": group(_3=[REGISTRIES.name, NORTH.name]),
        "group-of-later-group": with_(2, [both, registries]),
        "groups-of-each-other": group(_3=[BOTH.name, NORTH.name]),
        "member-unknown": group(_3=["nobody", NORTH.name, SOUTH.name]),
        "member-repeated": group(_3=[NORTH.name, NORTH.name]),
        "member-integer": group(_3=[1, NORTH.name]),
        "group-named-as-witness": group(_1=NORTH.name),
        "group-named-twice": with_(2, [registries, registries, both]),
        "group-named-none": named("none")[1],
        "group-name-with-space": named("two words")[1],
        "group-name-empty": named("")[1],
        "witness-named-twice": witness(_1=SOUTH.name),
        "witness-key-under-two-names": witness(_2=WEST.signer.key.to_map()),
        "witness-named-none": named("none")[0],
        "witness-name-with-plus": named("a+b")[0],
        "witness-name-with-line-break": named("a\nb")[0],
        "witness-name-with-ideographic-space": named("a\u3000b")[0],
        "witness-name-of-201-characters": named("x" * 201)[0],
        "witness-key-p256": witness(_2=P256_KEY.key.to_map()),
        "witness-key-off-curve": witness(_2={**NORTH.signer.key.to_map(), -3: bytes(32)}),
        "witness-validity-empty": witness(_3=5, _4=5),
        "witness-validity-after-9999": witness(_4=253402300800),
        "witness-unknown-member": witness(_5=0),
        "sixty-five-groups": cbor.encode(_chain(policy, 65)),
        "sixty-five-witnesses": _many_witnesses(65),
    }


def _many_witnesses(count: int) -> bytes:
    rows = [
        {1: f"w{i}.example", 2: kit.TestSigner(b"crowd %d" % i).key.to_map(), 3: 0, 4: kit.AT} for i in range(count)
    ]
    return cbor.encode({1: rows, 2: [], 3: "w0.example"})
