"""`mzt keys check`: does every key open and sign, does every certificate chain hold, is every list in force?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from api.beside import open_beside
from api.clock import system_entropy
from api.db.repositories.pki import CrlRow, X509Row
from api.db.repositories.trust import KeyRow
from api.errors import InstanceDamaged
from api.keyring import KeyDirectory, Keyring
from api.services.keychoice import ending, latest, signs
from api.services.pki import authorities, believed
from api.settings import Settings
from certs.errors import CertsError
from certs.pki import PROFILES, check_chain, read_certificate
from certs.pki.errors import PkiError

_PROBE = b"mzt keys check"


async def findings(settings: Settings, now: int) -> tuple[list[str], list[str], int]:
    """What is wrong, what is worth a note, how many keys were looked at."""
    async with open_beside(settings) as database, database.read() as work:
        rows, certificates = await work.trust.keys(), await work.pki.certificates()
        lists = [await work.pki.latest_list(a.key.kid) for a in await authorities(work)]
        trusted = await believed(work)
    wrong: list[str] = []
    in_use = list(latest(rows, now).values())
    keyring = Keyring(KeyDirectory(settings.data_dir, system_entropy), lambda: now)
    try:
        for row in in_use:
            wrong += await asyncio.to_thread(_opens, keyring, row, now)
    finally:
        await asyncio.to_thread(keyring.close)
    for row in in_use:
        wrong += _certified(row, certificates, trusted, [one for one in lists if one is not None], now)
    notes = [f"{_name(row)} ends in {days} days" for row, days in ending(rows, now)]
    return wrong, notes, len(in_use)


def _opens(keyring: Keyring, row: KeyRow, now: int) -> list[str]:
    if not signs(row, now):
        return [f"{_name(row)} ran out or was retired, and none followed"]
    try:
        key = keyring.log_key(row)
        good = row.cose_key.verify(key.sign(_PROBE), _PROBE)
    except (CertsError, InstanceDamaged) as error:
        return [f"{_name(row)}: {error}"]
    return [] if good else [f"{_name(row)}: its signature does not verify"]


def _certified(
    row: KeyRow, certificates: Sequence[X509Row], trusted: Sequence[bytes], lists: Sequence[CrlRow], now: int
) -> list[str]:
    if row.purpose not in PROFILES or len(row.public_key) != 65:
        return []
    mine = [c for c in certificates if c.kid == row.kid and c.revoked_at is None]
    if not mine:
        return [f"{_name(row)} has no certificate that is not revoked"]
    roots = [der for der in trusted if read_certificate(der).issuer == read_certificate(der).subject]
    others = [der for der in trusted if der not in roots]
    crls = [one.der for one in lists]
    try:
        check_chain(mine[-1].der, others, roots, now, purpose=row.purpose, kinds=row.kinds, crls=crls, need_crls=True)
    except PkiError as error:
        return [f"{_name(row)}: its certificate: {error}"]
    return []


def _name(row: KeyRow) -> str:
    return f"{row.kid.hex()} ({row.purpose} {row.uscc})"
