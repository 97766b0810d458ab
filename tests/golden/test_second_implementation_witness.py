"""Level L4 and forks by a stranger: the vectors of witnesses decided with cbor2, gmssl and cryptography alone.

The quorum is evaluated from the top down where the verifier goes up from the witnesses.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.golden.test_second_implementation import (
    VECTORS,
    canonical,
    gmssl_verifies,
    kid,
    receipt_root,
    statement_of,
    trust,
)

NAMES = [
    name
    for name, v in VECTORS.items()
    if name.startswith(("witness-", "log-")) and v["expected"]["reason"] in ("OK", "QUORUM_NOT_REACHED", "LOG_FORKED")
]
LOG_TYPES = {6: b"\x01", -65537: b"\xffSM2-SM3-GBT32918"}
COSIGNER_TYPES = {6: b"\x04", -65537: b"\xffSM2-SM3-GBT32918/cosignature/v1"}


def public(key: dict[int, Any]) -> bytes:
    return key[-2] if key[-1] == 6 else b"\x04" + key[-2] + key[-3]  # type: ignore[no-any-return]


def signed_by(key: dict[int, Any], message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    if key[-1] == -65537:
        return gmssl_verifies(public(key), message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def mine(lines: list[tuple[str, bytes]], name: str, key: dict[int, Any], types: dict[int, bytes]) -> list[bytes]:
    key_id = hashlib.sha256(name.encode() + b"\n" + types[key[-1]] + public(key)).digest()[:4]
    return [raw[4:] for signer, raw in lines if signer == name and raw[:4] == key_id]


def notes(vector: dict[str, Any], unprotected: dict[int, Any]) -> Iterator[tuple[list[str], list[tuple[str, bytes]]]]:
    """Text lines and signature lines of every note that is one."""
    for data in (*unprotected.get(-65605, ()), *map(base64.b64decode, vector.get("checkpoint_b64", ()))):
        try:
            body, empty, tail = data.decode().partition("\n\n")
        except UnicodeDecodeError:
            continue
        head, rows = body.split("\n"), tail.split("\n")
        if empty and len(head) == 3 and rows.pop() == "" and all(row.startswith("— ") for row in rows):
            pairs = [row.split(" ") for row in rows]
            yield head, [(name, base64.b64decode(blob)) for _, name, blob in pairs]


def log_signed(log: dict[int, Any], iat: int, text: bytes, lines: list[tuple[str, bytes]]) -> bool:
    for key in log[3]:
        if key[3] <= iat < key[4] and key[1][-1] in LOG_TYPES:
            found = mine(lines, key[2], key[1], LOG_TYPES)
            if found and all(signed_by(key[1], text, s) for s in found):
                return True
    return False


def cosigned(policy: dict[int, Any], at: int, text: bytes, lines: list[tuple[str, bytes]]) -> set[str]:
    names = set()
    for witness in policy[1]:
        for raw in mine(lines, witness[1], witness[2], COSIGNER_TYPES):
            time = int.from_bytes(raw[:8], "big")
            message = b"cosignature/v1\ntime %d\n%s" % (time, text)
            if time >= 1 << 63 or not signed_by(witness[2], message, raw[8:]):
                return set()
            if witness[3] <= time < witness[4] and time <= at + 300:
                names.add(witness[1])
    return names


def reaches(policy: dict[int, Any], names: set[str]) -> bool:
    groups = {g[1]: g for g in policy[2]}

    def has(name: str) -> bool:
        if name not in groups:
            return name in names
        return sum(map(has, groups[name][3])) >= groups[name][2]

    return has(policy[3])


def decide(vector: dict[str, Any]) -> str:
    bundle = trust(vector)
    protected, unprotected, payload, signature = cbor2.loads(statement_of(vector)).value
    statement = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    seen: dict[tuple[str, int], bytes] = {}
    reached = False
    for receipt in unprotected[394]:
        signed, root = receipt_root(receipt, unprotected[-65602], statement)
        place = signed[15][1], signed[-65604]
        if seen.setdefault(place, root) != root:
            return "LOG_FORKED"
        (log,) = [entry for entry in bundle[7] if entry[1] == place[0]]
        assert [k for k in log[3] if kid(k[1]) == signed[4]]
        for head, lines in notes(vector, unprotected):
            text = "".join(f"{line}\n" for line in head).encode()
            if (head[0], int(head[1])) != place or not log_signed(log, signed[15][6], text, lines):
                continue
            if base64.b64decode(head[2]) != root:
                return "LOG_FORKED"
            policy = bundle[9]
            if policy is not None and reaches(policy, cosigned(policy, vector["at"], text, lines)):
                reached = True
    return "OK" if reached or vector["level"] != "L4" else "QUORUM_NOT_REACHED"


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_decides_likewise(name: str) -> None:
    assert decide(VECTORS[name]) == VECTORS[name]["expected"]["reason"]


def test_there_is_something_to_decide() -> None:
    reasons = [VECTORS[name]["expected"]["reason"] for name in NAMES]
    assert min(reasons.count(r) for r in ("OK", "QUORUM_NOT_REACHED", "LOG_FORKED")) >= 5


def formats(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / f"{name}.json").read_text())
    return content


def split_vkey(vkey: str) -> tuple[str, bytes, bytes, bytes]:
    """Name, key id, type and key."""
    name, key_id, value = vkey.split("+", 2)
    raw = base64.b64decode(value, validate=True)
    width = 32 if raw[0] < 0xFF else 65
    return name, bytes.fromhex(key_id), raw[:-width], raw[-width:]


@pytest.mark.parametrize("case", formats("vkey")["accepted"], ids=lambda c: c["name"])
def test_vkeys(case: dict[str, str]) -> None:
    name, key_id, kind, key = split_vkey(case["vkey"])
    assert hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4] == key_id
    assert (name, key.hex()) == (case["key_name"], case["public_hex"])
    assert (kind in LOG_TYPES.values(), kind in COSIGNER_TYPES.values()) == (case["use"] == "log", case["use"] != "log")


@pytest.mark.parametrize("case", formats("cosignature")["accepted"], ids=lambda c: c["name"])
def test_cosignatures(case: dict[str, Any]) -> None:
    name, key_id, _kind, raw_key = split_vkey(case["vkey"])
    text, _, line = case["note"].partition("\n\n")
    _, signer, blob = line.split(" ")
    raw = base64.b64decode(blob)
    time = int.from_bytes(raw[4:12], "big")
    key = {-1: 6, -2: raw_key} if len(raw_key) == 32 else {-1: -65537, -2: raw_key[1:33], -3: raw_key[33:]}
    message = f"cosignature/v1\ntime {time}\n{text}\n".encode()
    assert time == case["time"]
    verified = (signer, raw[:4]) == (name, key_id) and signed_by(key, message, raw[12:])
    assert verified is case["verifies"]


@pytest.mark.parametrize("case", formats("witness-policy")["accepted"], ids=lambda c: c["name"])
def test_quorums(case: dict[str, Any]) -> None:
    policy = canonical(bytes.fromhex(case["hex"]))
    names = formats("witness-policy")["witnesses"]
    sets = [list(c) for n in range(len(names) + 1) for c in combinations(names, n)]
    assert [s for s in sets if reaches(policy, set(s))] == case["reached"]
