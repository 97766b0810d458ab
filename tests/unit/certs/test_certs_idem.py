"""Keys of a register's entries: the same again for the same record, apart for any two, in order of time."""

from __future__ import annotations

import os

import pytest

from certs.idem import certificate_idem, event_idem

CTI = bytes.fromhex("00112233445566778899aabbccddeeff")


def test_the_sample() -> None:
    assert certificate_idem(CTI, 1767225600).hex() == "019b76daa80000112233445566778899"
    assert event_idem(CTI, 1767225600).hex() == "019b76daa80087d6c84246c2ae265575"


def test_a_certificate_and_its_end_in_one_second_do_not_meet() -> None:
    assert certificate_idem(CTI, 5) != event_idem(CTI, 5)


@pytest.mark.parametrize("made", [certificate_idem, event_idem])
def test_keys_stand_in_order_of_time(made: object) -> None:
    assert callable(made)
    keys = [made(os.urandom(16), at) for at in range(1767225600, 1767225700)]
    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {16}
    assert made(CTI, 7) == made(CTI, 7) != made(CTI, 8)


@pytest.mark.parametrize("at", [-1, 1 << 45])
def test_no_time_has_no_key(at: int) -> None:
    with pytest.raises(OverflowError):
        certificate_idem(CTI, at)
