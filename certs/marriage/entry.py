"""The record of an event: what is sealed, what the log commits to, and how it is found again.

    record      dCBOR, docs/formats/registration-record.md
                {1: 1, 2: "IA", 3: 1, 4: issuer, 5: business id, 6: 字号, 7: 字号 referred to, 8: day, 9: effect,
                 10: man, 11: woman, 12: renew, 13: details, 14: corrects, 15: withdrawn, 16: flags, 17: known at}
    entry       entry_body(entry_commitment(salt, record)), as of a certificate
    sealed      {1: salt 32, 2: record}, under a data key of its own

Nothing is signed: the office's certificates are, where there are any, and the log has the record's commitment. An
event is recorded once: `registration` is keyed by the business id and unique, `event_id` by all that the row said, so
that the same row again is told from another one under its number without opening anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from certs.commitment import ENTRY_SALT
from certs.errors import Erased, SealBroken
from certs.ports import LookupKey, RegistrationEvent, Sealer
from verifier import cbor
from verifier.errors import Malformed
from verifier.receipt import entry_body, entry_commitment

from .events import Op, Registration, is_unique, number_key
from .party import Party, party_of

VERSION: Final = 1
EVENT_ID: Final = 16
_SEP: Final = "\x1f"


def registration_term(lookup: LookupKey, term: str, value: str) -> bytes:
    """Under this key events are found by "holder" (Party.identity_key), "person" (Party.person_key) and "zihao"
    (number_key). Another space than the certificates': a marriage and a divorce are found together. 32 bytes."""
    return lookup.hmac(_SEP.join(("registration", term, value)))


def terms_of(registration: Registration, lookup: LookupKey) -> tuple[bytes, ...]:
    """All keys of an event, each once."""
    return terms_to_find([party for _, party in registration.people], (registration.number,), lookup)


def terms_to_find(people: Iterable[Party], numbers: Iterable[str | None], lookup: LookupKey) -> tuple[bytes, ...]:
    """Keys under which events of these people, and whatever has these numbers, are kept and found.

    By name and birth date only people whose document is renewed: an identity number stays, and a common name has many
    bearers, whose records would all have to be opened.
    """
    pairs = [("zihao", number_key(number)) for number in numbers if number and is_unique(number)]
    for party in people:
        pairs.append(("holder", party.identity_key))
        if not party.lifelong:
            pairs.append(("person", party.person_key))
    return tuple(dict.fromkeys(registration_term(lookup, term, value) for term, value in pairs))


def encode_registration(r: Registration, known_at: int) -> bytes:
    """The record's bytes. `known_at`: second in which it is recorded."""
    record: dict[int, Any] = {
        1: VERSION,
        2: r.op.value,
        3: r.kind,
        4: r.issuer,
        5: r.business_id,
        8: r.day.isoformat(),
        9: r.effective.isoformat(),
        17: known_at,
    }
    optional: tuple[tuple[int, Any], ...] = (
        (6, r.number),
        (7, r.refers),
        (10, None if r.man is None else list(r.man.content())),
        (11, None if r.woman is None else list(r.woman.content())),
        (12, r.renew),
        (13, dict(r.details)),
        (14, r.corrects),
        (15, r.withdrawn),
        (16, list(r.flags)),
    )
    return cbor.encode(record | {member: value for member, value in optional if value})


def decode_registration(record: bytes) -> tuple[Registration, int]:
    """The event and its `known_at`. Raises SealBroken for anything that is not such a record."""
    try:
        m: dict[int, Any] = cbor.decode(record)
        if m[1] != VERSION or not m.keys() <= set(range(1, 18)):
            raise SealBroken("the registration record has another format")
        return _registration(m), int(m[17])
    except (Malformed, KeyError, TypeError, ValueError):
        raise SealBroken("the registration record has another format") from None


def _registration(m: Mapping[int, Any]) -> Registration:
    return Registration(
        op=Op(m[2]),
        kind=m[3],
        issuer=m[4],
        business_id=m[5],
        number=m.get(6),
        refers=m.get(7),
        day=date.fromisoformat(m[8]),
        effective=date.fromisoformat(m[9]),
        man=_party(m.get(10)),
        woman=_party(m.get(11)),
        renew=m.get(12, False),
        details=m.get(13, {}),
        corrects=m.get(14),
        withdrawn=m.get(15, False),
        flags=tuple(m.get(16, ())),
    )


def _party(content: list[str] | None) -> Party | None:
    return None if content is None else party_of(content)


def registration_aad(event_id: bytes) -> bytes:
    """What binds a sealed record to its event."""
    return b"mz-registration/1\x00" + event_id


def make_event(
    r: Registration, business: bytes, content: bytes, salt: bytes, lookup: LookupKey, sealer: Sealer, known_at: int
) -> RegistrationEvent:
    """The row of an event. `business`, `content`: keyed hashes of its business id and of all that its row said."""
    event_id, record = content[:EVENT_ID], encode_registration(r, known_at)
    return RegistrationEvent(
        event_id=event_id,
        issuer=r.issuer,
        registration=business,
        known_at=known_at,
        terms=terms_of(r, lookup),
        entry=entry_body(entry_commitment(salt, record)),
        sealed=sealer.seal(cbor.encode({1: salt, 2: record}), registration_aad(event_id)),
    )


def open_sealed(event: RegistrationEvent, sealer: Sealer) -> tuple[bytes, bytes]:
    """(salt, record bytes). Raises Erased or SealBroken."""
    if event.sealed is None:
        raise Erased("the record's data key was destroyed")
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(event.sealed, registration_aad(event.event_id)))
        salt, record = m[1], m[2]
        if len(salt) != ENTRY_SALT or not isinstance(record, bytes):
            raise SealBroken("the sealed registration has another format")
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed registration has another format") from None
    return salt, record


def open_event(event: RegistrationEvent, sealer: Sealer) -> Registration:
    """What was registered. Raises Erased or SealBroken."""
    return decode_registration(open_sealed(event, sealer)[1])[0]
