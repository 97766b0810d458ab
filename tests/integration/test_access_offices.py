"""What offices are told is recorded; who reads the record is the audit administrator, who is not told about whom."""

from __future__ import annotations

import pytest

from api.db.repositories.access import Wanted
from api.errors import RateLimited
from api.services.alarms import Guard
from api.settings import Quotas
from tests.support.api_lab import OFFICE_1, Lab, problem
from tests.support.signing import administrator

MAN = {"cert_type": "111", "cert_num": "990101199803070013"}


async def actions(lab: Lab) -> list[str]:
    found = await lab.service.access.recall(Wanted())
    return [row.event.action for row in reversed(found) if row.event is not None]


async def test_every_way_to_somebodys_data_is_recorded(lab: Lab) -> None:
    token = lab.token(OFFICE_1)
    issued = (await lab.issue()).json()["certificates"]
    cti = issued[0]["cti"]
    assert await actions(lab) == [], "what an office brings in tells it nothing"
    await lab.service.ledger.settle()
    await lab.file(cti)
    query = {"subjects": [MAN], "as_of": "2026-01-01"}
    assert (await lab.client.post("/v1/relationships/query", json=query, headers=token)).status_code == 200
    assert (await lab.client.post("/v1/certificates/metadata", json={"cti": cti}, headers=token)).status_code == 200
    case = {"cti": cti, "reference": "(2027)示例9901调令1号"}
    assert (await lab.client.post("/v1/certificates/casefile", json=case, headers=token)).status_code == 200
    found = {"zihao": "J990101-2025-000001"}
    assert (await lab.client.post("/v1/certificates/lookup", json=found, headers=token)).status_code == 200
    assert await actions(lab) == ["file", "relationship", "metadata", "casefile", "look-up"]
    assert [
        use.action for _, use in await lab.service.access.uses_of(lab.service.access.tag("111", "156", MAN["cert_num"]))
    ] == ["relationship"]


async def test_the_audit_administrator_reads_and_is_recorded_and_nobody_else_reads(lab: Lab) -> None:
    await lab.issue()
    query = {"subjects": [MAN], "as_of": "2026-01-01"}
    await lab.client.post("/v1/relationships/query", json=query, headers=lab.token(OFFICE_1))
    audit = await administrator(lab, "audit")
    answer = await lab.client.post("/v1/admin/access/query", json={}, auth=audit.auth)
    newest, oldest = answer.json()["accesses"]
    assert (oldest["action"], oldest["purpose"], oldest["subjects"]) == ("relationship", "office", 1)
    assert (newest["action"], newest["context"]["user"]) == ("access-query", audit.owner)
    tag = lab.service.access.tag("111", "156", MAN["cert_num"])
    assert MAN["cert_num"] not in answer.text
    assert tag.hex() not in answer.text
    only = await lab.client.post("/v1/admin/access/query", json={"before": newest["ordinal"]}, auth=audit.auth)
    assert [row["ordinal"] for row in only.json()["accesses"]] == [oldest["ordinal"]]
    for role in ("system", "security"):
        other = await administrator(lab, role)
        for path in ("/v1/admin/access/query", "/v1/admin/alarms/acknowledge"):
            refused = await lab.client.post(path, json={}, auth=other.auth)
            assert problem(refused)["code"] == "forbidden"
        assert problem(await lab.client.get("/v1/admin/alarms", auth=other.auth))["code"] == "forbidden"


async def test_alarms_are_read_and_acknowledged_over_http(lab: Lab) -> None:
    audit = await administrator(lab, "audit")
    for serial in range(10, 16):
        query = {"subjects": [{"cert_type": "111", "cert_num": f"99010119980307{serial:03d}X"}], "as_of": "2026-01-01"}
        await lab.client.post("/v1/relationships/query", json=query, headers=lab.token(OFFICE_1))
    (alarm,) = (await lab.client.get("/v1/admin/alarms", auth=audit.auth)).json()["alarms"]
    assert (alarm["kind"], alarm["seen"], alarm["uscc"]) == ("sequence", 6, "11990000MB9T010142")
    body = {"alarm_id": alarm["alarm_id"]}
    assert (await lab.client.post("/v1/admin/alarms/acknowledge", json=body, auth=audit.auth)).status_code == 200
    again = await lab.client.post("/v1/admin/alarms/acknowledge", json=body, auth=audit.auth)
    assert problem(again)["code"] == "not-found"


async def test_an_office_that_asks_too_fast_is_told_to_wait(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Guard(lab.service.database, lab.service.makers.lookup, lab.clock, Quotas(burst=1, per_minute=60))
    monkeypatch.setattr(lab.service.relationships, "_guard", few)
    query = {"subjects": [MAN], "as_of": "2026-01-01"}
    assert (
        await lab.client.post("/v1/relationships/query", json=query, headers=lab.token(OFFICE_1))
    ).status_code == 200
    refused = await lab.client.post("/v1/relationships/query", json=query, headers=lab.token(OFFICE_1))
    assert problem(refused)["code"] == "rate-limited"
    assert refused.headers["retry-after"] == "1"
    with pytest.raises(RateLimited):
        await few.admit("11990000MB9T010142")
