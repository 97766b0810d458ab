"""Key life on a running service: rotation under load, compromise from a moment on, expiry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
import pytest

import api.keyring
from api.beside import open_keys
from api.commands.common import principal
from api.db.repositories.trust import KeyRow
from api.errors import KeyRefused, Unavailable
from api.http.schemas import DONATION_EXAMPLE
from api.services.keyadmin import KeyAdmin
from api.services.keychoice import current
from certs.errors import KeyOutOfTime
from certs.keys import create_software_key
from certs.pki import Reason, check_chain, read_certificate, read_crl
from tests.golden.formats_answer import CLAIMS
from tests.support.api_lab import CHARITY, NOW, Lab, running, template
from verifier.answer import Answer
from verifier.assess import Verifier
from verifier.credential import HolderFile
from verifier.report import Outcome
from verifier.report import Reason as Verdict

OFFICE = "53990000MJ9T00037A"  # a charity: people may give as often as they like
ROOT = "11990000MB9T00011H"


@pytest.fixture(scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        yield await template(tmp_path_factory.mktemp("keys") / "data", patch)


@dataclass(frozen=True)
class Office:
    lab: Lab
    admin: KeyAdmin

    async def issue(self, n: int) -> bytes:
        """A donation of its own; gives the certificate's id."""
        answer = await self.ask(n)
        assert answer.status_code == 201, answer.text
        return bytes.fromhex(answer.json()["certificates"][0]["cti"])

    async def ask(self, n: int) -> httpx.Response:
        body = {"record": DONATION_EXAMPLE | {"donation_no": f"DN-2026-{n:06}", "receipt_number": f"{n:010}"}}
        return await self.lab.client.post("/v1/donations", json=body, headers=self.lab.token(CHARITY))

    async def assess(self, cti: bytes, *, level: str | None = None) -> tuple[Outcome, str, bytes]:
        """Outcome and reason of the holder's file, or at `level` of the statement alone; and the signing key."""
        service = self.lab.service
        async with service.database.read() as work:
            certificate = await work.certificates.get(cti)
            lists = [(await work.statuses.publication(s.number)) for s in await work.statuses.lists()]
        assert certificate is not None
        verifier = Verifier(service.trust.bundle, [one.signed for one in lists if one is not None])
        data = await self.lab.file(cti.hex(), CHARITY) if level is None else certificate.statement
        report = verifier.assess(data, at=self.lab.clock(), level=level)
        kid = HolderFile.parse(data).certificate.sign1.kid
        return report.outcome, report.reason.value, kid

    async def key(self, purpose: str, uscc: str = OFFICE) -> KeyRow:
        rows, _ = await self.admin.rows()
        return current(rows, self.lab.clock())[uscc, purpose, 65]


@asynccontextmanager
async def office(source: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    async with running(source, directory) as lab, open_keys(lab.service.settings, clock=lab.clock) as (_, admin):
        yield Office(lab, admin)


async def test_rotation_under_load(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        done, issued, waiting = asyncio.Event(), [], []

        async def issuing(lane: int) -> None:
            n = 1000 * lane
            while not done.is_set():
                n += 1
                issued.append(await o.issue(n))
                await asyncio.sleep(0)

        async def more() -> None:
            """Until four more are issued; a lane that died ends the test."""
            while len(issued) < len(waiting) + 4:
                assert not any(lane.done() for lane in lanes), [lane.exception() for lane in lanes if lane.done()]
                await asyncio.sleep(0)

        lanes = [asyncio.create_task(issuing(lane)) for lane in (1, 2)]
        old, new = [], []
        for purpose in ("issuer", "status", "log", "issuer"):
            uscc = ROOT if purpose == "log" else OFFICE
            await more()
            waiting = list(issued)
            rotation = await o.admin.rotate(uscc, purpose)
            old.append(rotation.old.kid)
            new.append(rotation.new.kid)
            assert await o.lab.service.keys.take_up()
            assert not await o.lab.service.keys.take_up()
        await more()
        done.set()
        await asyncio.gather(*lanes)
        await o.lab.service.ledger.settle()
        found = [await o.assess(cti) for cti in issued]
        assert {(outcome, reason) for outcome, reason, _ in found} == {(Outcome.PASSED, "OK")}
        signed_by = [kid for _, _, kid in found]
        assert list(dict.fromkeys(signed_by)) == [old[0], new[0], new[3]]  # each in its time, and never the first again
        assert o.lab.service.makers.authorities[OFFICE].list_signer.kid == new[1]


async def test_log_rotation_keeps_old_receipts_and_signs_with_the_new_key(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        first = await o.issue(1)
        await o.lab.service.ledger.settle()
        before = await o.lab.file(first.hex(), CHARITY)
        rotation = await o.admin.rotate(ROOT, "log")
        assert await o.lab.service.keys.take_up()
        second = await o.issue(2)
        await o.lab.service.ledger.settle()
        after = await o.lab.file(second.hex(), CHARITY)
        assert before == await o.lab.file(first.hex(), CHARITY)
        assert (await o.assess(first))[:2] == (Outcome.PASSED, "OK")
        assert (await o.assess(second))[:2] == (Outcome.PASSED, "OK")
        assert rotation.old.kid in HolderFile.parse(before).receipts[0]
        assert rotation.new.kid in HolderFile.parse(after).receipts[0]


async def test_compromise_from_a_moment_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        proven = await o.issue(1)
        await o.lab.service.ledger.settle()
        o.lab.clock.now += 3600
        unproven = await o.issue(2)
        key = await o.key("issuer")
        done = await o.admin.revoke(key.kid, NOW + 1800, Reason.KEY_COMPROMISE)
        assert done.successor is not None
        assert done.unproven == 1
        refused = await o.ask(3)
        assert refused.status_code == 503  # never signed by a key that is revoked already
        wanted = {"cti": proven.hex(), "reference": "(2027)示例9901调令1号"}
        case = await o.lab.client.post("/v1/certificates/casefile", json=wanted, headers=o.lab.token(CHARITY))
        assert case.status_code == 503
        with pytest.raises(Unavailable):
            async with o.lab.service.makers.begin():
                pass
        assert await o.lab.service.keys.take_up()
        again = await o.issue(3)
        await o.lab.service.ledger.settle()
        assert (await o.assess(proven))[:2] == (Outcome.PASSED, "OK")
        outcome, reason, _ = await o.assess(unproven, level="L1")
        assert (outcome, reason) == (Outcome.INDETERMINATE, "KEY_REVOKED")
        assert await o.assess(again) == (Outcome.PASSED, "OK", done.successor.kid)
        await _revoked_in_x509(o, key)


async def _revoked_in_x509(o: Office, key: KeyRow) -> None:
    async with o.lab.service.database.read() as work:
        row = next(row for row in await work.pki.certificates() if row.kid == key.kid)
        listed = await work.pki.latest_list(row.issuer_kid)
    assert listed is not None
    answer = await o.lab.client.get(f"/v1/pki/crl/{row.issuer_kid.hex()}.crl")
    assert answer.content == listed.der
    crl = read_crl(listed.der)
    assert crl.number == 2
    assert crl.entries[row.serial].reason is Reason.KEY_COMPROMISE
    assert crl.entries[row.serial].since == NOW + 1800


async def test_a_revoked_status_key_signs_no_list_that_is_out(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        cti = await o.issue(1)
        await o.lab.service.ledger.settle()
        key = await o.key("status")
        done = await o.admin.revoke(key.kid, None, Reason.KEY_COMPROMISE)
        assert done.successor is not None
        assert await o.lab.service.keys.take_up()
        assert (await o.assess(cti))[:2] == (Outcome.PASSED, "OK")
        async with o.lab.service.database.read() as work:
            last = await work.statuses.publication(1)
        assert last is not None
        assert done.successor.kid in last.signed
        assert key.kid not in last.signed


async def test_announced_ahead(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        rotation = await o.admin.rotate(OFFICE, "issuer", ahead=2)
        assert await o.lab.service.keys.take_up()
        issuer = o.lab.service.trust.bundle.issuer(OFFICE)
        assert issuer is not None
        assert rotation.new.kid in {k.key.kid for k in issuer.keys}  # relying parties know it before it signs
        assert (await o.assess(await o.issue(1), level="L1"))[2] == rotation.old.kid
        with pytest.raises(KeyRefused, match="waits"):
            await o.admin.rotate(OFFICE, "issuer")
        o.lab.clock.now = rotation.at
        assert await o.lab.service.keys.take_up()
        assert (await o.assess(await o.issue(2), level="L1"))[2] == rotation.new.kid


async def test_an_expired_key_refuses_and_its_successor_signs(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        key = await o.key("issuer")
        o.lab.clock.now = key.not_after - 6 * 86400
        assert (key.kid, 6) in [(row.kid, days) for row, days in o.lab.service.keys.ending()]
        o.lab.clock.now = key.not_after
        service = o.lab.service
        asking = partial(service.issuing.issue, principal(service.institution, CHARITY), "donation", DONATION_EXAMPLE)
        with pytest.raises(KeyOutOfTime):
            await asking(None)
        for purpose in ("issuer", "status"):
            await o.admin.rotate(OFFICE, purpose)
        await service.keys.take_up()
        assert (await asking(None)).created


async def test_authorities_can_be_followed_and_withdrawn(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        sub = await o.key("ca-sub", ROOT)
        await o.admin.rotate(ROOT, "ca-root")
        await o.admin.revoke(sub.kid, None, Reason.CA_COMPROMISE)
        assert await o.lab.service.keys.take_up()
        trusted = [read_certificate(der) for der in o.lab.service.trust.bundle.authorities]
        assert len(trusted) == 3  # two roots, the new intermediate
        assert sub.kid not in [c.key.kid for c in trusted]
        roots = [c.der for c in trusted if c.issuer == c.subject]
        for purpose in ("issuer", "seal", "status"):
            key = await o.key(purpose)
            _, certificates = await o.admin.rows()
            async with o.lab.service.database.read() as work:
                lists = [await work.pki.latest_list(c.key.kid) for c in trusted]
            mine = [row for row in certificates if row.kid == key.kid]
            chain = check_chain(
                max(mine, key=lambda row: row.issuer_kid != sub.kid).der,
                [c.der for c in trusted], roots, o.lab.clock(), purpose=purpose, kinds=key.kinds,
                crls=[one.der for one in lists if one is not None], need_crls=True,
            )  # fmt: skip
            assert len(chain.certificates) == 3


@pytest.mark.parametrize(("purpose", "match"), [("root", "pin"), ("log", "log")])
async def test_what_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str, match: str
) -> None:
    async with office(source, tmp_path / "data", monkeypatch) as o:
        key = await o.key(purpose, ROOT)
        with pytest.raises(KeyRefused, match=match):
            await o.admin.revoke(key.kid, None, Reason.KEY_COMPROMISE)
        if purpose == "root":
            with pytest.raises(KeyRefused, match=match):
                await o.admin.rotate(ROOT, purpose)
        issuer = await o.key("issuer")
        for since in (o.lab.clock() + 1, issuer.not_before - 1):
            with pytest.raises(KeyRefused, match="moment"):
                await o.admin.revoke(issuer.kid, since, Reason.KEY_COMPROMISE)


def _answer(o: Office) -> Answer:
    """One that is signed now."""
    at = o.lab.clock()
    return Answer.parse(o.lab.service.answers.sign(replace(CLAIMS, iss=ROOT, iat=at, known_at=at)))


async def test_answers_outlive_their_key(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rotated: what it signed stays good. Revoked: nothing but the key attests when it signed."""
    async with office(source, tmp_path / "data", monkeypatch) as o:
        service, first = o.lab.service, _answer(o)
        assert first.check(service.trust.bundle, o.lab.clock()) is Verdict.OK
        rotation = await o.admin.rotate(ROOT, "answer")
        assert await service.keys.take_up()
        o.lab.clock.now += 60
        second = _answer(o)
        assert (first.sign1.kid, second.sign1.kid) == (rotation.old.kid, rotation.new.kid)
        assert {a.check(service.trust.bundle, o.lab.clock()) for a in (first, second)} == {Verdict.OK}
        await o.admin.revoke(rotation.new.kid, o.lab.clock() - 1, Reason.KEY_COMPROMISE)
        assert await service.keys.take_up()
        third = _answer(o)
        assert third.sign1.kid not in (rotation.old.kid, rotation.new.kid)
        found = [a.check(service.trust.bundle, o.lab.clock()) for a in (first, second, third)]
        assert found == [Verdict.OK, Verdict.KEY_NOT_VALID_AT_ISSUE, Verdict.OK]
        o.lab.clock.now += 60
        await o.admin.revoke(third.sign1.kid, o.lab.clock(), Reason.KEY_COMPROMISE)
        assert await service.keys.take_up()
        assert third.check(service.trust.bundle, o.lab.clock()) is Verdict.KEY_REVOKED
