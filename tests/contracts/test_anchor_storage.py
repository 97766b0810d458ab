"""The storage layout is a format: proofs of these slots are checked long after the nodes are gone."""

from __future__ import annotations

from eth_utils import keccak

from tests.support.evm import Chain
from tests.support.rfc9162_reference import sha256

ADMIN, PENDING_ADMIN, IS_SUBMITTER, LOGS, ROOT_AT, FORK_RECORDED_AT = range(6)


def word(value: int | bytes | str) -> bytes:
    raw = bytes.fromhex(value[2:]) if isinstance(value, str) else value
    return raw.to_bytes(32, "big") if isinstance(raw, int) else raw.rjust(32, b"\0")


def mapping(key: bytes, slot: bytes) -> bytes:
    return keccak(key + slot)


def test_slots_are_where_the_format_says(pyevm: Chain) -> None:
    oid = pyevm.register("log.minzheng.example/storage", 2)
    root = sha256(b"root")
    pyevm.send("anchor", oid, 0x0102030405060708, root, sha256(b"note"), [], sender=pyevm.submitters[0])
    receipt = pyevm.send("recordFork", oid, b"one", b"two", sender=pyevm.submitters[0])
    evidence = pyevm.events("ForkRecorded", receipt)[0]["evidence"]

    def slot(position: bytes) -> bytes:
        return bytes(pyevm.w3.eth.get_storage_at(pyevm.registry.address, int.from_bytes(position, "big"))).rjust(
            32, b"\0"
        )

    assert slot(word(ADMIN)) == word(pyevm.admin)
    assert slot(word(PENDING_ADMIN)) == bytes(32)
    assert slot(mapping(word(pyevm.submitters[0]), word(IS_SUBMITTER))) == word(1)
    # hashAlg in the lowest byte, size in the eight above it
    assert slot(mapping(oid, word(LOGS))) == word(bytes.fromhex("0102030405060708") + b"\x02")
    assert slot(mapping(word(0x0102030405060708), mapping(oid, word(ROOT_AT)))) == root
    assert slot(mapping(evidence, mapping(oid, word(FORK_RECORDED_AT)))) == word(receipt["blockNumber"])
