"""`mzt keys`: what signs here, until when, and how it is followed. Works beside a running service."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from api.beside import open_beside, open_keys
from api.bootstrap import open_service
from api.clock import system_clock
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_PARTLY, err, organisation, out
from api.commands.keys_check import findings
from api.db.repositories.trust import KeyRow
from api.errors import KeyRefused
from api.files import write_whole
from api.institution import Institution
from api.services.keychoice import DAY, latest, signs
from api.services.pki import authorities
from api.settings import Settings
from certs.pki import Reason
from chain.errors import AlreadyLocked

PATIENCE = 60  # looks, of half a second, for a running service to take up a change
_REASONS: Mapping[str, Reason] = {
    "compromise": Reason.KEY_COMPROMISE,
    "superseded": Reason.SUPERSEDED,
    "cessation": Reason.CESSATION,
}
_OF_ROOT = ("log", "maker", "answer", "ca-sub", "ca-root", "root")


async def list_(settings: Settings, arguments: argparse.Namespace) -> int:
    """One line a key: id, purpose, organisation, state, end."""
    now = system_clock()
    async with open_keys(settings) as (who, admin):
        rows, _ = await admin.rows()
    in_use = {row.kid for row in latest(rows, now).values()}
    slugs = _slugs(who)
    for row in sorted(rows, key=lambda row: (row.purpose, row.uscc, row.not_before)):
        if arguments.all or row.kid in in_use or row.not_before > now:
            state = _state(row, now, row.kid in in_use)
            line = f"{row.kid.hex()}  {row.purpose:8} {slugs.get(row.uscc, row.uscc):18} {state:28}"
            out.print(f"{line} until {_day(row.not_after)}", highlight=False)
    return EXIT_OK


async def rotate(settings: Settings, arguments: argparse.Namespace) -> int:
    """Let a new key follow."""
    async with open_keys(settings) as (who, admin):
        uscc = _whose(who, arguments.purpose, arguments.organisation)
        sequence = await _sequence(settings)
        done = await admin.rotate(
            uscc, arguments.purpose, ed25519=arguments.ed25519, ahead=arguments.ahead, uri=arguments.uri
        )
    out.print(f"{done.old.kid.hex()} signs until {_moment(done.at)}", highlight=False)
    out.print(f"{done.new.kid.hex()} signs from then on, until {_day(done.new.not_after)}", highlight=False)
    return await _taken_up(settings, sequence, waits=arguments.purpose != "maker")


async def revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """Withdraw a key from a moment on."""
    since = None if arguments.since is None else _time(arguments.since)
    async with open_keys(settings) as (_, admin):
        row = await admin.find(arguments.kid)
        sequence = await _sequence(settings)
        done = await admin.revoke(row.kid, since, _REASONS[arguments.reason])
    out.print(f"{row.kid.hex()} is not believed from {_moment(done.since)} on", highlight=False)
    out.print(f"X.509 certificates revoked: {done.certificates}; revocation list published", highlight=False)
    if done.successor is not None:
        out.print(f"{done.successor.kid.hex()} follows", highlight=False)
    if row.purpose == "issuer":
        out.print("certificates with a receipt older than that stay good", highlight=False)
        out.print(f"issued since then, to be issued anew: {done.unproven}", highlight=False)
    return await _taken_up(settings, sequence, waits=row.purpose != "maker")


async def renew(settings: Settings, arguments: argparse.Namespace) -> int:
    """A new certificate for the same key."""
    async with open_keys(settings) as (_, admin):
        made = await admin.renew((await admin.find(arguments.kid)).kid)
    out.print(f"certificate {made.serial.hex()} for {made.kid.hex()}, until {_day(made.not_after)}", highlight=False)
    return EXIT_OK


async def csr(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write a request; DER, as `openssl req -inform DER` reads it."""
    async with open_keys(settings) as (_, admin):
        request = await admin.request(await admin.find(arguments.kid))
    write_whole(Path(arguments.file), request)
    out.print(f"{arguments.file}: {len(request)} bytes", highlight=False)
    return EXIT_OK


async def export(settings: Settings, arguments: argparse.Namespace) -> int:
    """`<kid>.cer` for every certificate that is not revoked, `<kid>.crl` for every list; public, all of it."""
    directory = Path(arguments.directory)
    directory.mkdir(parents=True, exist_ok=True)
    async with open_beside(settings) as database, database.read() as work:
        good = [row for row in await work.pki.certificates() if row.revoked_at is None]
        lists = [await work.pki.latest_list(a.key.kid) for a in await authorities(work)]
    newest = {row.kid: row for row in good}
    for kid, row in newest.items():
        write_whole(directory / f"{kid.hex()}.cer", row.der)
    found = {one.issuer_kid: one for one in lists if one is not None}
    for kid, one in found.items():
        write_whole(directory / f"{kid.hex()}.crl", one.der)
    out.print(f"{len(newest)} certificates, {len(found)} revocation lists in {directory}", highlight=False)
    return EXIT_OK


async def check(settings: Settings, _: argparse.Namespace) -> int:
    """Whatever is wrong with keys, certificates and lists, one line each."""
    wrong, notes, count = await findings(settings, system_clock())
    for line in notes:
        out.print(f"note   {line}", highlight=False)
    for line in wrong:
        err.print(f"wrong  {line}", highlight=False)
    out.print(f"{count} keys checked, {len(wrong)} wrong", highlight=False)
    return EXIT_PARTLY if wrong else EXIT_OK


async def _sequence(settings: Settings) -> int:
    async with open_beside(settings) as database, database.read() as work:
        last = await work.trust.latest()
    return 0 if last is None else last.sequence


async def _taken_up(settings: Settings, before: int, *, waits: bool) -> int:
    """Have the change stand in a trust bundle: by the running service, or, where none runs, here."""
    if not waits:
        return EXIT_OK
    try:
        async with open_service(settings) as service:
            await service.publishing.publish()
            out.print(f"trust bundle {service.trust.bundle.sequence} published; no service runs here", highlight=False)
            return EXIT_OK
    except AlreadyLocked:
        pass
    for _ in range(PATIENCE):
        sequence = await _sequence(settings)
        if sequence > before:
            out.print(f"the running service has taken it up: trust bundle {sequence}", highlight=False)
            return EXIT_OK
        await asyncio.sleep(0.5)
    err.print("the running service has not taken it up yet: look at its log", highlight=False)
    return EXIT_FAILED


def _whose(who: Institution, purpose: str, name: str | None) -> str:
    if purpose in _OF_ROOT:
        return who.root_uscc
    if name is None:
        raise KeyRefused(f"whose {purpose} key? {', '.join(o.slug for o in who.organisations if o.kinds)}")
    return organisation(who, name).uscc


def _slugs(who: Institution) -> dict[str, str]:
    return {o.uscc: o.slug for o in who.organisations} | {who.root_uscc: "root organisation"}


def _state(row: KeyRow, now: int, in_use: bool) -> str:
    if row.revoked_from is not None:
        return f"revoked from {_day(row.revoked_from)}"
    if row.not_before > now:
        return f"from {_day(row.not_before)}"
    if now >= row.not_after:
        return "ran out"
    if not in_use or not signs(row, now):
        return "retired"
    left = (row.not_after - now) // DAY
    return f"signs, {left} days left"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> int:
    """Raises KeyRefused: a moment without its zone is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise KeyRefused("the moment must read like 2027-01-15T08:00:00Z") from None
    if at.tzinfo is None:
        raise KeyRefused("the moment needs its zone, e.g. 2027-01-15T16:00:00+08:00")
    return int(at.timestamp())
