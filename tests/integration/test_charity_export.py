"""What anybody fetches of the ledger: files that a public audit passes, and nothing that no epoch covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.services.charity import epochs, growth
from tests.support.api_lab import AUDITOR, CHARITY, Lab
from tests.support.charity_lab import DIGEST, epoch, opened
from verifier.assess import Verifier
from verifier.charity.audit import audit_export, read_folder
from verifier.charity.epoch import Epoch
from verifier.charity.export import FILES
from verifier.charity.line import Inflow
from verifier.charity.sumtree import root_of
from verifier.merkle import TreeHash
from verifier.report import Outcome


async def test_the_export_passes_the_public_audit_and_is_what_is_served(lab: Lab, tmp_path: Path) -> None:
    fund, other = await opened(lab), await opened(lab, "fund-2", tree="sha-256")
    taken = await fund.donate(*(fund.row(1_000 + n) for n in range(300)))
    number = await fund.spend(5_000, acknowledged=2_000)
    await fund.act("payment_returned", no=number, amount=500, reason={"code": "over-paid"})
    await epoch(lab)
    await fund.act("donation_returned", donation=taken[7]["donation"], reason={"code": "donor-asked"})
    await fund.act("redirected", donation=taken[8]["donation"], target=other.book, consent=DIGEST)
    await fund.act("transferred", target=other.book, amount=4_000, decision=DIGEST)
    await epoch(lab)
    await fund.donate(fund.row(5))  # after the last epoch: nobody sees it
    await lab.service.charity.export.write(tmp_path)
    report = audit_export(read_folder(tmp_path), Verifier(lab.service.trust.bundle), at=lab.clock.now + 1)
    assert report.outcome is Outcome.PASSED, report
    index = await lab.client.get("/v1/charity/index.json")
    assert index.content == (tmp_path / "charity" / "index.json").read_bytes()
    for one in (fund, other):
        for name in FILES:
            answer = await lab.client.get(f"{one.path}/{name}")
            assert answer.content == (tmp_path / "charity" / one.book / name).read_bytes()
            etag = {"If-None-Match": answer.headers["etag"]}
            assert (await lab.client.get(f"{one.path}/{name}", headers=etag)).status_code == 304
    assert len((await lab.client.get(f"{fund.path}/in.bin")).content) == 45 * 301


async def test_no_epoch_is_older_than_the_one_before(lab: Lab, tmp_path: Path) -> None:
    """Statements are for good: one made while the clock was wrong would fail every audit ever after."""
    fund = await opened(lab)
    await fund.donate(fund.row(100))
    await epoch(lab)
    lab.clock.now -= 300
    await fund.act("income", amount=5, source={"code": "interest"})
    assert await lab.service.charity.epochs.run() == 0
    lab.clock.now += 600
    assert await epoch(lab) == 1
    await lab.service.charity.export.write(tmp_path)
    report = audit_export(read_folder(tmp_path), Verifier(lab.service.trust.bundle), at=lab.clock.now + 1)
    assert report.outcome is Outcome.PASSED, report


async def test_public_answers_are_as_of_the_epoch_and_name_nobody(lab: Lab) -> None:
    fund = await opened(lab, unit=None, restriction={"project": "reading", "purpose": None})
    await fund.donate(fund.row(1_000, donor_contact="13900000000", publish_name=True))
    await epoch(lab)
    await fund.donate(fund.row(77))
    shown = (await lab.client.get(fund.path)).json()
    assert (shown["totals"]["received"], shown["epoch"]["epoch"], shown["restriction"]["project"]) == (
        1_000,
        1,
        "reading",
    )
    assert (await fund.now())["totals"]["received"] == 1_077
    listed = (await lab.client.get("/v1/charity")).json()["charities"]
    assert [one["funds"][0]["book"] for one in listed] == [fund.book]
    events = (await lab.client.get(f"{fund.path}/events", params={"limit": 1})).json()
    assert ([e["kind"] for e in events["events"]], events["next"]) == (["opened"], 1)
    rest = (await lab.client.get(f"{fund.path}/events", params={"from": 1})).json()
    assert ([e["kind"] for e in rest["events"]], rest["next"]) == (["received"], None)
    public = [await lab.client.get(path) for path in (fund.path, "/v1/charity", f"{fund.path}/in.bin")]
    for answer in public:
        assert "张示例".encode() not in answer.content
        assert b"13900000000" not in answer.content
    for slug, status in ((AUDITOR, 403), (CHARITY, 200)):
        assert (await lab.client.get(fund.path, headers=lab.token(slug))).status_code == status


async def test_trees_are_continued_from_their_tiles(lab: Lab) -> None:
    fund = await opened(lab)
    for _ in range(3):
        await fund.donate(*(fund.row(10) for _ in range(290)))
        await fund.spend(1_000, acknowledged=400)
        await epoch(lab)
        lab.service.charity.epochs._growth.clear()  # as after a restart
    async with lab.service.database.read() as work:
        rows = await work.connection.exec_driver_sql("SELECT tree, level, n FROM charity_tile ORDER BY 1, 2, 3")
        assert [tuple(row) for row in rows] == [(1, 0, 0), (1, 0, 1), (1, 0, 2)]
        states = lab.service.charity.traces._views
        kept = await states.state(work, bytes.fromhex(fund.book))
        states._states.clear()
        again = await states.state(work, bytes.fromhex(fund.book))
    assert kept is not None
    assert again is not None
    assert (kept.edges, kept.settled, kept.row) == (again.edges, again.settled, again.row)
    assert len(kept.settled.starts) == 3


async def test_many_new_leaves_are_hashed_before_the_epochs_transaction(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund = await opened(lab)
    await fund.donate(*(fund.row(10 + n) for n in range(600)))
    monkeypatch.setattr(epochs, "_AHEAD", 100)
    monkeypatch.setattr(growth, "CHUNK", 256)
    await epoch(lab)
    await fund.donate(*(fund.row(10) for n in range(100)))
    await epoch(lab)
    async with lab.service.database.read() as work:
        last = await work.charity.epochs.last(bytes.fromhex(fund.book))
        leaves = await work.charity.lines.raw_inflows(bytes.fromhex(fund.book), 0, 1_000)
    assert last is not None
    stated = Epoch.parse(last.statement).claims.inflows
    assert (stated.size, stated.root) == (700, root_of(TreeHash.SM3, [Inflow(*leaf).encode() for leaf in leaves]))
