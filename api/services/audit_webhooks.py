"""Where parties are told things is where they asked to be told them, and every message says what its id says.

A message is a hint to ask and no evidence, so one that is missing is no fault; one that was altered, or goes elsewhere,
is. Whether a party was told of a certificate's end is checked against the certificate and the consent.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select

from api.db.audit_reader import rows_of
from api.db.consent_tables import consent_grant, consent_watch, webhook_delivery, webhook_endpoint
from api.db.tables import certificate, party
from api.services.audit_context import NO_KEYS, Context
from api.services.webhooks.outbox import delivery_id_of
from api.services.webhooks.signing import endpoint_aad, unseal
from certs.errors import CertsError
from certs.ports import Sealed
from chain.audit.model import Check

NAME: Final = "webhooks"
_ENDPOINT: Final = "webhook_endpoint"
_DELIVERY: Final = "webhook_delivery"
_WATCH: Final = "consent_watch"
_WHY: Final = ("party", "failing", "gone")


def check_webhooks(context: Context) -> None:
    """Endpoints, messages, and who was told of what ended."""
    check = context.checks[NAME]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    parties = set(context.connection.scalars(select(party.c.uscc)))
    known = set()
    for row in rows_of(context.connection, webhook_endpoint, webhook_endpoint.c.endpoint_id):
        check.counted += 1
        known.add(bytes(row.endpoint_id))
        _endpoint(context, check, row, parties)
    for row in rows_of(context.connection, webhook_delivery, webhook_delivery.c.delivery_id):
        check.counted += 1
        _delivery(check, row, known)
    _watches(context, check)


def _endpoint(context: Context, check: Check, row: Any, parties: set[str]) -> None:
    place = bytes(row.endpoint_id).hex()
    check.expect(row.uscc in parties, _ENDPOINT, place, "uscc", "no such party")
    if context.secrets is not None:
        aad = endpoint_aad(bytes(row.endpoint_id), row.uscc, row.url, row.created_at)
        try:
            unseal(context.secrets.sealer, Sealed(row.sealed_key, row.sealed_body), aad)
        except (CertsError, OverflowError):
            check.fault(_ENDPOINT, place, "sealed_body", "does not open under its id, owner, address and time")
    good = (row.disabled_at is None) == (row.disabled_why is None)
    check.expect(good, _ENDPOINT, place, "disabled_at", "disabled for no reason, or for a reason without a time")
    good = row.disabled_why is None or row.disabled_why in _WHY
    check.expect(good, _ENDPOINT, place, "disabled_why", "is none of the reasons")


def _delivery(check: Check, row: Any, endpoints: set[bytes]) -> None:
    place = bytes(row.delivery_id).hex()
    there = check.expect(bytes(row.endpoint_id) in endpoints, _DELIVERY, place, "endpoint_id", "no such endpoint")
    good = bytes(row.delivery_id) == delivery_id_of(bytes(row.endpoint_id), bytes(row.payload))
    if there and not check.expect(good, _DELIVERY, place, "payload", "is not what its id was made of"):
        return
    try:
        said = json.loads(row.payload)
        event, at = said["type"], datetime.strptime(said["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError):
        check.fault(_DELIVERY, place, "payload", "is no message")
        return
    check.expect(row.event == event, _DELIVERY, place, "event", "is not what the body says")
    check.expect(row.created_at == int(at.timestamp()), _DELIVERY, place, "created_at", "is not what the body says")


def _watches(context: Context, check: Check) -> None:
    """A party was told of exactly those ends that came while its consent lived."""
    w, g = consent_watch.c, consent_grant.c
    joined = (
        select(w.cti, w.grant_id, w.notified_at, g.withdrawn_at, g.expires_at, certificate.c.ordinal)
        .add_columns(certificate.c.revoked_at.label("ended"), g.grant_id.label("granted"))
        .join_from(consent_watch, certificate, certificate.c.cti == w.cti, isouter=True)
        .join(consent_grant, g.grant_id == w.grant_id, isouter=True)
    )
    for row in context.connection.execute(joined.order_by(w.cti, w.grant_id)):
        check.counted += 1
        place = f"{bytes(row.cti).hex()}/{bytes(row.grant_id).hex()}"
        check.expect(row.ordinal is not None, _WATCH, place, "cti", "no such certificate")
        check.expect(row.granted is not None, _WATCH, place, "grant_id", "no such consent")
        if row.ordinal is None or row.granted is None:
            continue
        told = row.notified_at
        check.expect(told in (None, row.ended), _WATCH, place, "notified_at", "is not when the certificate ended")
        lived = row.ended is not None and row.expires_at > row.ended
        lived = lived and (row.withdrawn_at is None or row.withdrawn_at > row.ended)
        check.expect(told is not None or not lived, _WATCH, place, "notified_at", "nobody was told that it ended")
