"""Proofs that an anchor is final: two that were recorded, and what is wrong with a forgery of each sort.

The refused ones are made with the recorded networks' own keys: only the one thing in their name is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import rlp

from tests.golden.world import b64
from tests.simulators.qbft import address_of, seal
from tests.support import comet_votes as cv
from verifier import cbor
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.finality.proof import AnchorProof
from verifier.finality.slots import root_slot
from verifier.policy import ChainTrust

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "anchor-proofs.json").read_text())
COMET, QBFT = RECORDED["cometbft"], RECORDED["qbft"]
SEEDS = [bytes.fromhex(seed) for seed in COMET["seeds"]]
SECRETS = [bytes.fromhex(secret) for secret in QBFT["secrets"]]
STRANGER = b"\x5a" * 32
Case = tuple[str, bytes, ChainTrust, str]  # name, proof, chain, reason code


def trust_of(data: bytes, stated: Consensus) -> ChainTrust:
    proof = AnchorProof.parse(data)
    return ChainTrust(proof.chain_id, proof.contract, "recorded", stated)


COMET_PROOF = bytes.fromhex(COMET["proof"])
COMET_SET = cv.consensus(COMET["network"], dict.fromkeys(SEEDS, COMET["power"]))
COMET_TRUST = trust_of(COMET_PROOF, COMET_SET)


def qbft_set(secrets: list[bytes]) -> Consensus:
    return Consensus(ConsensusKind.QBFT, "", tuple(Validator(a, 1) for a in sorted(map(address_of, secrets))))


QBFT_PROOF = bytes.fromhex(QBFT["proof"])
QBFT_TRUST = trust_of(QBFT_PROOF, qbft_set(SECRETS))


def document() -> dict[str, Any]:
    accepted = [
        ("cometbft", COMET_PROOF, COMET_TRUST, COMET["block_hash"]),
        ("qbft", QBFT_PROOF, QBFT_TRUST, QBFT["block_hash"]),
        *_more_accepted(),
    ]
    refused = refused_cases()
    return {
        "accepted": [
            {"name": n, "proof_b64": b64(p), "chain_b64": b64(cbor.encode(t.to_map())), "block_hash": h}
            for n, p, t, h in accepted
        ],
        "refused": [
            {"name": n, "proof_b64": b64(p), "chain_b64": b64(cbor.encode(t.to_map())), "reason": r}
            for n, p, t, r in refused
        ],
    }


def refused_cases() -> list[Case]:
    """Every refused one."""
    return [*_both(), *_comet_votes(), *_comet_trees(), *_qbft_seals(), *_qbft_tries()]


def edited(data: bytes, **members: Any) -> bytes:
    """The proof with members of its map replaced, m8_3 being member 3 of member 8."""
    value = cbor.decode(data)
    for name, member in members.items():
        target, *inner = [int(n) for n in name[1:].split("_")]
        if inner:
            value[target][inner[0]] = member
        else:
            value[target] = member
    return cbor.encode(value)


# ------------------------------------------------------------------------------------------------ either protocol


def _both() -> Iterator[Case]:
    for name, data, trust in (("cometbft", COMET_PROOF, COMET_TRUST), ("qbft", QBFT_PROOF, QBFT_TRUST)):
        value = cbor.decode(data)
        yield f"{name}-version-2", edited(data, m1="anchor-proof/2"), trust, "unsupported"
        yield f"{name}-protocol-3", edited(data, m7=3), trust, "unsupported"
        yield f"{name}-trailing-byte", data + b"\0", trust, "trailing-data"
        yield f"{name}-truncated", data[:-1], trust, "truncated"
        yield f"{name}-unknown-member", edited(data, m9=0), trust, "unknown-member"
        yield f"{name}-size-0", edited(data, m5=0), trust, "slot" if name == "cometbft" else "mpt-absent"
        yield f"{name}-other-chain", edited(data, m2=value[2] + 1), trust, "chain"
        yield f"{name}-other-contract", edited(data, m3=b"\x11" * 20), trust, "chain"
        both = replace(trust, contract=b"\x11" * 20)
        reason = "slot" if name == "cometbft" else "mpt-absent"
        yield f"{name}-contract-without-the-slot", edited(data, m3=b"\x11" * 20), both, reason
        yield f"{name}-other-root", edited(data, m6=b"\x22" * 32), trust, "root"
        yield f"{name}-no-validators-stated", data, replace(trust, consensus=None), "unsupported"
    yield "cometbft-on-a-qbft-chain", COMET_PROOF, replace(COMET_TRUST, consensus=QBFT_TRUST.consensus), "protocol"
    yield "qbft-on-a-cometbft-chain", QBFT_PROOF, replace(QBFT_TRUST, consensus=COMET_SET), "protocol"


# ------------------------------------------------------------------------------------------------------ CometBFT

_KEY = b"\x02" + COMET_TRUST.contract + root_slot(AnchorProof.parse(COMET_PROOF).origin, 20852163)
_ROOT = AnchorProof.parse(COMET_PROOF).root
_LEAF = b"\x00\x02\x5e"
_RIGHT = (b"\x02\x04\x5e\x20", b"\x20" + b"\x77" * 32)
_STORE_PATH = [(b"\x01", b"\x44" * 32), (b"\x01" + b"\x45" * 32, b"")]


def _made(stated: Consensus, slot: bytes, store_root: bytes, signers: list[bytes], extra: Any = None) -> bytes:
    """A whole proof over a made-up state that holds that store root."""
    app_hash = cv.climbed(b"\x00", b"evm", store_root, _STORE_PATH)
    store = cv.commitment(b"evm", store_root, b"\x00", _STORE_PATH)
    head = cv.header(stated, app_hash)
    evidence = {1: head, 2: cv.good_commit(head, signers), 3: slot, 4: store, **(extra or {})}
    return edited(COMET_PROOF, m8=evidence)


def _slot(value: bytes = _ROOT, path: tuple[Any, ...] = (_RIGHT,), prefix: bytes = _LEAF) -> tuple[bytes, bytes]:
    """(proof, root of the store) of our slot with that value."""
    return cv.commitment(_KEY, value, prefix, path), cv.climbed(prefix, _KEY, value, path)


def _more_accepted() -> Iterator[tuple[str, bytes, ChainTrust, str]]:
    """Only three of four; unequal powers; the smallest sets."""

    def named(data: bytes) -> str:
        return AnchorProof.parse(data).block_hash.hex()

    three = _made(COMET_SET, *_slot(), SEEDS[:3])
    yield "cometbft-three-of-four", three, COMET_TRUST, named(three)
    heavy = cv.consensus("heavy-1", {SEEDS[0]: 100, SEEDS[1]: 1, SEEDS[2]: 48})
    data = _made(heavy, *_slot(), SEEDS[:1])
    yield "cometbft-one-that-outweighs", data, replace(COMET_TRUST, consensus=heavy), named(data)
    single = cv.consensus("single-1", {SEEDS[0]: 1})
    data = _made(single, *_slot(), SEEDS[:1])
    yield "cometbft-one-validator", data, replace(COMET_TRUST, consensus=single), named(data)
    data = _resealed(sealers=SECRETS[1:])
    yield "qbft-three-of-four", data, QBFT_TRUST, QBFT["block_hash"]
    data = _resealed(validators=[], sealers=SECRETS)
    yield "qbft-validators-named-by-a-contract", data, QBFT_TRUST, named(data)


def _comet_votes() -> Iterator[Case]:
    slot, root = _slot()
    good = cbor.decode(_made(COMET_SET, slot, root, SEEDS))
    head = good[8][1]
    right = [cv.vote(seed, cv.signed_bytes(head)) for seed in SEEDS]

    def case(name: str, votes: list[Any], reason: str, round_: int = 0) -> Case:
        data = edited(COMET_PROOF, m8={**good[8], 2: cv.commit(votes, round_)})
        return f"cometbft-{name}", data, COMET_TRUST, reason

    yield case("vote-repeated", [*right[:2], right[0]], "vote-order")
    yield case("votes-none", [], "quorum")
    yield case("votes-two-of-four", right[:2], "quorum")
    yield case("vote-of-a-stranger", [*right[:2], cv.vote(STRANGER, cv.signed_bytes(head))], "vote")
    address = cv.cometbft.address(cv.public(SEEDS[2]))
    forged = cv.vote(STRANGER, cv.signed_bytes(head), address)
    yield case("vote-of-a-stranger-in-a-validators-name", [*right[:2], forged], "vote")
    yield case("vote-for-nil", [*right[:2], cv.vote(SEEDS[2], cv.nil_bytes(head))], "vote")
    other = cv.signed_bytes(head, network="other-1")
    yield case("votes-for-another-network", [cv.vote(s, other) for s in SEEDS], "vote")
    yield case("votes-for-another-height", [cv.vote(s, cv.signed_bytes(head, height=51)) for s in SEEDS], "vote")
    yield case("votes-for-another-round", right, "vote", 1)
    yield case("vote-time-changed", [*right[:3], [*right[3][:2], 6, right[3][3]]], "vote")
    prevote = cv.signed_bytes(head).replace(b"\x08\x02", b"\x08\x01", 1)
    yield case("votes-that-are-prevotes", [cv.vote(s, prevote) for s in SEEDS], "vote")
    later = [*head[:4], head[4] + 1, *head[5:]]
    data = edited(COMET_PROOF, m8={**good[8], 1: later})
    yield "cometbft-header-changed-after-the-votes", data, COMET_TRUST, "vote"
    yield from _comet_sets(slot, root)


def _comet_sets(slot: bytes, root: bytes) -> Iterator[Case]:
    """Other validators than the bundle's, or too few of them."""

    def trust(stated: Consensus) -> ChainTrust:
        return replace(COMET_TRUST, consensus=stated)

    thirds = cv.consensus("thirds-1", dict.fromkeys(SEEDS[:3], 1))
    yield "cometbft-exactly-two-thirds", _made(thirds, slot, root, SEEDS[:2]), trust(thirds), "quorum"
    heavy = cv.consensus("heavy-1", {SEEDS[0]: 100, SEEDS[1]: 1, SEEDS[2]: 1})
    yield "cometbft-two-without-weight", _made(heavy, slot, root, SEEDS[1:3]), trust(heavy), "quorum"
    own = cv.consensus(COMET["network"], dict.fromkeys([STRANGER, *SEEDS[:3]], 1000))
    yield "cometbft-validator-exchanged", _made(own, slot, root, [STRANGER, *SEEDS[:3]]), COMET_TRUST, "validator-set"
    richer = cv.consensus(COMET["network"], {SEEDS[0]: 9000, **dict.fromkeys(SEEDS[1:], 1000)})
    yield "cometbft-power-changed", _made(richer, slot, root, SEEDS), COMET_TRUST, "validator-set"
    elsewhere = replace(COMET_SET, network="other-1")
    yield "cometbft-other-network", _made(elsewhere, slot, root, SEEDS), COMET_TRUST, "network"


def _comet_trees() -> Iterator[Case]:
    def case(name: str, slot: bytes, root: bytes, reason: str, extra: Any = None) -> Case:
        return f"cometbft-{name}", _made(COMET_SET, slot, root, SEEDS, extra), COMET_TRUST, reason

    absent = bytes.fromhex(COMET["absent"])
    yield "cometbft-proof-of-absence", edited(COMET_PROOF, m8_3=absent), COMET_TRUST, "ics23-absent"
    slot, root = _slot()
    yield case("slot-not-in-the-store", slot, b"\x33" * 32, "slot")
    neighbour = cv.commitment(_KEY[:-1] + b"\0", _ROOT, _LEAF, (_RIGHT,))
    yield case("another-slot", neighbour, cv.climbed(_LEAF, _KEY[:-1] + b"\0", _ROOT, (_RIGHT,)), "slot")
    yield case("root-of-31-bytes", *_slot(_ROOT[:31]), "slot")
    yield case("root-zero", *_slot(bytes(32)), "root")
    store = cv.commitment(b"evn", root, b"\x00", _STORE_PATH)
    yield case("store-renamed", slot, root, "store", extra={4: store})
    # a store that is in the signed state, of another module, where somebody else decides what a key means
    head = cv.header(COMET_SET, cv.climbed(b"\x00", b"evn", root, _STORE_PATH))
    evidence = {1: head, 2: cv.good_commit(head, SEEDS), 3: slot, 4: store}
    yield "cometbft-another-store", edited(COMET_PROOF, m8=evidence), COMET_TRUST, "store"
    yield from _dragonberry(case)
    simple = cv.commitment(b"evm", root, b"\x00", [(b"\x01\x00", b"\x44" * 32), *_STORE_PATH[1:]])
    yield case("store-prefix-too-long", slot, root, "ics23-inner", extra={4: simple})
    two = cv.commitment(b"evm", root, b"\x00", [(b"\x01", b"\x44" * 64), *_STORE_PATH[1:]])
    yield case("store-suffix-of-two-hashes", slot, root, "ics23-inner", extra={4: two})
    leaf = cv.commitment(b"evm", root, b"\x00\x00", _STORE_PATH)
    yield case("store-leaf-prefix-too-long", slot, root, "ics23-leaf", extra={4: leaf})


def _dragonberry(case: Any) -> Iterator[Case]:
    """Operations that lead to the signed root and are none of the tree's."""
    # A contract's code lies in the same store and anybody may deploy it: code that *is* the preimage of a leaf with
    # our key. Its true leaf, taken for an inner node, holds the hash of that code where a child's hash would be.
    code = cv.leaf_preimage(_LEAF, _KEY, _ROOT)
    carrier = cv.leaf_preimage(_LEAF, b"\x01" + b"\x99" * 32, code)
    root = cv.hashlib.sha256(carrier).digest()
    yield case(
        "leaf-taken-for-an-inner-node", cv.commitment(_KEY, _ROOT, _LEAF, [(carrier[:-32], b"")]), root, "ics23-inner"
    )
    for name, step in {
        "prefix-too-long": (_RIGHT[0] + b"\0" * 8, _RIGHT[1]),
        "prefix-of-a-leaf": (b"\x00\x04\x5e\x20", _RIGHT[1]),
        "suffix-that-is-no-hash": (_RIGHT[0], b"\x20" + b"\x77" * 31 + b"\x77\x77"),
        "suffix-on-both-sides": (b"\x02\x04\x5e\x20" + b"\x77" * 32 + b"\x20", _RIGHT[1]),
        "suffix-without-length": (_RIGHT[0], b"\x21" + b"\x77" * 32),
        "prefix-without-length": (b"\x02\x04\x5e\x21", _RIGHT[1]),
        "prefix-of-33-bytes": (b"\x02\x04\x5e\x20" + b"\x77" * 32, b""),
        "negative-version": (b"\x02\x04\x5d\x20", _RIGHT[1]),
    }.items():
        yield case(f"inner-{name}", *_slot(path=(step,)), "ics23-inner")
    flat = (_RIGHT, (b"\x02\x08\x5e\x20", _RIGHT[1]))
    yield case("inner-height-that-does-not-rise", *_slot(path=flat), "ics23-inner")
    yield case("inner-long-varint", *_slot(path=((b"\x02\x84\x00\x5e\x20", _RIGHT[1]),)), "varint")
    yield case("leaf-prefix-with-more", *_slot(prefix=_LEAF + b"\x20"), "ics23-leaf")
    yield case("leaf-of-size-2", *_slot(prefix=b"\x00\x04\x5e"), "ics23-leaf")
    unhashed = b"\x08\x01\x20\x01" + b"\x2a\x03" + _LEAF  # prehash_value left out: the value itself, not its hash
    yield case("leaf-hashed-otherwise", cv.commitment(_KEY, _ROOT, _LEAF, (_RIGHT,), unhashed), bytes(32), "ics23-leaf")


# ---------------------------------------------------------------------------------------------------------- QBFT

_EVIDENCE = cbor.decode(QBFT_PROOF)[8]


def _resealed(
    *,
    sealers: list[bytes] | None = None,
    validators: list[bytes] | None = None,
    seals: Any = None,
    over: Any = None,
    **fields: bytes,
) -> bytes:
    """The recorded proof with a header changed and sealed anew. `over`: changes the extraData that is sealed."""
    head = rlp.decode(_EVIDENCE[1])
    for name, value in fields.items():
        head[int(name[1:])] = value
    extra = rlp.decode(head[12])
    if validators is not None:
        extra[1] = validators
    signed = list(extra[:4]) if over is None else over(list(extra[:4]))
    message = rlp.encode([*head[:12], rlp.encode([*signed, []]), *head[13:]])
    made = [seal(secret, message) for secret in (SECRETS if sealers is None else sealers)]
    extra[4] = made if seals is None else seals(made)
    return edited(QBFT_PROOF, m8_1=rlp.encode([*head[:12], rlp.encode(extra), *head[13:]]))


def _qbft_seals() -> Iterator[Case]:
    def case(name: str, data: bytes, reason: str, trust: ChainTrust = QBFT_TRUST) -> Case:
        return f"qbft-{name}", data, trust, reason

    stranger = b"\x5a" * 32
    yield case("seals-none", _resealed(sealers=[]), "quorum")
    yield case("seals-two-of-four", _resealed(sealers=SECRETS[:2]), "quorum")
    yield case("seal-repeated", _resealed(sealers=[*SECRETS[:2], SECRETS[0]]), "seal-repeated")
    yield case("seal-repeated-mirrored", _resealed(sealers=SECRETS[:2], seals=_mirrored), "seal-repeated")
    yield case("seal-of-a-stranger", _resealed(sealers=[*SECRETS[:2], stranger]), "seal")
    yield case("seal-of-a-stranger-beside-enough", _resealed(sealers=[*SECRETS, stranger]), "seal")
    yield case("seals-of-another-round", _resealed(over=lambda e: [*e[:3], b"\x02"]), "seal")
    yield case("seals-over-the-block-hash", _resealed(over=lambda e: [*e[:3], b""]), "seal")
    yield case("seals-with-v-27", _resealed(seals=lambda s: [x[:64] + bytes([x[64] + 27]) for x in s]), "seal")
    yield case("seal-of-64-bytes", _resealed(seals=lambda s: [x[:64] for x in s]), "bytes")
    others = qbft_set([*SECRETS[:3], stranger])
    replaced = replace(QBFT_TRUST, consensus=others)
    yield case("validator-exchanged", _resealed(), "validator-set", replaced)
    fewer = replace(QBFT_TRUST, consensus=qbft_set(SECRETS[:3]))
    yield case("validator-dropped", _resealed(), "validator-set", fewer)
    listed = rlp.decode(rlp.decode(_EVIDENCE[1])[12])[1]
    yield case("header-names-one-twice", _resealed(validators=[*listed[:3], listed[0]]), "validator-set")
    yield case("header-names-a-fifth", _resealed(validators=[*listed, b"\x01" * 20]), "validator-set")
    yield case("header-state-root-changed", _changed(3, b"\x01" * 32), "seal")
    yield case("header-time-changed", _changed(11, b"\x01"), "seal")
    yield case("header-number-padded", _changed(8, b"\x00\x01"), "scalar")
    yield case("header-mix-hash", _resealed(f13=bytes(32)), "mix-hash")
    yield case("header-one-field-more", edited(QBFT_PROOF, m8_1=rlp.encode([*rlp.decode(_EVIDENCE[1]), b""])), "header")
    raw = _EVIDENCE[1]
    yield case("header-trailing-byte", edited(QBFT_PROOF, m8_1=raw + b"\0"), "trailing-data")
    yield case("header-long-length", edited(QBFT_PROOF, m8_1=b"\xfa\x00" + raw[1:]), "non-canonical")
    yield case("header-truncated", edited(QBFT_PROOF, m8_1=raw[:-1]), "truncated")


def _mirrored(seals: list[bytes]) -> list[bytes]:
    """(r, n - s, 1 - v) beside (r, s, v): another string, the same signer."""
    n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    first = seals[0]
    s = n - int.from_bytes(first[32:64], "big")
    return [*seals, first[:32] + s.to_bytes(32, "big") + bytes([1 - first[64]])]


def _changed(field: int, value: bytes) -> bytes:
    """A header field changed under the seals."""
    head = rlp.decode(_EVIDENCE[1])
    head[field] = value
    return edited(QBFT_PROOF, m8_1=rlp.encode(head))


def _qbft_tries() -> Iterator[Case]:
    def case(name: str, reason: str, **members: Any) -> Case:
        return f"qbft-{name}", edited(QBFT_PROOF, **members), QBFT_TRUST, reason

    account, storage = _EVIDENCE[2], _EVIDENCE[3]
    absent = [bytes.fromhex(node) for node in QBFT["absent"]]
    size_17 = edited(QBFT_PROOF, m5=17, m8_3=absent)
    yield "qbft-proof-of-absence", size_17, QBFT_TRUST, "mpt-absent"
    yield case("account-proof-empty", "mpt-missing-node", m8_2=[])
    yield case("storage-proof-empty", "mpt-missing-node", m8_3=[])
    yield case("account-proof-short", "mpt-missing-node", m8_2=account[:-1])
    yield case("storage-proof-short", "mpt-missing-node", m8_3=storage[:-1])
    yield case("storage-node-too-many", "mpt-unused-node", m8_3=[*storage, storage[0]])
    yield case("storage-nodes-exchanged", "mpt-hash", m8_3=storage[::-1])
    yield case("storage-leaf-changed", "mpt-hash", m8_3=[*storage[:-1], storage[-1][:-1] + b"\x01"])
    yield case("storage-proof-of-the-account", "mpt-hash", m8_3=account)
    yield case("storage-node-no-bytes", "nodes", m8_3=[*storage[:-1], 1])
    yield case("storage-nodes-65", "list", m8_3=[storage[0]] * 65)
