"""X.509 certificates of the keys and revocation lists (check "x509"), and what the register says of keys that stand in
no trust bundle: an authority's signature says it instead.

Every column is derived again from the signed bytes, every signature is checked with the authority's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from api.db.key_tables import crl, x509
from api.db.tables import signing_key
from api.services.audit_context import Context
from certs.civilday import day_start
from certs.pki import PROFILES, Certificate, RevocationList, Revoked, policies_of, read_certificate, read_crl
from certs.pki.errors import PkiError
from certs.pki.read import organisation_of
from chain.audit.model import Check
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.labels import CRV_SM2

_SM2_BYTES = 65
_UNBUNDLED = ("ca-root", "ca-sub", "maker")


@dataclass(slots=True)
class _Seen:
    """What has been read so far. `certified`: certificates by key, oldest first."""

    check: Check
    keys: Mapping[bytes, Any]
    certified: dict[bytes, list[Certificate]] = field(default_factory=dict)
    revoked: dict[bytes, dict[bytes, Any]] = field(default_factory=dict)  # rows by authority and serial
    lists: dict[bytes, RevocationList] = field(default_factory=dict)  # newest by authority


def check_x509(context: Context) -> None:
    """Certificates, lists, then the register of keys against both."""
    connection = context.connection
    keys = {row.kid: row for row in _all(connection, signing_key, signing_key.c.kid)}
    seen = _Seen(context.checks["x509"], keys)
    _nobodys(connection, seen)
    _certificates(connection, seen)
    _lists(connection, seen)
    for row in keys.values():
        if row.purpose in PROFILES and len(row.public_key) == _SM2_BYTES:
            _key(seen, row)
    for kid in seen.certified:
        if kid in keys and any(c.is_authority for c in seen.certified[kid]):
            _current_list(seen, kid, context.as_of)
    _successions(seen)


def _all(connection: Connection, table: Table, *order: ColumnElement[Any]) -> Sequence[Any]:
    """A list a week and authority, a certificate a key: they fit."""
    return connection.execute(select(table).order_by(*order)).all()


def _nobodys(connection: Connection, seen: _Seen) -> None:
    """A key that was certified is in the register. First of all: without its authority no certificate is good."""
    for row in _all(connection, x509, x509.c.issuer_kid, x509.c.serial):
        with suppress(PkiError):  # told in its turn
            kid = read_certificate(row.der).key.kid
            seen.check.expect(kid in seen.keys, "signing_key", kid.hex(), "kid", "certified, and not here")


def _certificates(connection: Connection, seen: _Seen) -> None:
    check = seen.check
    for row in _all(connection, x509, x509.c.not_before, x509.c.issuer_kid, x509.c.serial):
        check.counted += 1
        place = f"{row.issuer_kid.hex()}/{row.serial.hex()}"
        try:
            read = read_certificate(row.der)
        except PkiError as error:
            check.fault("x509", place, "der", str(error))
            continue
        stated = (read.authority_key_id, read.serial, read.key.kid, read.not_before, read.not_after)
        columns = ("issuer_kid", "serial", "kid", "not_before", "not_after")
        mine = (row.issuer_kid, row.serial, row.kid, row.not_before, row.not_after)
        if _signed(seen, read, place):
            _compare(check, "x509", place, columns, mine, stated)
            seen.certified.setdefault(read.key.kid, []).append(read)
            whole = (row.revoked_at is None) == (row.reason is None)
            check.expect(whole, "x509", place, "revoked_at", "half a revocation")
            if whole and row.revoked_at is not None:
                seen.revoked.setdefault(row.issuer_kid, {})[row.serial] = row


def _compare(
    check: Check, table: str, place: str, columns: Sequence[str], mine: Sequence[Any], stated: Sequence[Any]
) -> None:
    """One column that differs was changed; several, and the signed bytes are another row's."""
    other = [column for column, here, there in zip(columns, mine, stated, strict=True) if here != there]
    if other:
        one = len(other) == 1 and other[0] != "issuer_kid"  # two authorities' first lists differ in nothing else
        check.fault(table, place, other[0] if one else "der", "signed bytes and columns differ")


def _signed(seen: _Seen, read: Certificate, place: str) -> bool:
    authority = _sm2(seen, read.authority_key_id)
    good = authority is not None and read.signed_by(authority)
    return seen.check.expect(good, "x509", place, "der", "not signed by an authority of the register")


def _sm2(seen: _Seen, kid: bytes) -> CoseKey | None:
    """The key of that id if it is an authority's."""
    row = seen.keys.get(kid)
    if row is None or row.purpose not in ("ca-root", "ca-sub"):
        return None
    try:
        key = CoseKey(CRV_SM2, row.public_key)
    except VerifierError:
        return None
    return key if key.kid == kid else None


def _lists(connection: Connection, seen: _Seen) -> None:
    """Numbered from 1 without a gap, in order of time, none that forgets what the one before has said."""
    check, found = seen.check, list[RevocationList]()
    for row in _all(connection, crl, crl.c.issuer_kid, crl.c.number):
        check.counted += 1
        place = f"{row.issuer_kid.hex()}/{row.number}"
        try:
            read = read_crl(row.der)
        except PkiError as error:
            check.fault("crl", place, "der", str(error))
            continue
        authority = _sm2(seen, read.authority_key_id)
        good = authority is not None and read.signed_by(authority)
        if not check.expect(good, "crl", place, "der", "not signed by an authority of the register"):
            continue
        stated = (read.authority_key_id, read.number, read.this_update, read.next_update)
        columns = ("issuer_kid", "number", "this_update", "next_update")
        mine = tuple(getattr(row, column) for column in columns)
        _compare(check, "crl", place, columns, mine, stated)
        found.append(read)
    for read in sorted(found, key=lambda read: (read.authority_key_id, read.number)):
        before, kid = seen.lists.get(read.authority_key_id), read.authority_key_id.hex()
        number = 1 if before is None else before.number + 1
        check.expect(read.number >= number, "crl", f"{kid}/{read.number}", "number", "stands here twice")
        check.expect(read.number <= number, "crl", f"{kid}/{number}", "", "is missing")
        if before is not None:
            kept = before.entries.keys() <= read.entries.keys() and before.this_update <= read.this_update
            check.expect(kept, "crl", f"{kid}/{read.number}", "der", "forgets what the list before has said")
        seen.lists[read.authority_key_id] = read


def _current_list(seen: _Seen, kid: bytes, as_of: int) -> None:
    """The newest list says of every revoked certificate what its row says, and of no other."""
    check, newest, row = seen.check, seen.lists.get(kid), seen.keys[kid]
    ended = row.revoked_from is not None or as_of >= row.not_after
    if newest is None:
        check.fault("crl", f"{kid.hex()}/1", "", "is missing")
        return
    if not ended and as_of > newest.next_update:
        check.note(f"the newest list of {kid.hex()} has run out")
    rows = seen.revoked.get(kid, {})
    for serial in sorted(rows.keys() | newest.entries.keys()):
        place = f"{kid.hex()}/{serial.hex()}"
        mine, said = rows.get(serial), newest.entries.get(serial)
        if mine is None:
            check.fault("x509", place, "revoked_at", "listed as revoked, and not here")
        elif said is None:  # whoever revokes publishes in the same transaction
            check.expect(ended, "crl", f"{kid.hex()}/{newest.number + 1}", "", "is missing: a certificate was revoked")
        else:
            same = (mine.revoked_at, mine.reason) == (said.at, said.reason)
            check.expect(same, "x509", place, "revoked_at", "time or reason differ from the list's")


def _key(seen: _Seen, row: Any) -> None:
    """A key has a certificate that says what its row says."""
    check, place = seen.check, row.kid.hex()
    mine = seen.certified.get(row.kid, [])
    if not check.expect(bool(mine), "x509", place, "kid", "a key without a certificate"):
        return
    kinds = tuple(int(kind) for kind in row.kinds.split(",") if kind.isdecimal())
    for read in mine:
        if not check.expect(_states(read, row, kinds), "signing_key", place, "purpose", "differs from its certificate"):
            return
        check.expect(organisation_of(read) == row.uscc, "signing_key", place, "uscc", "differs from its certificate's")
    if row.purpose in _UNBUNDLED:
        check.expect(row.kinds == "", "signing_key", place, "kinds", "certifies no kind")
        begins = day_start(mine[0].not_before)
        check.expect(row.not_before == begins, "signing_key", place, "not_before", "differs from its certificate's")
        ends = _end(seen, row, mine[0])
        check.expect(ends, "signing_key", place, "not_after", "differs from its certificate's")
    _withdrawn(seen, row, mine)


def _states(read: Certificate, row: Any, kinds: tuple[int, ...]) -> bool:
    profile = PROFILES[row.purpose]
    same = read.key.public == row.public_key and read.usage == profile.usage
    return same and read.is_authority == profile.is_authority and read.policies == policies_of(row.purpose, kinds)


def _end(seen: _Seen, row: Any, first: Certificate) -> bool:
    """The certificate ends with the key, or earlier with the authority."""
    above = [c.not_after for c in seen.certified.get(first.authority_key_id, []) if c.der != first.der]
    return first.not_after == row.not_after - 1 or (first.not_after in above and first.not_after < row.not_after)


def _withdrawn(seen: _Seen, row: Any, mine: Sequence[Certificate]) -> None:
    """A revoked key has no certificate that is still good, and a good key has one."""
    gone = [c for c in mine if c.serial in seen.revoked.get(c.authority_key_id, {})]
    place = row.kid.hex()
    if row.revoked_from is not None and gone:
        seen.check.expect(len(gone) == len(mine), "x509", place, "revoked_at", "good, and its key is revoked")
        if any(_entry(seen, c) is None for c in gone):
            return  # of the list that is missing, which is told where lists are compared
        at = {seen.revoked[c.authority_key_id][c.serial].revoked_at for c in gone}
        said = {_since(seen, c) for c in gone} - {None}
        right = row.revoked_from in (said or at)
        seen.check.expect(right, "signing_key", place, "revoked_from", "differs from the revocation list's")
    else:
        good = row.revoked_from is None and len(gone) < len(mine)
        seen.check.expect(good, "signing_key", place, "revoked_from", "its certificates say otherwise")


def _since(seen: _Seen, read: Certificate) -> int | None:
    entry = _entry(seen, read)
    return None if entry is None else entry.since


def _entry(seen: _Seen, read: Certificate) -> Revoked | None:
    newest = seen.lists.get(read.authority_key_id)
    return None if newest is None else newest.entries.get(read.serial)


def _successions(seen: _Seen) -> None:
    """A key retires in the second in which the first certificate of its successor begins, and not without one."""
    places: dict[tuple[str, str, int], list[Any]] = {}
    for row in seen.keys.values():
        places.setdefault((row.uscc, row.purpose, len(row.public_key)), []).append(row)
    for rows in places.values():
        begins = {row.kid: min(_begins(seen, row), default=None) for row in rows}
        for row in rows:
            others = {begin for kid, begin in begins.items() if kid != row.kid}
            if row.retired_at is None:
                continue
            if len(row.public_key) == _SM2_BYTES:
                good = row.retired_at in others
            else:  # an Ed25519 key has no certificate: to the day
                good = any(day_start(row.retired_at) == other.not_before for other in rows if other.kid != row.kid)
            seen.check.expect(good, "signing_key", row.kid.hex(), "retired_at", "no other key began then")
        unretired = sorted(
            (row for row in rows if row.retired_at is None), key=lambda row: (begins[row.kid] or 0, row.kid)
        )
        for row in unretired[:-1]:
            seen.check.fault("signing_key", row.kid.hex(), "retired_at", "two keys sign at a time")


def _begins(seen: _Seen, row: Any) -> Iterable[int]:
    return (c.not_before for c in seen.certified.get(row.kid, []))
