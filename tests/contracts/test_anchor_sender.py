"""Who sent an anchor is recovered by two implementations: libsecp256k1 (coincurve) and py_ecc in pure Python."""

from __future__ import annotations

import rlp
from eth_account import Account
from eth_utils import keccak
from py_ecc.secp256k1 import ecdsa_raw_recover

from tests.support import rfc9162_reference as rfc
from tests.support.evm import Chain

KEY = rfc.sha256(b"key of a synthetic registry")


def recover(signing_payload: bytes, parity: int, r: int, s: int) -> str:
    """Address of the signer, by py_ecc."""
    x, y = ecdsa_raw_recover(keccak(signing_payload), (27 + parity, r, s))
    return "0x" + keccak(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[-20:].hex()


def test_sender_of_an_anchor_by_a_second_implementation(pyevm: Chain) -> None:
    account = Account.from_key(KEY)
    w3 = pyevm.w3
    w3.eth.send_transaction({"from": pyevm.stranger, "to": account.address, "value": 10**18, "gas": 21_000})
    pyevm.send("addSubmitter", account.address, sender=pyevm.admin)
    oid = pyevm.register("log.minzheng.example/sender", 1)
    call = pyevm.registry.functions.anchor(oid, 1, rfc.sha256(b"root"), rfc.sha256(b"note"), [])
    price, chain_id = w3.eth.gas_price, w3.eth.chain_id
    # EIP-155 legacy: what every consortium engine takes
    fields = {"nonce": 0, "gas": 300_000, "gasPrice": price, "chainId": chain_id, "value": 0}
    transaction = call.build_transaction({**fields, "from": account.address})
    transaction.pop("from", None)
    signed = account.sign_transaction(transaction)

    nonce, gas_price, gas, to, value, data, v, r, s = rlp.decode(bytes(signed.raw_transaction))
    assert to == bytes.fromhex(pyevm.registry.address[2:])
    parity = int.from_bytes(v, "big") - 35 - 2 * chain_id
    chain = chain_id.to_bytes((chain_id.bit_length() + 7) // 8, "big")
    payload = rlp.encode([nonce, gas_price, gas, to, value, data, chain, b"", b""])
    by_py_ecc = recover(payload, parity, int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
    by_chain = pyevm.events("Anchored", receipt)[0]["submitter"]
    by_coincurve = Account.recover_transaction(signed.raw_transaction)
    assert by_py_ecc == by_chain.lower() == by_coincurve.lower() == account.address.lower()
