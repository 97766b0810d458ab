"""Status bits and published lists (checks 15, 16)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from sqlalchemy import and_, func, or_, select

from api.db.audit_reader import rows_of
from api.db.tables import certificate, status_entry, status_event, status_list, status_publication
from api.services.audit_context import Context, bad_signature, settle, usable
from chain.audit.ports import Job
from verifier.cose import sig_structure
from verifier.errors import VerifierError
from verifier.status_list import StatusList

_SET: Final = re.compile(rb"[^\x00]", re.DOTALL)  # bytes with a bit set: almost none of them
SHOWN: Final = 20  # contradictions of one sort that are fetched; the first one counts


def check_bits(context: Context) -> None:
    """One certificate to each bit that was given out, one bit to each certificate, set for the revoked alone."""
    check, c, s = context.checks["status bits"], certificate.c, status_entry.c
    same = and_(c.list_number == s.number, c.list_index == s.idx)
    lost = select(s.number, s.idx).select_from(status_entry.outerjoin(certificate, same)).where(c.cti.is_(None))
    for number, idx in context.connection.execute(lost.order_by(s.number, s.idx).limit(SHOWN)):
        check.fault("status_entry", f"{number}/{idx}", "idx", "given out, and no certificate has it")
    bare = select(c.ordinal).select_from(certificate.outerjoin(status_entry, same)).where(s.idx.is_(None))
    for ordinal in context.connection.scalars(bare.order_by(c.ordinal).limit(SHOWN)):
        check.fault("certificate", ordinal, "list_index", "its status bit was never given out")
    differ = or_(
        s.invalid.not_in((0, 1)),
        and_(s.invalid == 0, c.revoked_at.is_not(None)),
        and_(s.invalid != 0, c.revoked_at.is_(None)),
    )
    wrong = select(s.number, s.idx, s.invalid).select_from(certificate.join(status_entry, same)).where(differ)
    for number, idx, invalid in context.connection.execute(wrong.order_by(s.number, s.idx).limit(SHOWN)):
        detail = "set, and the certificate is not revoked" if invalid else "not set, and the certificate is revoked"
        check.fault("status_entry", f"{number}/{idx}", "invalid", detail)
    twice = select(c.list_number, c.list_index).group_by(c.list_number, c.list_index).having(func.count() > 1)
    for number, idx in context.connection.execute(twice.limit(SHOWN)):
        check.fault("certificate", f"{number}/{idx}", "list_index", "two certificates have this bit")
    _counts(context)


def _counts(context: Context) -> None:
    check, s = context.checks["status bits"], status_entry.c
    query = select(s.number, func.count()).group_by(s.number)
    used: dict[int, int] = dict(context.connection.execute(query).tuples().all())
    issuers = select(certificate.c.list_number, certificate.c.issuer).distinct()
    mine: dict[int, set[str]] = {}
    for number, issuer in context.connection.execute(issuers):
        mine.setdefault(number, set()).add(issuer)
    for expected, row in enumerate(rows_of(context.connection, status_list, status_list.c.number), start=1):
        check.counted += used.get(row.number, 0)
        check.expect(row.number == expected, "status_list", row.number, "number", f"expected {expected}")
        good = row.used == used.get(row.number, 0)
        check.expect(good, "status_list", row.number, "used", f"{used.get(row.number, 0)} bits were given out")
        good = mine.get(row.number, {row.issuer}) == {row.issuer}
        check.expect(good, "status_list", row.number, "issuer", "holds bits of another issuer's certificates")


def check_lists(context: Context) -> None:
    """What was published: signed, in sequence, growing, fresh, and the same as the bits."""
    for row in rows_of(context.connection, status_list, status_list.c.number):
        _list(context, row)


def _list(context: Context, row: Any) -> None:
    check, t = context.checks["status lists"], status_publication.c
    newest: StatusList | None = None
    claims: list[tuple[partial[None], Job]] = []
    query = select(status_publication).where(t.number == row.number).order_by(t.sequence)
    place = str(row.number)
    for expected, published in enumerate(context.connection.execute(query), start=1):
        place = f"{row.number}/{published.sequence}"
        check.counted += 1
        good = published.sequence == expected
        check.expect(good, "status_publication", place, "sequence", f"expected {expected}")
        try:
            parsed = StatusList.parse(published.signed)
        except VerifierError as error:
            check.fault("status_publication", place, "signed", str(error))
            continue
        claims += _published(context, row, published, parsed, place)
        if newest is not None:
            check.expect(parsed.iat >= newest.iat, "status_publication", place, "signed", "older than the one before")
            cleared = int.from_bytes(newest.bitmap, "big") & ~int.from_bytes(parsed.bitmap, "big")
            check.expect(not cleared, "status_publication", place, "signed", "clears a bit that the one before had set")
        newest = parsed
    settle(claims, context.verify)
    if newest is None:
        check.fault("status_publication", place, "sequence", "nothing was published of this list")
        return
    if context.as_of >= newest.exp:
        check.fault("status_publication", place, "expires_at", "the newest list has run out")
    _bits(context, row, newest, place)


def _published(
    context: Context, row: Any, published: Any, parsed: StatusList, place: str
) -> list[tuple[partial[None], Job]]:
    check = context.checks["status lists"]
    for column, mine, said in (
        ("issued_at", published.issued_at, parsed.iat),
        ("expires_at", published.expires_at, parsed.exp),
        ("number", str(published.number), parsed.uri.rpartition("/")[2]),
    ):
        check.expect(mine == said, "status_publication", place, column, "differs from the signed list's")
    check.expect(parsed.iss == row.issuer, "status_list", row.number, "issuer", "differs from the signed list's")
    good = len(parsed.bitmap) * 8 == row.size
    check.expect(good, "status_list", row.number, "size", "differs from the signed list's")
    key = usable(context.issuer_key(parsed.iss, parsed.sign1.kid), parsed.iat)
    if key is None or not key.status_lists or key.key.alg != parsed.sign1.alg:
        check.fault("status_publication", place, "signed", "no key of the trust bundle could sign it then")
        return []
    message = sig_structure(parsed.sign1.protected, parsed.sign1.payload or b"")
    job = Job(key.key.crv, key.key.public, parsed.sign1.signature, message)
    return [(bad_signature(check, "status_publication", place, "signed"), job)]


def _bits(context: Context, row: Any, newest: StatusList, place: str) -> None:
    """Every revocation that is older than the period of publishing is in the newest list, and nothing else is."""
    check, c, e = context.checks["status lists"], certificate.c, status_event.c
    joined = certificate.join(status_event, c.cti == e.cti)
    query = select(c.list_index, e.at).select_from(joined).where(c.list_number == row.number).order_by(c.list_index)
    revoked = {index: at for index, at in context.connection.execute(query) if index < row.size}
    waiting = 0
    for index, at in revoked.items():
        if not newest.is_valid(index):
            continue
        if max(at, newest.iat) + context.publish_within < context.as_of:
            check.fault("status_publication", place, "signed", f"bit {index} is not set, and its event is older")
        else:
            waiting += 1
    for found in _SET.finditer(newest.bitmap):
        n, byte = found.start(), found[0][0]
        for index in (8 * n + bit for bit in range(8) if byte >> bit & 1):
            good = index in revoked
            check.expect(good, "status_publication", place, "signed", f"bit {index} is set, and nothing was revoked")
    if waiting:
        check.note(f"list {row.number}: {waiting} revocations wait for the next publishing")
