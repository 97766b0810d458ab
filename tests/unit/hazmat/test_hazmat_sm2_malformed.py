"""Every malformed signature is False and every malformed key InvalidKey, on every backend, and never anything else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sm2_mutations import bad_public_keys, bad_signatures
from tests.support.sm2_signer import EXAMPLE_KEY, EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE
from verifier.hazmat import _evp, _sm2_evp, sm2
from verifier.hazmat._der import ec_public_key_info, ecdsa_sig_value
from verifier.hazmat.errors import InvalidKey

KEY = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)
SIGNATURES = bad_signatures()
PUBLIC_KEYS = bad_public_keys()


def test_the_set_is_as_large_as_it_claims() -> None:
    assert len({name for name, _ in SIGNATURES}) == len(SIGNATURES) >= 200
    assert len({name for name, _ in PUBLIC_KEYS}) == len(PUBLIC_KEYS) >= 60
    assert all(value != EXAMPLE_SIGNATURE for _, value in SIGNATURES if type(value) is bytes)
    assert all(value != EXAMPLE_KEY for _, value in PUBLIC_KEYS if type(value) is bytes)


@pytest.mark.parametrize("backend", sm2.available_backends())
def test_bad_signatures_are_refused(backend: str) -> None:
    with sm2.forced_backend(backend):
        accepted = [name for name, value in SIGNATURES if KEY.verify(_any(value), EXAMPLE_MESSAGE) is not False]
    assert accepted == []


@pytest.mark.skipif("evp" not in sm2.available_backends(), reason="this libcrypto has no SM2")
def test_libcrypto_refuses_the_same_integers_without_our_range_check() -> None:
    key = _evp.EvpKey.from_public_key_info(ec_public_key_info(_sm2_evp._SM2P256V1, EXAMPLE_KEY))
    for name, value in SIGNATURES:
        if type(value) is bytes and len(value) == 64:
            der = ecdsa_sig_value(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
            assert not key.verify(_evp.functions().md_sm3(), der, EXAMPLE_MESSAGE, sm2.DEFAULT_ID), name


@pytest.mark.parametrize(("name", "value"), PUBLIC_KEYS, ids=[name for name, _ in PUBLIC_KEYS])
def test_bad_public_keys_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidKey, match="SM2 public key"):
        sm2.Sm2PublicKey.parse(_any(value))


def _any(value: object) -> Any:
    return value
