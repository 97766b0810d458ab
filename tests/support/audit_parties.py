"""Relying parties in the instance that is audited: three administrators, two parties, keys in every state."""

from __future__ import annotations

import httpx

from api.main import create_app
from api.services.service import Service
from certs.acts import ROLES
from tests.support import signing
from tests.support.api_lab import Clock, Lab


async def register_parties(service: Service, clock: Clock) -> None:
    """By the acts of administrators, a second apart. One of them ends, one party is suspended, one key is revoked."""
    transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        lab = Lab(service, client, clock)
        admins = {role: await signing.administrator(lab, role) for role in ROLES}
        clock.now += 1
        await signing.administrator(lab, "audit", "audit-02")

        async def act(role: str, path: str, body: dict[str, object]) -> None:
            clock.now += 1
            answer = await client.post(f"/v1/admin/{path}", json=body, auth=admins[role].auth)
            assert answer.status_code == 200, answer.text

        for uscc, category, name in ((signing.BANK, "bank", "银行"), (signing.EMPLOYER, "employer", "公司")):
            names = {"name_zh": f"示例{name}", "name_en": f"Example {category}", "contact": f"示例{name}合规部"}
            await act("system", "parties", {"uscc": uscc, "category": category} | names)
        for number in range(6):
            key = signing.sm2_key() if number % 2 else signing.es256_key()
            await act("system", "parties/keys", signing.key_body(lab, signing.BANK, key.public, "sign"))
            if number != 2:
                await act("security", "parties/release", {"keyid": key.keyid})
            if number in (1, 3):
                await act("system", "parties/keys/revoke", {"keyid": key.keyid})
        await act("security", "parties/suspend", {"uscc": signing.EMPLOYER})
        await act("security", "administrators/revoke", {"admin_id": "audit-02"})
