"""WitnessQuorum: aggregated signatures checked on chain; arkworks signs, py_ecc is the second opinion."""

from __future__ import annotations

from typing import Any

import pytest
from py_ecc.bls import G2ProofOfPossession as PyEcc
from web3 import Web3
from web3.contract import Contract

from contracts.loader import load_artifact
from tests.support import bls
from tests.support.evm import Chain, deploy, origin_id, revert_data, running_anvil
from verifier.aggregate import aggregate_message
from verifier.checkpoint import Checkpoint

SECRETS = [1001, 1002, 1003, 1004, 1005]
ORIGIN = "log.minzheng.example/sm3-2026"
SIZE, ROOT, TIME = 20852163, bytes(range(32)), 1767225600
KEYS = [bls.g1_words(bls.public_key(s)) for s in SECRETS]
PROOFS = [bls.g2_words(bls.possession(s)) for s in SECRETS]


def message(size: int = SIZE, root: bytes = ROOT, time: int = TIME, origin: str = ORIGIN) -> bytes:
    return aggregate_message(Checkpoint(origin, size, root).note_text(), time)


def signature(signers: list[int], signed: bytes) -> bytes:
    return bls.g2_words(bls.aggregate([bls.sign(SECRETS[i], signed) for i in signers]))


def bitmap(signers: list[int]) -> int:
    return sum(1 << i for i in signers)


@pytest.fixture(scope="module")
def quorum(anvil: Chain) -> Contract:
    return deploy(anvil.w3, load_artifact("WitnessQuorum"), KEYS, PROOFS, 3, sender=anvil.stranger)


class Construction:
    """A deployment as a call: nothing is sent."""

    def __init__(self, w3: Web3, *arguments: Any) -> None:
        artifact = load_artifact("WitnessQuorum")
        factory = w3.eth.contract(abi=list(artifact.abi), bytecode=artifact.bytecode)
        self._w3, self._data = w3, factory.constructor(*arguments).data_in_transaction

    def call(self) -> bytes:
        return bytes(self._w3.eth.call({"from": self._w3.eth.accounts[0], "data": self._data}))


def reason(call: Any) -> str:
    """Name of the custom error a call reverts with, "" if it does not revert."""
    selectors = {
        Web3.keccak(text=f"{e['name']}({','.join(i['type'] for i in e['inputs'])})")[:4]: e["name"]
        for e in load_artifact("WitnessQuorum").abi
        if e["type"] == "error"
    }
    try:
        call.call()
    except Exception as error:  # noqa: BLE001 - engines raise what they like
        return str(selectors.get(revert_data(error)[:4], "?"))
    return ""


@pytest.mark.anvil
def test_the_message_is_the_verifiers(quorum: Contract) -> None:
    for size, root, time in ((SIZE, ROOT, TIME), (1, bytes(32), 0), (2**63 - 1, b"\xff" * 32, 9999999999)):
        assert quorum.functions.message(ORIGIN, size, root, time).call() == message(size, root, time)


@pytest.mark.anvil
@pytest.mark.parametrize("signers", [[0, 1, 2], [0, 2, 4], [0, 1, 2, 3, 4], [4, 3, 1]])
def test_a_quorum_passes_and_py_ecc_agrees(quorum: Contract, signers: list[int]) -> None:
    signed = message()
    made = bls.aggregate([bls.sign(SECRETS[i], signed) for i in signers])
    check = quorum.functions.check(ORIGIN, SIZE, ROOT, TIME, bitmap(signers), bls.g2_words(made))
    assert reason(check) == ""
    assert PyEcc.FastAggregateVerify([bls.public_key(SECRETS[i]) for i in signers], signed, made)


@pytest.mark.anvil
def test_what_is_not_a_quorums_signature_is_refused(quorum: Contract) -> None:
    good = signature([0, 1, 2], message())
    f = quorum.functions
    assert reason(f.check(ORIGIN, SIZE, ROOT, TIME, 0b11, signature([0, 1], message()))) == "TooFew"
    assert reason(f.check(ORIGIN, SIZE, ROOT, TIME, 0, good)) == "TooFew"
    assert reason(f.check(ORIGIN, SIZE, ROOT, TIME, 0b100111, good)) == "BadBitmap"
    assert reason(f.check("", SIZE, ROOT, TIME, 0b111, good)) == "BadOrigin"
    for args in (
        (ORIGIN, SIZE, ROOT, TIME, 0b1011, good),  # another set than signed
        (ORIGIN, SIZE + 1, ROOT, TIME, 0b111, good),
        (ORIGIN, SIZE, bytes(32), TIME, 0b111, good),
        (ORIGIN, SIZE, ROOT, TIME + 1, 0b111, good),
        (ORIGIN + "x", SIZE, ROOT, TIME, 0b111, good),
        (ORIGIN, SIZE, ROOT, TIME, 0b111, good[:-1]),
        (ORIGIN, SIZE, ROOT, TIME, 0b111, bytes(256)),  # infinity "signs" nothing
        (ORIGIN, SIZE, ROOT, TIME, 0b111, good[:-1] + bytes([good[-1] ^ 1])),  # off the curve
        (ORIGIN, SIZE, ROOT, TIME, 0b111, bls.g2_words(bls.possession(SECRETS[0]))),
    ):
        assert reason(f.check(*args)) == "BadSignature", args


@pytest.mark.anvil
def test_rogue_and_unproven_keys_are_not_taken(anvil: Chain) -> None:
    import py_arkworks_bls12381 as ark

    honest = ark.G1Point.from_compressed_bytes(bls.public_key(SECRETS[0]))
    rogue = bytes((ark.G1Point() * bls.scalar(77) + -honest).to_compressed_bytes())  # sums with honest to a known key
    for expected, arguments in (
        ("BadPossession", ([KEYS[0], bls.g1_words(rogue)], [PROOFS[0], bls.g2_words(bls.possession(77))], 2)),
        ("BadPossession", (KEYS, PROOFS[1:] + PROOFS[:1], 3)),
        ("BadKey", ([KEYS[0], bytes(128)], [PROOFS[0], bytes(256)], 2)),  # infinity: its proof is anybody's
        ("BadKey", ([KEYS[0], KEYS[0]], [PROOFS[0], PROOFS[0]], 2)),
        ("BadKey", ([KEYS[0][:-1]], PROOFS[:1], 1)),
        ("BadThreshold", (KEYS, PROOFS, 6)),
        ("BadThreshold", (KEYS, PROOFS, 0)),
        ("BadThreshold", (KEYS, PROOFS[:-1], 1)),
        ("BadThreshold", ([], [], 0)),
    ):
        assert reason(Construction(anvil.w3, *arguments)) == expected
    assert reason(Construction(anvil.w3, KEYS, PROOFS, 5)) == ""


@pytest.mark.anvil
def test_a_split_is_recorded_and_changes_nothing(anvil: Chain, quorum: Contract) -> None:
    def record(root: bytes, signers: list[int]) -> Any:
        made = signature(signers, message(root=root))
        call = quorum.functions.record(ORIGIN, SIZE, root, TIME, bitmap(signers), made)
        sent = call.transact({"from": anvil.stranger, "gas": 2_000_000})
        receipt = anvil.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)
        assert receipt["status"] == 1
        return receipt

    first = record(ROOT, [0, 1, 2])
    assert len(quorum.events.Cosigned().process_receipt(first)) == 1
    assert quorum.functions.rootAt(origin_id(ORIGIN), SIZE).call() == ROOT
    assert record(ROOT, [2, 3, 4])["logs"] == []
    other = bytes(31) + b"\x01"
    (split,) = quorum.events.Split().process_receipt(record(other, [2, 3, 4]))
    assert split["args"]["root"] == ROOT
    assert split["args"]["other"] == other
    assert quorum.functions.rootAt(origin_id(ORIGIN), SIZE).call() == ROOT
    print(f"\ngas of recording a quorum of three: {first['gasUsed']}")


def test_on_py_evm(pyevm: Chain) -> None:
    """The embedded chain has the precompiles too."""
    quorum = deploy(pyevm.w3, load_artifact("WitnessQuorum"), KEYS[:2], PROOFS[:2], 2, sender=pyevm.stranger)
    quorum.functions.check(ORIGIN, SIZE, ROOT, TIME, 0b11, signature([0, 1], message())).call()


@pytest.mark.anvil
def test_a_chain_without_the_precompiles_refuses() -> None:
    """Before Prague an empty answer of a missing precompile must not read as a yes."""
    with running_anvil("cancun") as w3:
        assert reason(Construction(w3, KEYS, PROOFS, 3)) == "PrecompileMissing"
