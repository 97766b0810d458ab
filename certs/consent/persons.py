"""A holder as enrolled, and the keyed names under which one is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from certs.errors import SealBroken
from certs.ports import LookupKey
from certs.text import comparison_key
from verifier import cbor
from verifier.errors import Malformed

_TEMPORARY_ID: Final = "112"
_CITIZEN_ID: Final = "111"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by document: type 111, nation 156, number, name as written, birth "1998-03-07" or "" if not said."""

    document_type: str = field(repr=False)
    nation: str = field(repr=False)
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth: str = field(default="", repr=False)

    @property
    def document(self) -> str:
        """The document as a name of the person; a temporary identity card has the number of the lasting one."""
        kind = _CITIZEN_ID if self.document_type == _TEMPORARY_ID else self.document_type
        return f"{kind}:{self.nation}:{self.number}"

    def is_same(self, other: Person) -> bool:
        """Whether both name one person alike: document, name as compared everywhere, and birth."""
        names = comparison_key(self.name) == comparison_key(other.name)
        return names and (self.document, self.birth) == (other.document, other.birth)

    def to_list(self) -> list[str]:
        return [self.document_type, self.nation, self.number, self.name, self.birth]


def holder_tag(lookup: LookupKey, person: Person) -> bytes:
    """Under this key a holder is found. 32 bytes."""
    return lookup.hmac(f"holder\x1f{person.document}")


def holder_id(lookup: LookupKey, person: Person) -> bytes:
    """The holder's number here: the same whenever enrolled, and nothing that an outsider could guess. 16 bytes."""
    return lookup.hmac(f"holder-id\x1f{person.document}")[:16]


def holder_aad(number: bytes) -> bytes:
    """What binds a sealed person to the holder's row."""
    return b"mz-holder/1\x00" + number


def encode_holder(person: Person, enrolled_at: int, enrolled_by: str) -> bytes:
    """Plaintext of a holder's sealed body: dCBOR {1: 1, 2: [type, nation, number, name, birth], 3: at, 4: by}."""
    return cbor.encode({1: _VERSION, 2: person.to_list(), 3: enrolled_at, 4: enrolled_by})


def decode_holder(plaintext: bytes) -> tuple[Person, int, str]:
    """Inverse of `encode_holder`. Raises SealBroken."""
    try:
        m = cbor.decode(plaintext)
        if m[1] != _VERSION or m.keys() != {1, 2, 3, 4}:
            raise SealBroken("the sealed holder has another format")
        return Person(*m[2]), int(m[3]), str(m[4])
    except (Malformed, KeyError, TypeError, ValueError, AttributeError):
        raise SealBroken("the sealed holder has another format") from None
