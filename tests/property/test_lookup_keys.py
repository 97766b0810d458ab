"""What is stored to look things up by: keyed, and one value for one meaning."""

from __future__ import annotations

import hashlib
import hmac
import itertools

from hypothesis import given
from hypothesis import strategies as st

from certs.keyed import business_key, content_key, term_key
from certs.kinds import KINDS
from certs.sealing import HmacLookupKey
from tests.simulators.office import draft, marriage_row
from verifier.hazmat.sm3 import sm3

KEYS = st.binary(min_size=32, max_size=96)
NAMES = st.text(st.characters(codec="ascii", categories=("Ll",)), min_size=1, max_size=12)
VALUES = st.text(max_size=40)
KIND = st.sampled_from(sorted(KINDS))


def plain_digests(value: str) -> set[bytes]:
    """What somebody without the key can compute for a guess, alone or behind a guessed label."""
    texts = [value, *(f"{label}\x1f{value}" for label in ("term", "business", "content", "term\x1f1\x1fholder"))]
    data = [text.encode() for text in texts]
    return {made for raw in data for made in (sm3(raw), hashlib.sha256(raw).digest(), hashlib.sha3_256(raw).digest())}


@given(KEYS, KEYS, KIND, NAMES, VALUES)
def test_another_key_gives_another_term_and_no_key_gives_none(
    one: bytes, other: bytes, kind: int, name: str, value: str
) -> None:
    made = term_key(HmacLookupKey(one), kind, name, value)
    assert len(made) == 32
    assert made not in plain_digests(value) | plain_digests(f"{name}:{value}")
    block = sm3(one) if len(one) > 64 else one
    same = block.ljust(64, b"\0") == (sm3(other) if len(other) > 64 else other).ljust(64, b"\0")
    assert (made == term_key(HmacLookupKey(other), kind, name, value)) is same


@given(KEYS, st.lists(st.tuples(KIND, NAMES, VALUES), min_size=2, max_size=6, unique=True))
def test_different_meanings_have_different_terms(key: bytes, meanings: list[tuple[int, str, str]]) -> None:
    lookup = HmacLookupKey(key)
    made = [term_key(lookup, *meaning) for meaning in meanings]
    made += [business_key(lookup, kind, name, value) for kind, name, value in meanings]
    assert len(set(made)) == 2 * len(meanings), "a term and a business id never share a hash, either"
    again = HmacLookupKey(key)
    assert [term_key(again, *meaning) for meaning in meanings] == made[: len(meanings)]


@given(KEYS, KIND, NAMES, VALUES)
def test_it_is_the_standard_s_hmac(key: bytes, kind: int, name: str, value: str) -> None:
    text = f"term\x1f{kind}\x1f{name}\x1f{value}"
    assert term_key(HmacLookupKey(key), kind, name, value) == hmac.digest(key, text.encode(), "sm3")


def test_a_change_of_any_column_changes_the_content_key() -> None:
    lookup, kind = HmacLookupKey(b"k" * 32), KINDS[1]
    rows = [marriage_row(), marriage_row(remark="x"), marriage_row(name_man="样例丙"), marriage_row(registrar="别的")]
    made = [content_key(lookup, kind, draft("marriage", row)) for row in rows]
    assert all(a != b for a, b in itertools.combinations(made, 2))
    assert content_key(lookup, kind, draft("marriage", marriage_row())) == made[0]
    assert content_key(HmacLookupKey(b"l" * 32), kind, draft("marriage", marriage_row())) != made[0]
