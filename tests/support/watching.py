"""Certificates that a relying party verified under a consent, written straight into the database."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sqlalchemy import insert

from api.db.consent_tables import consent_grant, consent_transaction
from api.db.holder_tables import holder
from api.db.uow import Work
from api.services import webhooks
from tests.support.signing import BANK

DAY = 86400


@dataclass(frozen=True)
class Consent:
    trx: bytes
    grant: bytes
    pseudonym: bytes


async def consent(work: Work, now: int, uscc: str = BANK, *, days: int = 30, withdrawn: bool = False) -> Consent:
    """A holder's consent to that party's question, given now."""
    holder_id, made = os.urandom(16), Consent(os.urandom(16), os.urandom(16), os.urandom(16))
    run = work.connection.execute
    person = {"holder_id": holder_id, "tag": os.urandom(32), "enrolled_at": now, "enrolled_by": uscc}
    await run(insert(holder).values(**person, sealed_body=b""))
    question = {"trx_id": made.trx, "uscc": uscc, "holder_id": holder_id, "purpose": "loan", "state": "fetched"}
    times = {"created_at": now, "expires_at": now + days * DAY}
    await run(insert(consent_transaction).values(**question, **times, channel="code", updated_at=now, sealed_body=b""))
    granted = {"grant_id": made.grant, "trx_id": made.trx, "holder_id": holder_id, "granted_at": now}
    ends = {"expires_at": now + days * DAY, "withdrawn_at": now if withdrawn else None}
    await run(insert(consent_grant).values(**granted, **ends, statement=b"", entry=b"", sealed_body=b""))
    return made


async def watched(
    work: Work, now: int, *ctis: bytes, uscc: str = BANK, days: int = 30, withdrawn: bool = False
) -> Consent:
    """That party verified these certificates under one consent."""
    made = await consent(work, now, uscc, days=days, withdrawn=withdrawn)
    for cti in ctis:
        await webhooks.watch_in(work, cti, made.grant, made.pseudonym)
    return made
