"""Erasing a record: the content is gone for good, and everything that others hold or hold on to stays as it was."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.db.register_tables import registration_event, registration_term
from api.db.tables import certificate, lookup, status_event
from api.http.erasures import RECEIPT
from api.http.schemas import MARRIAGE_EXAMPLE
from certs.errors import Erased
from certs.records import open_record
from tests.support.api_lab import CHARITY, OFFICE_1, OFFICE_2, Lab, problem
from verifier.erasure import ErasureReceipt
from verifier.report import Reason

DATABASES = ("sqlite", "postgresql")


async def post(lab: Lab, path: str, body: dict[str, Any], slug: str = OFFICE_1) -> httpx.Response:
    return await lab.client.post(f"/v1/certificates/{path}", json=body, headers=lab.token(slug))


async def erase(lab: Lab, cti: str, reason: str = "RETENTION_ENDED", **more: Any) -> dict[str, Any]:
    answer = await post(lab, "erase", {"cti": cti, "reason": reason, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def issued(lab: Lab) -> list[dict[str, Any]]:
    answer = await lab.issue()
    assert answer.status_code == 201
    views: list[dict[str, Any]] = answer.json()["certificates"]
    return views


async def row(lab: Lab, table: Any, cti: str) -> Any:
    async with lab.service.database.read() as work:
        query = select(table).where(table.c.cti == bytes.fromhex(cti))
        return (await work.connection.execute(query)).one()


async def test_the_content_is_gone_and_everything_signed_stays(lab: Lab) -> None:
    man, woman = await issued(lab)
    before = await row(lab, certificate, man["cti"])
    done = await erase(lab, man["cti"])
    assert done == {
        "cti": man["cti"], "erased_at": lab.clock.now, "again": False, "registration_events": 0, "settled": True
    }  # fmt: skip
    answer = await post(lab, "file", {"cti": man["cti"]})
    assert (answer.status_code, problem(answer)["code"]) == (404, "not-found")
    await lab.service.publishing.publish()
    report = (await lab.client.post("/v1/verify", json={"code": man["code"]})).json()
    assert report["outcome"] == "PASSED"
    after = await row(lab, certificate, man["cti"])
    same = ("statement", "entry", "list_number", "list_index", "business", "content", "revoked_at", "sealed_body")
    assert [after._mapping[name] for name in same] == [before._mapping[name] for name in same]
    assert (after.sealed_key, after.terms) == (None, b"")
    await lab.file(woman["cti"])  # a record of its own


async def test_the_receipt_is_signed_and_logged(lab: Lab) -> None:
    man, _ = await issued(lab)
    answer = await post(lab, "erasure", {"cti": man["cti"]})
    assert (answer.status_code, problem(answer)["code"]) == (404, "not-found")
    await erase(lab, man["cti"])
    early = ErasureReceipt.parse((await post(lab, "erasure", {"cti": man["cti"]})).content)
    await lab.service.ledger.settle()
    answer = await post(lab, "erasure", {"cti": man["cti"]})
    assert answer.headers["content-type"] == RECEIPT
    receipt = ErasureReceipt.parse(answer.content)
    trust = lab.service.trust.bundle
    assert receipt.statement == early.statement
    assert early.logged(trust, lab.clock.now) is Reason.RECEIPT_MISSING
    assert (receipt.check(trust, lab.clock.now), receipt.logged(trust, lab.clock.now)) == (Reason.OK, Reason.OK)
    assert receipt.concerns((await row(lab, certificate, man["cti"])).entry)
    assert b"RETENTION" not in answer.content


async def test_again_changes_nothing_and_takes_what_was_sealed_since(lab: Lab) -> None:
    man, _ = await issued(lab)
    first = await erase(lab, man["cti"])
    lab.clock.now += 60
    assert (await post(lab, "revoke", {"cti": [man["cti"]], "reason": "later"})).status_code == 200
    assert (await row(lab, status_event, man["cti"])).sealed_key is not None
    again = await erase(lab, man["cti"], "HOLDER_REQUEST")
    assert again == first | {"again": True}
    assert (await row(lab, status_event, man["cti"])).sealed_key is None
    await lab.service.ledger.settle()
    figures = await lab.service.figures()
    assert figures.parked == 0


async def test_it_is_not_found_any_more_and_not_issued_again(lab: Lab) -> None:
    man, woman = await issued(lab)
    found = (await post(lab, "lookup", {"zihao": MARRIAGE_EXAMPLE["zihao"]})).json()["certificates"]
    assert [c["cti"] for c in found] == [man["cti"], woman["cti"]]
    await erase(lab, man["cti"])
    found = (await post(lab, "lookup", {"zihao": MARRIAGE_EXAMPLE["zihao"]})).json()["certificates"]
    assert [c["cti"] for c in found] == [woman["cti"]]
    async with lab.service.database.read() as work:
        left = select(lookup).where(lookup.c.cti == bytes.fromhex(man["cti"]))
        assert (await work.connection.execute(left)).all() == []
    answer = await lab.issue()  # an old file, sent once more
    assert answer.status_code == 200
    assert [c["cti"] for c in answer.json()["certificates"]] == [man["cti"], woman["cti"]]


@pytest.mark.parametrize(("slug", "status"), [(OFFICE_2, 404), (CHARITY, 404), ("auditor", 403)])
async def test_only_whoever_issued_it_erases(lab: Lab, slug: str, status: int) -> None:
    man, _ = await issued(lab)
    for path, body in (("erase", {"cti": man["cti"], "reason": "RETENTION_ENDED"}), ("erasure", {"cti": man["cti"]})):
        assert (await post(lab, path, body, slug)).status_code == status
    await lab.file(man["cti"])


async def test_a_reason_is_a_code(lab: Lab) -> None:
    man, _ = await issued(lab)
    for reason in ("", "because", "RETENTION_ENDED "):
        answer = await post(lab, "erase", {"cti": man["cti"], "reason": reason})
        assert (answer.status_code, problem(answer)["code"]) == (422, "invalid-fields")
    await lab.file(man["cti"])


async def test_a_registration_file_goes_by_statutory_order_only(lab: Lab) -> None:
    man, woman = await issued(lab)
    answer = await post(lab, "erase", {"cti": man["cti"], "reason": "HOLDER_REQUEST", "registration": True})
    assert (answer.status_code, problem(answer)["code"]) == (409, "registration-kept")
    await lab.file(man["cti"])
    await erase(lab, man["cti"], "HOLDER_REQUEST")
    assert await _events(lab) == (1, 0, True)
    done = await erase(lab, man["cti"], "STATUTORY_ORDER", registration=True)
    assert (done["again"], done["registration_events"]) == (True, 1)
    assert await _events(lab) == (0, 1, False)
    await lab.file(woman["cti"])


async def _events(lab: Lab) -> tuple[int, int, bool]:
    """Registration events that open, that do not, and whether any is found by a term."""
    async with lab.service.database.read() as work:
        keys = (await work.connection.execute(select(registration_event.c.sealed_key))).scalars().all()
        terms = (await work.connection.execute(select(registration_term))).all()
    return sum(key is not None for key in keys), sum(key is None for key in keys), bool(terms)


async def test_a_service_that_opens_anew_cannot_open_it(lab: Lab) -> None:
    man, _ = await issued(lab)
    await erase(lab, man["cti"])
    found = await row(lab, certificate, man["cti"])
    assert found.sealed_key is None
    async with lab.service.database.read() as work:
        stored = await work.certificates.get(bytes.fromhex(man["cti"]))
    assert stored is not None
    with pytest.raises(Erased, match="destroyed"):
        open_record(stored, lab.service.makers.registry)
