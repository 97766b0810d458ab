"""Hidden amounts: two libraries agree, totals open, and what the experiment cannot see is shown as well."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from py_ecc.bls.g2_primitives import G1_to_pubkey
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.optimized_bls12_381.optimized_curve import G1, add, curve_order, multiply

from certs.charity import hidden
from certs.charity.hidden import HiddenDay, blinding_of, commit, holds_mine, make, total_holds
from verifier import cbor
from verifier.charity.opening import ReceiptCode
from verifier.errors import Malformed
from verifier.hazmat.errors import BackendUnavailable

BOOK, DAY = bytes(16), 20778
CODES = [ReceiptCode(bytes([n]) * 16, bytes([n + 100]) * 16) for n in range(6)]
GIFTS = [(code, 1000 * n + 1) for n, code in enumerate(CODES)]
LIST = make(BOOK, DAY, GIFTS)


def test_a_second_library_makes_the_same_points() -> None:
    other = hash_to_G1(hidden.H_MESSAGE, hidden.H_DOMAIN, sha256)  # type: ignore[arg-type]  # its hint means an instance, its code a class
    assert curve_order == hidden.ORDER
    for amount, r in ((1, 0), (1, 1), (hidden.MAX_AMOUNT, hidden.ORDER - 1), (12345, blinding_of(CODES[0]))):
        point = multiply(G1, amount) if r == 0 else add(multiply(G1, amount), multiply(other, r))
        assert commit(amount, r) == bytes(G1_to_pubkey(point))


def test_the_total_opens_and_every_donor_finds_the_own_amount() -> None:
    read = HiddenDay.parse(LIST.encode())
    assert read == LIST
    assert read.total == sum(amount for _, amount in GIFTS)
    assert total_holds(read)
    assert all(holds_mine(read, code, amount) for code, amount in GIFTS)
    assert not holds_mine(read, CODES[0], GIFTS[0][1] + 1)
    assert not holds_mine(read, ReceiptCode(CODES[0].donation, bytes(16)), GIFTS[0][1])


def test_another_total_does_not_open() -> None:
    assert not total_holds(replace(LIST, total=LIST.total - 1))
    assert not total_holds(replace(LIST, blinding=bytes(32)))
    assert not total_holds(replace(LIST, commitments=LIST.commitments[1:]))


def test_equal_amounts_do_not_look_equal() -> None:
    assert commit(5000, blinding_of(CODES[0])) != commit(5000, blinding_of(CODES[1]))


def test_a_negative_amount_hides_an_omission() -> None:
    """The known hole: without range proofs a made-up entry takes back what one donor gave."""
    negative = hidden._opened(hidden.ORDER - 600, 7)
    points = tuple(sorted((*LIST.commitments, negative)))
    r = (int.from_bytes(LIST.blinding, "big") + 7) % hidden.ORDER
    forged = replace(LIST, commitments=points, total=LIST.total - 600, blinding=r.to_bytes(32, "big"))
    assert total_holds(forged)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        (1, 2, "version"),
        (1, True, "integer"),
        (2, bytes(15), "bytes"),
        (4, list(LIST.commitments[:4]), "entries"),
        (4, [*LIST.commitments[:5], LIST.commitments[4]], "entries"),
        (4, list(reversed(LIST.commitments)), "entries"),
        (4, [*LIST.commitments[:5], b"\xff" * 47], "bytes"),
        (5, -1, "integer"),
        (6, bytes(31), "bytes"),
    ],
)
def test_another_form_is_refused(member: int, value: object, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        HiddenDay.parse(cbor.encode({**cbor.decode(LIST.encode()), member: value}))
    assert refused.value.reason == reason


@pytest.mark.parametrize("point", [b"\xff" * 48, b"\xc0" + bytes(47), b"\x80" + bytes(47)])
def test_what_is_no_point_of_the_group_is_refused(point: bytes) -> None:
    # b"\x80…" is x = 0, on the curve and in a small subgroup
    with pytest.raises(Malformed):
        total_holds(replace(LIST, commitments=(*LIST.commitments, point)))


def test_a_blinding_beyond_the_order_is_refused() -> None:
    with pytest.raises(Malformed):
        total_holds(replace(LIST, blinding=b"\xff" * 32))


def test_few_donors_or_no_amount_make_no_list() -> None:
    for gifts in (GIFTS[:4], [*GIFTS[:5], GIFTS[0]], [*GIFTS, (ReceiptCode(bytes(16), bytes(16)), 0)]):
        with pytest.raises(Malformed):
            make(BOOK, DAY, gifts)


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden, "_ark", None)
    assert not hidden.available()
    with pytest.raises(BackendUnavailable):
        commit(1, 1)
