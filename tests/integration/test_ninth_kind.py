"""A ninth kind, made of the code in docs/adding-a-kind.md: issued, verified, found, printed and audited, and nothing
outside its folder is touched. The audit covers the kinds with one holder as well.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

import api.keyring
from api.bootstrap import initialise, open_service
from api.commands.common import operator, principal
from api.institution import SYNTHETIC
from api.services.audit_terms import shapes
from api.services.documents import Order
from api.services.service import Service
from api.settings import Settings, for_directory
from certs.keys import create_software_key
from certs.kinds.elder_care import audit as elder_care
from tests.simulators.holders import BUREAU, HOLDER_ROWS
from tests.support.api_lab import NOW, Clock
from tests.support.audit_lab import Bench, seen_outside
from tests.support.ninth import ninth_kind, row
from verifier.assess import Verifier
from verifier.code import encode_url
from verifier.policy import TrustBundle
from verifier.rendition import OFD, PDF
from verifier.report import Outcome

DATABASES = ("sqlite",)
SLUG = "bureau-990101"


@dataclass(frozen=True, slots=True)
class World:
    service: Service
    settings: Settings
    clock: Clock


@pytest.fixture(scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """An instance whose bureau may issue the ninth kind, as its institution file says; the kind is there meanwhile."""
    directory = tmp_path_factory.mktemp("ninth")
    codes = {9: "11990000MB9T00011H009"}
    organisations = tuple(
        replace(o, type_codes={**o.type_codes, **codes}) if o.slug == SLUG else o for o in SYNTHETIC.organisations
    )
    with ninth_kind(directory / "kinds"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
        who = replace(SYNTHETIC, organisations=organisations)
        settings = for_directory(directory / "data")
        await initialise(settings, who, clock=Clock(NOW - 1000), progress=lambda _: None)
        yield settings.data_dir


@pytest.fixture
async def world(made: Path, tmp_path: Path) -> AsyncIterator[World]:
    """The service over a copy of it."""
    settings, clock = for_directory(shutil.copytree(made, tmp_path / "data")), Clock(NOW)
    async with open_service(settings, clock=clock) as service:
        yield World(service, settings, clock)


async def _issue(service: Service, kind: str, record: dict[str, str]) -> str:
    slug = SLUG if record["issuer_uscc"] == BUREAU else "parlour-990101"
    answer = await service.issuing.issue(principal(service.institution, slug), kind, record, None)
    assert answer.created
    return str(answer.certificates[0]["cti"])


async def test_issued_verified_and_found(world: World) -> None:
    service = world.service
    cti = await _issue(service, "adoption", row())
    await service.publishing.publish()
    await service.ledger.settle()
    signed = (await service.trust.latest()).signed
    bundle = TrustBundle.parse(signed, service.trust.root_fingerprint)
    async with service.database.read() as work:
        states = await work.statuses.lists()
        stored = await work.certificates.get(bytes.fromhex(cti))
    assert stored is not None
    lists = [(await service.publishing.latest(state.number)).signed for state in states]
    code = encode_url("minzheng.example", stored.statement)
    file = await service.files.holder_file(operator, bytes.fromhex(cti))
    for presented in (code, file):
        assert Verifier(bundle, lists).assess(presented, at=world.clock()).outcome is Outcome.PASSED
    report = Verifier(bundle, lists).assess(file, at=world.clock())
    assert report.disclosed["child_name"] == row()["child_name"]
    unaware = Verifier(replace(bundle, kinds=tuple(k for k in bundle.kinds if k.number != 9)), lists)
    assert unaware.assess(file, at=world.clock()).outcome is Outcome.INDETERMINATE
    child = f"113:{row()['child_document_number']}"
    assert [c["cti"] for c in await service.lookups.find(operator, "child", child)] == [cti]
    said = await service.metadata.metadata(operator, bytes.fromhex(cti))
    assert (said["metadata"]["ZZMC"], said["metadata"]["CZZT"]) == ("收养登记证", row()["holder_name"])


@pytest.mark.parametrize("media", [PDF, OFD])
async def test_printed_and_the_document_verified(world: World, media: int) -> None:
    cti = bytes.fromhex(await _issue(world.service, "adoption", row()))
    await world.service.ledger.settle()
    prepared = await world.service.documents.prepare(operator, cti, Order(media))
    await world.service.ledger.settle()
    data = await world.service.documents.finish(prepared)
    report = Verifier(world.service.makers.registry.trust).assess(data, at=world.clock(), level="L1")
    assert report.document is not None
    assert report.outcome is not Outcome.FAILED


async def test_audited_with_the_other_kinds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    service = world.service
    await _issue(service, "adoption", row())
    for name, made in HOLDER_ROWS.items():
        await _issue(service, name, made())
    renewed = HOLDER_ROWS["elder-care"](certificate_no="YL-000900", replaces_no="YL-000001")
    await _issue(service, "elder-care", renewed)
    await service.publishing.publish()
    await service.ledger.settle()
    assert set(shapes()) >= {4, 5, 6, 7, 8, 9}
    path = world.settings.data_dir / "minzheng.db"
    report = Bench(world.settings, path)(now=world.clock(), chain=await seen_outside(world.settings, world.clock))
    assert [(c.name, c.faults) for c in report.checks if c.faults] == []
    assert next(c for c in report.checks if c.name == "certificates").counted == 7
    odd = replace(elder_care.SHAPE, last_day=lambda _: date(2028, 11, 8))
    monkeypatch.setattr("api.services.audit_register.shapes", lambda: {**shapes(), 6: odd})
    report = Bench(world.settings, path)(now=world.clock(), chain=await seen_outside(world.settings, world.clock))
    certificates = next(c for c in report.checks if c.name == "certificates")
    assert certificates.faults == 2  # an issuer that ended them a day late would be found
    assert "another day" in str(certificates.first[0])
