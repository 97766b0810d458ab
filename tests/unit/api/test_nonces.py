"""Nonces: each once while its signature lives, no more than can be remembered, none forgotten early."""

from __future__ import annotations

import pytest

from api.errors import RateLimited
from api.services.nonces import Nonces
from verifier.httpsig import SKEW

NOW = 1_800_000_000


def test_a_nonce_is_new_once_for_each_key() -> None:
    nonces = Nonces()
    assert nonces.use("a", "n", NOW + 60, NOW)
    assert not nonces.use("a", "n", NOW + 60, NOW)
    assert not nonces.use("a", "n", NOW + 299, NOW + 1)  # another signature, the same nonce
    assert nonces.use("b", "n", NOW + 60, NOW)


def test_none_is_forgotten_while_its_signature_could_be_taken() -> None:
    for life in range(1, 301, 7):
        nonces = Nonces()
        assert nonces.use("a", "n", NOW + life, NOW)
        last = NOW + life + SKEW - 1
        assert not nonces.use("a", "n", NOW + life, last)
        assert not nonces.use("a", "n", NOW + life, last + 1)  # too late in any case


def test_those_that_ran_out_are_forgotten() -> None:
    nonces = Nonces(per_key=4)
    for second in range(0, 4000, 40):
        assert nonces.use("a", str(second), NOW + second + 1, NOW + second)
        assert len(nonces) <= 4


def test_a_key_that_is_full_waits_and_others_do_not() -> None:
    nonces = Nonces(per_key=3, all_keys=5)
    for n in range(3):
        assert nonces.use("a", str(n), NOW + 60, NOW)
    with pytest.raises(RateLimited):
        nonces.use("a", "more", NOW + 60, NOW)
    assert not nonces.use("a", "0", NOW + 60, NOW)  # what is remembered is still told
    assert nonces.use("b", "0", NOW + 60, NOW)


def test_all_keys_together_are_bounded() -> None:
    nonces = Nonces(per_key=3, all_keys=4)
    for n in range(4):
        assert nonces.use(f"key{n}", "n", NOW + 60, NOW)
    with pytest.raises(RateLimited):
        nonces.use("another", "n", NOW + 60, NOW)
    assert nonces.use("another", "n", NOW + 360, NOW + 300)  # keys that never came back are forgotten, too
    assert len(nonces) == 1


def test_a_clock_that_was_set_back_brings_nothing_back() -> None:
    nonces = Nonces()
    assert nonces.use("a", "n", NOW + 60, NOW)
    assert nonces.use("a", "later", NOW + 1060, NOW + 1000)
    assert not nonces.use("a", "n", NOW + 60, NOW)
    assert len(nonces) == 1
