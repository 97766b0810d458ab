"""Level L5 by proof: what the validators of a chain sealed, checked without the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.golden.vectors_file import log_with
from tests.golden.world import Vector, failed, flip, passed, unclear
from tests.support import kit
from tests.support.qbft_chain import KEYS, STRANGER, Anchor, chain_trust, validators
from verifier.hazmat.sm3 import sm3
from verifier.policy import ChainTrust

LOG, INDEX = log_with()
FILE = kit.holder_file(receipts=[LOG.receipt(INDEX)])
SIZE, ROOT = len(LOG.bodies), LOG.root()
OTHER = sm3(b"another tree")


def trust_with(*chains: ChainTrust) -> bytes:
    return kit.signed_bundle(kit.bundle(chains=chains))


TRUST = trust_with(chain_trust())
GOOD = Anchor(LOG.origin, SIZE, ROOT)


def vectors() -> Iterator[Vector]:
    def proven(name: str, *proofs: bytes, **more: Any) -> Vector:
        return passed(f"anchor-proof-{name}", FILE, **{"proofs": proofs, "trust": TRUST, "level": "L5", **more})

    def unproven(name: str, *proofs: bytes, reason: str = "ANCHOR_PROOF_INVALID", **more: Any) -> Vector:
        given = {"proofs": proofs, "trust": TRUST, "level": "L5", **more}
        return unclear(f"anchor-proof-{name}", FILE, reason, **given)

    good = GOOD.proof()
    yield proven("level-5", good)
    yield proven("by-all-validators", Anchor(LOG.origin, SIZE, ROOT, sealers=KEYS).proof())
    yield unproven("unreadable", b"\xa1\x01\x02")
    yield unproven("truncated", good[:-1])
    yield proven("unreadable-beside-good", b"", good)
    yield proven("unreadable-not-required", b"", level=None)
    yield unproven("two-of-four-seals", Anchor(LOG.origin, SIZE, ROOT, sealers=KEYS[:2]).proof())
    yield unproven("one-seal-of-a-stranger", Anchor(LOG.origin, SIZE, ROOT, sealers=(*KEYS[:3], STRANGER)).proof())
    yield unproven("seal-repeated", Anchor(LOG.origin, SIZE, ROOT, sealers=(*KEYS[:2], KEYS[0])).proof())
    yield unproven("seal-flipped", flip(good, good.index(b"\xb8A") + 9))
    yield unproven("claims-other-root", GOOD.proof(root=OTHER))
    yield unproven("of-other-log-with-our-name", Anchor("x.example", SIZE, ROOT).proof(origin=LOG.origin))
    yield unproven("of-other-size-with-our-size", Anchor(LOG.origin, 12, ROOT).proof(size=SIZE))
    missing = "ANCHOR_MISSING"
    yield unproven("of-other-size", Anchor(LOG.origin, 12, ROOT).proof(), reason=missing)
    yield unproven("of-other-log", Anchor("x.example", SIZE, ROOT).proof(), reason=missing)
    yield from _chains(good)
    lie = Anchor(LOG.origin, SIZE, OTHER).proof()
    for name, proofs in (("mismatch", [lie]), ("mismatch-after-good", [good, lie])):
        yield failed(f"anchor-proof-{name}", FILE, "ANCHOR_MISMATCH", trust=TRUST, proofs=proofs)
    seen = LOG.anchor().encode()
    yield failed("anchor-proof-against-observation", FILE, "ANCHOR_MISMATCH", trust=TRUST, proofs=[lie], anchors=[seen])
    bad = Anchor(LOG.origin, SIZE, OTHER, sealers=KEYS[:1]).proof()
    yield proven("invalid-beside-observation", bad, anchors=[seen])
    yield proven("invalid-mismatch-not-required", bad, level="L3")


def _chains(good: bytes) -> Iterator[Vector]:
    """What the bundle says about chain and validators."""

    def unproven(name: str, proof: bytes, reason: str, chains: Sequence[ChainTrust]) -> Vector:
        given = {"proofs": [proof], "trust": trust_with(*chains), "level": "L5"}
        return unclear(f"anchor-proof-{name}", FILE, reason, **given)

    others = chain_trust(validators((*KEYS[:3], STRANGER)))
    bare = ChainTrust(kit.CHAIN_ID, kit.CONTRACT, "test chain")
    unknown, invalid = "ANCHOR_UNKNOWN_CHAIN", "ANCHOR_PROOF_INVALID"
    yield unproven("of-unknown-chain", Anchor(LOG.origin, SIZE, ROOT, chain_id=1).proof(), unknown, [chain_trust()])
    elsewhere = Anchor(LOG.origin, SIZE, ROOT, contract=bytes(20)).proof()
    yield unproven("of-unknown-contract", elsewhere, unknown, [chain_trust()])
    yield unproven("of-other-contract-with-our-address", _moved(), invalid, [chain_trust()])
    yield unproven("without-validators-in-bundle", good, invalid, [bare])
    yield unproven("with-other-validators-in-bundle", good, invalid, [others])
    both = trust_with(others, bare, chain_trust())
    yield passed("anchor-proof-older-validators-in-bundle", FILE, trust=both, proofs=[good], level="L5")


def _moved() -> bytes:
    return Anchor(LOG.origin, SIZE, ROOT, contract=bytes(20)).proof(contract=kit.CONTRACT)
