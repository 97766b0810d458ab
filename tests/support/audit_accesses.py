"""What parties asked and what two administrators changed, for the audit's instance."""

from __future__ import annotations

import json

import httpx

from api.main import create_app
from api.services.service import Service
from api.services.watching import Pattern
from certs.access import AccessEvent
from certs.purposes import default_document
from certs.purposes.statement import Act, make_statement
from tests.support import signing
from tests.support.api_lab import Clock, Lab
from verifier.hazmat.sm3 import sm3


class Signer:
    """A test key as `certs.ports.Signer`, as far as a statement needs it."""

    def __init__(self, key: signing.Key) -> None:
        self.alg, self.kid, self.sign = key.public.alg, key.public.kid, key.sign


async def ask_and_change(service: Service, clock: Clock) -> None:
    """Questions of two parties on two days, an office's work beside them, two alarms, three versions of purposes."""
    for number in range(6):
        clock.now += 1
        uscc = (signing.BANK, signing.EMPLOYER)[number % 2]
        tags = tuple(service.access.tag("111", "156", str(n)) for n in range(number % 3))
        said = {"user": f"00{number}", "item_code": "I-1", "use_cause": "示例"}
        at = clock.now - 86400 * (number // 3)
        event = AccessEvent(bytes([number]) * 16, at, uscc, "match", "shown-code", "", "TRUE", tags, said)
        await service.access.append(event)
    async with service.database.write() as work:
        for kind in (Pattern.NAMES, Pattern.SEQUENCE):
            await work.watch.raise_alarm(signing.BANK, kind.value, 4, clock.now)
    await service.guard.acknowledge(1)
    await _change(service, clock)


async def _change(service: Service, clock: Clock) -> None:
    transport = httpx.ASGITransport(create_app(service))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        lab = Lab(service, client, clock)
        two = [await signing.administrator(lab, role, f"{role}-09") for role in ("security", "system")]
    document = json.loads(default_document())
    for version in (2, 3):
        clock.now += 10
        document["version"] = version
        data = json.dumps(document, ensure_ascii=False).encode()
        signed = [
            make_statement(
                Signer(who.key), service.institution.root_uscc, who.owner, act, version, sm3(data), clock.now
            )  # type: ignore[arg-type]
            for act, who in zip(Act, two, strict=True)
        ]
        await service.purposes.propose(data, signed[0])
        clock.now += 10
        await service.purposes.approve(signed[1])
        two.reverse()
