"""Who may do what. On py-evm: no hashing to speak of."""

from __future__ import annotations

import pytest

from contracts.loader import load_artifact
from tests.support.evm import GAS, ZERO32, Chain, origin_id
from tests.support.rfc9162_reference import sha256

ZERO_ADDRESS = "0x" + "00" * 20
NOTE = sha256(b"a signed note")
ROOT = sha256(b"a root")


@pytest.fixture
def fresh(pyevm: Chain) -> Chain:
    return Chain.start(pyevm.w3)


def test_deployed_code_is_the_artifact(pyevm: Chain) -> None:
    assert bytes(pyevm.w3.eth.get_code(pyevm.registry.address)) == load_artifact().deployed_bytecode


def test_a_stranger_can_change_nothing(pyevm: Chain) -> None:
    oid = pyevm.register("log.minzheng.example/stranger", 2)
    calls = [
        ("addSubmitter", pyevm.stranger),
        ("removeSubmitter", pyevm.submitters[0]),
        ("registerLog", "log.minzheng.example/other", 2),
        ("transferAdmin", pyevm.stranger),
    ]
    for sender in (pyevm.stranger, pyevm.submitters[0]):
        for name, *arguments in calls:
            with pyevm.reverts("NotAdmin", sender):
                pyevm.call(name, *arguments, sender=sender)
    for sender in (pyevm.stranger, pyevm.admin):  # the admin is no submitter either
        with pyevm.reverts("NotSubmitter", sender):
            pyevm.call("anchor", oid, 1, ROOT, NOTE, [], sender=sender)
        with pyevm.reverts("NotSubmitter", sender):
            pyevm.call("recordFork", oid, b"a", b"b", sender=sender)


def test_a_refused_transaction_leaves_the_state_alone(pyevm: Chain) -> None:
    oid = pyevm.register("log.minzheng.example/refused", 2)
    sent = pyevm.registry.functions.anchor(oid, 1, ROOT, NOTE, []).build_transaction(
        {"from": pyevm.stranger, "gas": 200_000}
    )
    receipt = pyevm.w3.eth.wait_for_transaction_receipt(pyevm.w3.eth.send_transaction(sent))
    assert receipt["status"] == 0
    assert pyevm.call("head", oid) == [0, ZERO32]


def test_no_function_exists_that_could_rewrite_a_head() -> None:
    writing = {e["name"] for e in load_artifact().abi if e["type"] == "function" and e["stateMutability"] != "view"}
    assert writing == {
        "acceptAdmin", "addSubmitter", "anchor", "recordFork", "registerLog", "removeSubmitter", "transferAdmin",
    }  # fmt: skip
    code = load_artifact().deployed_bytecode
    assert _opcodes(code).isdisjoint({0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFF})  # create, call, delegatecall, selfdestruct


def _opcodes(code: bytes) -> set[int]:
    """Opcodes of the code; PUSH data is skipped."""
    seen: set[int] = set()
    position = 0
    while position < len(code):
        opcode = code[position]
        seen.add(opcode)
        position += 1 + (opcode - 0x5F if 0x60 <= opcode <= 0x7F else 0)
    return seen


def test_admin_changes_hands_in_two_steps(fresh: Chain) -> None:
    heir = fresh.submitters[0]
    fresh.send("transferAdmin", heir, sender=fresh.admin)
    assert fresh.call("admin") == fresh.admin  # still
    with fresh.reverts("NotPendingAdmin", fresh.stranger):
        fresh.call("acceptAdmin", sender=fresh.stranger)
    receipt = fresh.send("acceptAdmin", sender=heir)
    assert dict(fresh.events("AdminTransferred", receipt)[0]) == {"previousAdmin": fresh.admin, "admin": heir}
    assert fresh.call("admin") == heir
    assert fresh.call("pendingAdmin") == ZERO_ADDRESS
    with fresh.reverts("NotAdmin", fresh.admin):
        fresh.call("addSubmitter", fresh.stranger, sender=fresh.admin)
    with fresh.reverts("NotPendingAdmin", heir):
        fresh.call("acceptAdmin", sender=heir)


def test_an_offer_can_be_withdrawn(fresh: Chain) -> None:
    fresh.send("transferAdmin", fresh.stranger, sender=fresh.admin)
    fresh.send("transferAdmin", ZERO_ADDRESS, sender=fresh.admin)
    with fresh.reverts("NotPendingAdmin", fresh.stranger):
        fresh.call("acceptAdmin", sender=fresh.stranger)


def test_constructor_needs_an_admin(pyevm: Chain) -> None:
    creation = load_artifact().bytecode + bytes(32)
    with pyevm.reverts("ZeroAddress"):
        pyevm.w3.eth.call({"from": pyevm.stranger, "data": creation, "gas": GAS})


def test_submitters_come_and_go_with_events(fresh: Chain) -> None:
    assert fresh.call("isSubmitter", fresh.stranger) is False
    receipt = fresh.send("addSubmitter", fresh.stranger, sender=fresh.admin)
    assert dict(fresh.events("SubmitterChanged", receipt)[0]) == {"submitter": fresh.stranger, "allowed": True}
    assert fresh.call("isSubmitter", fresh.stranger) is True
    with fresh.reverts("SubmitterUnchanged", fresh.stranger):
        fresh.call("addSubmitter", fresh.stranger, sender=fresh.admin)
    fresh.send("removeSubmitter", fresh.stranger, sender=fresh.admin)
    with fresh.reverts("SubmitterUnchanged", fresh.stranger):
        fresh.call("removeSubmitter", fresh.stranger, sender=fresh.admin)
    with fresh.reverts("ZeroAddress"):
        fresh.call("addSubmitter", ZERO_ADDRESS, sender=fresh.admin)


def test_registered_log_is_bound_to_its_hash_for_good(pyevm: Chain) -> None:
    origin = "log.minzheng.example/绑定"
    receipt = pyevm.send("registerLog", origin, 2, sender=pyevm.admin)
    (event,) = pyevm.events("LogRegistered", receipt)
    assert (event["originId"], event["hashAlg"], event["origin"]) == (origin_id(origin), 2, origin)
    assert pyevm.call("logInfo", origin_id(origin)) == [2, 0, origin]
    with pyevm.reverts("LogAlreadyRegistered", origin_id(origin)):
        pyevm.call("registerLog", origin, 1, sender=pyevm.admin)
    assert pyevm.call("logInfo", origin_id("nobody")) == [0, 0, ""]


@pytest.mark.parametrize("origin", ["", "a" * 256, "log.example/x\n", "log.example/x y", "\x00", "log\x7f"])
def test_origins_that_read_like_others_are_refused(pyevm: Chain, origin: str) -> None:
    with pyevm.reverts("BadOrigin"):
        pyevm.call("registerLog", origin, 2, sender=pyevm.admin)


@pytest.mark.parametrize("hash_alg", [0, 3, 255])
def test_unknown_hashes_are_refused(pyevm: Chain, hash_alg: int) -> None:
    with pyevm.reverts("BadHashAlgorithm", hash_alg):
        pyevm.call("registerLog", "log.minzheng.example/hash", hash_alg, sender=pyevm.admin)
    with pyevm.reverts("BadHashAlgorithm", hash_alg):
        pyevm.call("verifyConsistency", hash_alg, 1, ROOT, 1, ROOT, [])


def test_fork_evidence_is_recorded_once_and_moves_nothing(pyevm: Chain) -> None:
    oid = pyevm.register("log.minzheng.example/fork", 2)
    one, two = b"log.minzheng.example/fork\n4\nAAAA\n", b"log.minzheng.example/fork\n4\nBBBB\n"
    key = sha256(b"".join(sorted((sha256(one), sha256(two)))))
    receipt = pyevm.send("recordFork", oid, one, two, sender=pyevm.submitters[0])
    (event,) = pyevm.events("ForkRecorded", receipt)
    assert (event["evidence"], event["noteA"], event["noteB"]) == (key, one, two)
    assert event["submitter"] == pyevm.submitters[0]
    assert pyevm.call("forkRecordedAt", oid, key) == receipt["blockNumber"]
    assert pyevm.call("head", oid) == [0, ZERO32]
    for pair in ((one, two), (two, one), (one, one), (b"", one), (one, b"x" * 16385), (b"x" * 16385, one)):
        with pyevm.reverts("BadEvidence"):
            pyevm.call("recordFork", oid, *pair, sender=pyevm.submitters[1])
    with pyevm.reverts("UnknownLog", ZERO32):
        pyevm.call("recordFork", ZERO32, one, two, sender=pyevm.submitters[0])
