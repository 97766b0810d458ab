"""Holders and consent in the instance that is audited: three people, their codes and cards, requests in every state."""

from __future__ import annotations

from typing import Final

from api.services.clients import Caller
from api.services.consent.asking import Wish
from api.services.service import Service
from api.services.webhooks import watch_in
from certs.consent.asks import Ask
from certs.consent.codes import activation_message
from certs.consent.machine import Decision
from certs.consent.persons import Person
from certs.consent.statement import make_statement
from certs.keys import PrivateKey, SoftwareSigner
from tests.support import signing
from tests.support.api_lab import Clock
from tests.support.consenting import CONTEXT, MAN, PURPOSE, STRANGER, WOMAN
from verifier.hazmat.sm3 import sm3

OFFICE: Final = "11990000MB9T010142"
MARRIED: Final = Ask("registered_married", "2027-01-01")
_GRANT, _REFUSE, _WITHDRAW = Decision.GRANT, Decision.REFUSE, Decision.WITHDRAW
STORIES: Final = (
    (), (_GRANT,), (_GRANT, _WITHDRAW), (_REFUSE,), (_GRANT, _WITHDRAW), (_REFUSE,), (_GRANT,), (), (_GRANT,),
)  # fmt: skip


async def register_people(service: Service, clock: Clock) -> None:
    """A second apart, so that times differ."""
    people = [await _enrolled(service, clock, who) for who in (MAN, WOMAN, STRANGER)]
    for holder, _ in people[:2]:
        await _lost(service, clock, holder)
        clock.now += 1
        await service.holders.enrolling.invite(holder)
        for pin in ("493027", "380415"):
            clock.now += 1
            await service.holders.cards.issue(OFFICE, holder, pin)
    (man, _), (woman, _), (stranger, _) = people
    for ward, guardian in ((stranger, man), (stranger, woman), (woman, man)):
        clock.now += 1
        await service.holders.guardians.change(OFFICE, ward, guardian, end=False)
    for ward, guardian in ((stranger, woman), (woman, man)):
        clock.now += 1
        await service.holders.guardians.change(OFFICE, ward, guardian, end=True)
    for number, story in enumerate(STORIES):
        holder, signer = people[number % 2]
        await _story(service, clock, holder, signer, story, uses=1 + number % 3)
    await _both(service, clock, people[0], people[1])
    for holder, _ in people:
        clock.now += 1
        await service.holders.codes.new(holder)
    await _watched(service, clock)


async def _enrolled(service: Service, clock: Clock, who: dict[str, str]) -> tuple[bytes, SoftwareSigner]:
    clock.now += 1
    person = Person(who["cert_type"], "156", who["cert_num"], who["name"], who["birth"])
    office = (OFFICE, "11990000MB9T01022W")[len(who["name"]) % 2]
    given = await service.holders.enrolling.enrol(office, person)
    signer = SoftwareSigner(PrivateKey.generate(), process=False)
    proof = signer.sign(activation_message(given.code.replace("-", ""), signer.public_key))
    await service.holders.enrolling.activate(given.code, signer.public_key, proof)
    return given.holder_id, signer


async def _lost(service: Service, clock: Clock, holder: bytes) -> None:
    """Another device, and its end."""
    clock.now += 1
    code, _ = await service.holders.enrolling.invite(holder)
    signer = SoftwareSigner(PrivateKey.generate(), process=False)
    proof = signer.sign(activation_message(code.replace("-", ""), signer.public_key))
    key = await service.holders.enrolling.activate(code, signer.public_key, proof)
    clock.now += 60
    await service.holders.enrolling.revoke(holder, key.keyid)


async def _begun(service: Service, clock: Clock, holder: bytes, *asks: Ask, uses: int) -> bytes:
    clock.now += 1
    shown = await service.holders.codes.new(holder)
    caller = Caller(signing.BANK, "party", "verifier", "bank", "", signing.BANK)
    wish = Wish(PURPOSE, CONTEXT, shown.code, asks, "query", 30, 1, uses)
    return (await service.consents.asking.begin(caller, wish)).trx


async def _decide(
    service: Service, clock: Clock, holder: bytes, signer: SoftwareSigner, trx: bytes, what: Decision
) -> None:
    clock.now += 1
    items = await service.consents.viewing.items(holder)
    notice = next(item.notice for item in items if item.trx == trx)
    said = make_statement(signer, signing.BANK, trx, sm3(notice.encode()), what, clock.now)
    await service.consents.deciding.decide(holder, trx, what, said)


async def _story(
    service: Service, clock: Clock, holder: bytes, signer: SoftwareSigner, story: tuple[Decision, ...], *, uses: int
) -> None:
    trx = await _begun(service, clock, holder, MARRIED, uses=uses)
    for what in story:
        await _decide(service, clock, holder, signer, trx, what)
    if story == (_GRANT,) and uses == 1:
        clock.now += 1
        caller = Caller(signing.BANK, "party", "verifier", "bank", "", signing.BANK)
        await service.consents.fetching.fetch(caller, trx)
    if not story:  # nobody decides in time
        clock.now += 900
        await service.consents.ending.step()


async def _both(
    service: Service, clock: Clock, man: tuple[bytes, SoftwareSigner], woman: tuple[bytes, SoftwareSigner]
) -> None:
    """One that waits for her, and one that both granted."""
    her = Person(WOMAN["cert_type"], "156", WOMAN["cert_num"], WOMAN["name"], WOMAN["birth"])
    him = Person(MAN["cert_type"], "156", MAN["cert_num"], MAN["name"], MAN["birth"])
    for first, second, other, complete in ((man, woman, her, False), (woman, man, him, True)):
        trx = await _begun(service, clock, first[0], Ask("spouses_match", "2027-01-01", other=other), uses=2)
        await _decide(service, clock, *first, trx, _GRANT)
        if complete:
            await _decide(service, clock, *second, trx, _GRANT)


async def _watched(service: Service, clock: Clock) -> None:
    """Two certificates, under two grants."""
    async with service.database.write() as work:
        run = work.connection.exec_driver_sql
        ctis = [bytes(row[0]) for row in await run("SELECT cti FROM certificate ORDER BY ordinal LIMIT 2 OFFSET 4")]
        grants = await run("SELECT grant_id FROM consent_grant WHERE decision = 1 AND withdrawn_at IS NULL LIMIT 2")
        for cti, row in zip(ctis, grants.all(), strict=True):
            await watch_in(work, cti, bytes(row[0]), sm3(cti)[:16])
