"""What a node that answers may still be unwell of: no new blocks, no money left."""

from __future__ import annotations

from typing import Any, Final

from web3 import Web3

from chain.anchor.evm_profile import EvmProfile
from chain.anchor.model import FeeModel, Health

ANCHOR_GAS: Final = 1_100_000  # the dearest one that bench/gas.py measures: SM3, a million entries after a doubling
FEW_ANCHORS: Final = 1_500  # a day of them, one a minute


def read_health(w3: Web3, profile: EvmProfile, address: Any, now: int | None) -> Health:
    """`address`: the submitting key's, in web3's spelling. `now`: UTC seconds; None passes over the age of blocks."""
    newest = w3.eth.get_block("latest")
    halted = "" if now is None else _halted(profile, now - newest["timestamp"])
    return Health(not halted, newest["number"], halted or _purse(w3, profile, address))


def _halted(profile: EvmProfile, age: int) -> str:
    """What is wrong with a newest block of this age, in words; empty if nothing is. A BFT chain that has lost a third
    of its validators answers every question as if all were well: only its blocks stop.
    """
    if profile.halt_seconds is None or age <= profile.halt_seconds:
        return ""
    return f"the chain stands still: no block for {age} s"


def _purse(w3: Web3, profile: EvmProfile, address: Any) -> str:
    """A warning while there is still a day to act; the chain itself is well."""
    if profile.fee_model is FeeModel.FREE:
        return ""
    anchors = w3.eth.get_balance(address) // (ANCHOR_GAS * profile.fees.max_fee)
    return f"the submitting key can pay for {anchors} anchors" if anchors < FEW_ANCHORS else ""
