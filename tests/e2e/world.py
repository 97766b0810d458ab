"""What the browser tests check: certificates, files and status lists signed now, each with a known outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from tests.support import kit
from tests.support.qbft_chain import KEYS, Anchor, chain_trust
from tests.support.witnesses import ALL, NORTH, REGISTRIES, SOUTH, cosigned, witness_policy
from verifier.checkpoint import Checkpoint
from verifier.code import encode_code, encode_url
from verifier.credential import StatusReference
from verifier.hazmat.sm3 import sm3

HOST = "minzheng.example"
NOT_VALID = 5  # status index of the withdrawn certificate
LISTS = {1: kit.STATUS_URI, 2: "https://minzheng.example/v1/status-lists/2"}


@dataclass(frozen=True)
class World:
    """Codes by name (URL form), the holder's files, and the artefacts that the service publishes."""

    codes: dict[str, str]
    short: str  # the good marriage code in MZ1: form
    files: dict[str, bytes]
    evidence: dict[str, bytes]  # what is brought beside a file: cosigned checkpoints, proofs of the anchor
    trust: bytes
    status: dict[int, bytes]

    def secrets(self) -> tuple[str, ...]:
        """What must never be in a request: bodies of codes, and bytes of statements in other spellings."""
        bodies = [url.partition("#")[2] for url in self.codes.values()]
        return (*bodies, *(body[40:90] for body in bodies), self.short[4:], sm3(b"cti")[:16].hex())


def build() -> World:
    """Everything, dated a day ago."""
    now = int(time.time())
    day = kit.DAY
    bundle = kit.bundle(issued_at=now - 30 * day, expires=now + 366 * day)
    issuers = tuple(
        replace(i, keys=tuple(replace(k, not_before=now - 400 * day, not_after=now + 400 * day) for k in i.keys))
        for i in bundle.issuers
    )
    logs = tuple(
        replace(log, keys=tuple(replace(k, not_before=now - 400 * day, not_after=now + 400 * day) for k in log.keys))
        for log in bundle.logs
    )
    witnesses = tuple(w.witness(now - 400 * day, now + 400 * day) for w in ALL)
    policy = witness_policy(witnesses=witnesses, groups=(REGISTRIES,), quorum=REGISTRIES.name)
    bundle = replace(bundle, issuers=issuers, logs=logs, witnesses=policy, chains=(chain_trust(),))
    marriage = kit.claims(iat=now - day)
    donation = kit.donation_claims(iat=now - day, status=StatusReference(9, LISTS[2]))
    statements = {
        "marriage": kit.statement(marriage),
        "withdrawn": kit.statement(replace(marriage, status=StatusReference(NOT_VALID, LISTS[1]))),
        "donation": kit.statement(donation, kit.CHARITY_KEY),
        "stranger": kit.statement(replace(marriage, iss="11990000MB9T01022W"), kit.STRANGER_KEY),
    }
    changed = bytearray(statements["marriage"])
    changed[-1] ^= 1
    statements["changed"] = bytes(changed)
    log = kit.TestLog()
    log.fill(4)
    index = log.add(kit.ENTRY_SALT, statements["marriage"])
    log.fill(6)
    receipts = [log.receipt(index, now - day + 60)]
    file = kit.holder_file(statements["marriage"], receipts=receipts)
    head = Checkpoint(log.origin, len(log.bodies), log.root())
    fork = replace(head, root=sm3(b"another tree"))
    by_two = cosigned(head, (NORTH, SOUTH), now - day + 90).encode()
    fresh: dict[str, Any] = {"iat": now - 600, "exp": now + day, "ttl": 3600}
    return World(
        codes={name: encode_url(HOST, data) for name, data in statements.items()},
        short=encode_code(statements["marriage"]),
        files={
            "marriage": file,
            "altered": file.replace("示例古丽·样本江".encode(), "示例古丽·样本红".encode()),
            "without-receipt": kit.holder_file(statements["marriage"], receipts=()),
            "cosigned": kit.holder_file(statements["marriage"], receipts=receipts, checkpoints=(by_two,)),
        },
        evidence={
            "checkpoint": by_two,
            "by-one": cosigned(head, (NORTH,), now - day + 90).encode(),
            "fork": cosigned(fork, (), now).encode(),
            "proof": Anchor(head.origin, head.size, head.root).proof(),
            "too-few-seals": Anchor(head.origin, head.size, head.root, sealers=KEYS[:2]).proof(),
            "other-root": Anchor(head.origin, head.size, fork.root).proof(),
            "observation": log.anchor().encode(),
        },
        trust=kit.signed_bundle(bundle),
        status={
            1: kit.status((NOT_VALID,), **fresh),
            2: kit.status((3,), kit.CHARITY_KEY, kit.CHARITY, **{**fresh, "uri": LISTS[2]}),
        },
    )
