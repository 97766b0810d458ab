"""Parties and administrators over HTTP: three roles apart, two persons for a key, every act kept as it was signed."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.services.acts import Evidence
from certs.acts import PATHS, ROLES, WHO
from tests.support import signing
from tests.support.api_lab import OFFICE_1, Lab, problem
from tests.support.signing import BANK, Client

DATABASES = ("sqlite", "postgresql")
PARTY = {
    "uscc": BANK, "name_zh": "示例银行", "name_en": "Example Bank", "category": "bank", "contact": "示例银行合规部",
}  # fmt: skip


class Office:
    """Three administrators, and what they send."""

    def __init__(self, lab: Lab, admins: dict[str, Client]) -> None:
        self.lab, self.admins = lab, admins

    async def post(self, role: str, path: str, **body: Any) -> httpx.Response:
        return await self.lab.client.post(f"/v1/admin/{path}", json=body, auth=self.admins[role].auth)

    async def get(self, role: str, path: str) -> httpx.Response:
        return await self.lab.client.get(f"/v1/admin/{path}", auth=self.admins[role].auth)

    async def add_key(self, key: signing.Key, purpose: str = "sign", **changes: Any) -> httpx.Response:
        now = self.lab.clock()
        alg = "sm2" if key.alg == "sm2-sm3" else "es256"
        body = {
            "uscc": BANK, "purpose": purpose, "alg": alg, "public_key": key.public.public.hex(), "not_before": now,
            "not_after": now + 1000,
        }  # fmt: skip
        return await self.post("system", "parties/keys", **(body | changes))


@pytest.fixture
async def office(lab: Lab) -> Office:
    return Office(lab, {role: await signing.administrator(lab, role) for role in ROLES})


def good(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> str:
    assert problem(answer)["code"] == "act-refused"
    return str(problem(answer)["detail"])


async def test_a_party_asks_only_after_two_persons_let_it(lab: Lab, office: Office) -> None:
    key = signing.sm2_key()
    bank = signing.Signed(key, lab.clock)
    good(await office.post("system", "parties", **PARTY))
    keyid = good(await office.add_key(key))["keyid"]
    assert keyid == key.keyid
    waiting = await lab.client.get("/v1/party", auth=bank)
    assert problem(waiting)["detail"] == "signature-refused"
    assert problem(await office.post("system", "parties/release", keyid=keyid))["code"] == "forbidden"
    good(await office.post("security", "parties/release", keyid=keyid))
    record = good(await lab.client.get("/v1/party", auth=bank))
    assert {name: record[name] for name in PARTY} == PARTY
    assert [k["released_at"] for k in record["keys"]] == [lab.clock()]


async def test_every_act_is_kept_as_it_was_signed(lab: Lab, office: Office) -> None:
    good(await office.post("system", "parties", **PARTY))
    good(await office.post("security", "parties/suspend", uscc=BANK))
    acts = good(await office.get("audit", "acts?after=3"))["acts"]
    assert [(act["action"], act["actor"]) for act in acts] == [
        ("party-add", "system-01"),
        ("party-suspend", "security-01"),
    ]
    evidence = Evidence.parse(bytes.fromhex(acts[0]["statement"]))
    assert evidence.signed_by(office.admins["system"].key.public)
    assert json.loads(evidence.body) == PARTY
    assert (await office.get("audit", "acts?after=4")).json()["acts"] == acts[1:]
    async with lab.service.database.read() as work:
        assert await work.log.backlog() >= 2 or (await work.log.head()).size >= 2


async def test_an_act_is_asked_for_under_its_own_name(lab: Lab, office: Office) -> None:
    """Routed alike, but no auditor would know the act by the path that was signed: one such act, and the audit is at
    fault for ever."""
    for path in ("/v1/admin/%70arties", "/v1/%61dmin/parties", "/v1/admin/part%69es"):
        body = json.dumps(PARTY).encode()
        fields = office.admins["system"].auth.headers("POST", path, body) | {"Content-Type": "application/json"}
        url = httpx.URL("http://test", raw_path=path.encode())
        answer = await lab.client.post(url, content=body, headers=fields)
        assert problem(answer)["code"] == "forbidden"
    good(await office.post("system", "parties", **PARTY))


async def test_a_party_s_name_reads_as_it_is_stored(office: Office) -> None:
    for name in ("示例银行\u202e行银例示", "示例\u0000银行", "示例\u200b银行", "示例银行\n"):
        for member in ("name_zh", "name_en", "contact"):
            assert refused(await office.post("system", "parties", **PARTY | {member: name})) == "members"


async def test_keys_follow_one_another_and_end(lab: Lab, office: Office) -> None:
    first, second = signing.sm2_key(), signing.es256_key()
    good(await office.post("system", "parties", **PARTY))
    for key in (first, second):
        good(await office.add_key(key))
        good(await office.post("security", "parties/release", keyid=key.keyid))
    both = [signing.Signed(key, lab.clock) for key in (first, second)]
    for auth in both:
        good(await lab.client.get("/v1/party", auth=auth))
    good(await office.post("system", "parties/keys/revoke", keyid=first.keyid))
    assert problem(await lab.client.get("/v1/party", auth=both[0]))["detail"] == "signature-refused"
    good(await lab.client.get("/v1/party", auth=both[1]))
    lab.clock.now += 1000
    assert problem(await lab.client.get("/v1/party", auth=both[1]))["detail"] == "signature-refused"


async def test_a_suspended_party_is_answered_nothing(lab: Lab, office: Office) -> None:
    bank = await signing.relying_party(lab)
    good(await office.post("security", "parties/suspend", uscc=BANK))
    assert problem(await lab.client.get("/v1/party", auth=bank.auth))["code"] == "forbidden"
    assert refused(await office.post("security", "parties/suspend", uscc=BANK)) == "suspended"
    good(await office.post("security", "parties/resume", uscc=BANK))
    good(await lab.client.get("/v1/party", auth=bank.auth))


async def test_an_ended_administrator_does_nothing_more(lab: Lab, office: Office) -> None:
    good(await office.post("security", "administrators/revoke", admin_id="system-01"))
    answer = await office.post("system", "parties", **PARTY)
    assert problem(answer)["code"] == "unauthenticated"
    known = good(await office.get("audit", "administrators"))["administrators"]
    assert [a["admin_id"] for a in known if a["revoked_at"] is not None] == ["system-01"]


async def test_each_role_does_its_own_acts_only(office: Office) -> None:
    """With a body that is not right: who may not do it must not learn that."""
    for path, act in PATHS.items():
        for role in ROLES:
            answer = await office.post(role, path.removeprefix("/v1/admin/"), nonsense=1)
            assert answer.status_code == (422 if role in WHO[act] else 403), (path, role)


async def test_each_role_reads_its_own(office: Office) -> None:
    for path, roles in (("parties", ROLES), ("administrators", ROLES), ("acts", ("audit",))):
        answers = {role: (await office.get(role, path)).status_code for role in ROLES}
        assert answers == {role: 200 if role in roles else 403 for role in ROLES}, path


async def test_every_route_of_administrators_names_its_roles(lab: Lab, office: Office) -> None:
    """Also those of other parts: none may be open to all three, and to nobody else's signature."""
    bank = await signing.relying_party(lab)
    document = (await lab.client.get("/openapi.json")).json()
    routes = [(path, method) for path, item in document["paths"].items() if "/admin/" in path for method in item]
    assert {path for path, _ in routes} >= set(PATHS)
    for path, method in routes:
        refused = [
            role
            for role, admin in office.admins.items()
            if (await lab.client.request(method, path, auth=admin.auth)).status_code == 403
        ]
        assert len(refused) < len(ROLES), path
        assert method == "get" or refused, path
        assert (await lab.client.request(method, path, auth=bank.auth)).status_code == 403, path
        assert (await lab.client.request(method, path)).status_code == 401, path


async def test_parties_and_strangers_are_no_administrators(lab: Lab, office: Office) -> None:
    bank = await signing.relying_party(lab)
    for path in PATHS:
        assert (await lab.client.post(path, json=PARTY, auth=bank.auth)).status_code == 403
        assert (await lab.client.post(path, json=PARTY)).status_code == 401
        assert (await lab.client.post(path, json=PARTY, headers=lab.token(OFFICE_1))).status_code == 401
    assert (await lab.client.get("/v1/party", auth=office.admins["system"].auth)).status_code == 403


async def test_what_the_registers_do_not_allow(lab: Lab, office: Office) -> None:
    good(await office.post("system", "parties", **PARTY))
    assert refused(await office.post("system", "parties", **PARTY)) == "party-known"
    registry = lab.service.institution.organisations[0].uscc
    assert refused(await office.post("system", "parties", **PARTY | {"uscc": registry})) == "party-known"
    other = {"uscc": signing.OTHER_BANK}
    assert refused(await office.post("system", "parties", **PARTY | other | {"category": "friend"})) == "category"
    key, now = signing.sm2_key(), lab.clock()
    assert refused(await office.add_key(key, **other)) == "no-party"
    assert refused(await office.add_key(key, not_after=now)) == "validity"
    assert refused(await office.add_key(key, not_after=now + (4 * 366 * 86400))) == "validity"
    assert refused(await office.add_key(key, alg="x509")) == "algorithm"
    assert refused(await office.add_key(signing.es256_key(), purpose="encrypt")) == "algorithm"
    assert refused(await office.add_key(key, public_key="04" + "00" * 64)) == "members"
    good(await office.add_key(key))
    assert refused(await office.add_key(key)) == "key-known"
    assert refused(await office.add_key(office.admins["audit"].key)) == "key-known"
    assert refused(await office.post("security", "parties/release", keyid="00" * 8)) == "no-key"
    admin_key = office.admins["audit"].key.keyid
    assert refused(await office.post("security", "parties/keys/revoke", keyid=admin_key)) == "no-key"
    good(await office.post("system", "parties/keys/revoke", keyid=key.keyid))
    assert refused(await office.post("security", "parties/release", keyid=key.keyid)) == "no-key-waits"
    actions = [act["action"] for act in good(await office.get("audit", "acts"))["acts"]]
    assert actions == ["admin-add"] * 3 + ["party-add", "key-add", "key-revoke"]


async def test_registries_may_sign_instead_of_showing_a_token(lab: Lab) -> None:
    office = lab.service.institution.organisations[0]
    signer = await signing.registry_key(lab, office.uscc)
    sought = {"zihao": "J990101-2025-000001"}
    good(await lab.client.post("/v1/certificates/lookup", json=sought, auth=signer.auth))
    token = lab.token(OFFICE_1)
    answer = await lab.client.post("/v1/certificates/lookup", json=sought, headers=token, auth=signer.auth)
    assert problem(answer)["code"] == "unauthenticated"
    bank = await signing.relying_party(lab)
    assert (await lab.client.post("/v1/certificates/lookup", json=sought, auth=bank.auth)).status_code == 403
