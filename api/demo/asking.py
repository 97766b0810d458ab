"""Step 5 of the demo: a bank asks, two spouses consent, and what was told is checked from the archive, offline."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from api.demo.checks import FAILED, OK, SINGLE, Check, Expected
from api.demo.making import REVOKED_STEM, Item
from api.demo.people import BANK, EMPLOYER, Holder, Place, administrators, couple, party
from api.demo.stranger import Desk, serving
from api.files import write_whole
from api.main import create_app
from api.services.relationships import CHINA
from api.services.service import Service
from certs.consent.machine import Decision
from verifier.assess import Verifier
from verifier.cbor import split_sequence
from verifier.online.answers import SignedAnswer
from verifier.online.client import Client, ConsentRequest
from verifier.online.errors import Problem
from verifier.online.questions import Context, Person, registered_married, spouses_match
from verifier.presented import Expected as Shown
from verifier.presented import assess_presentation

CONTEXT: Final = Context("0017", "示例贷款", "990000-SAMPLE-001", "2026-000123", "示例：核对共同借款人")
PURPOSE: Final = "mortgage-joint-debt"
REFUSED: Final = "refused"
ASKED: Final = 12  # codes that the bank has checked by the service
BULK: Final = "the bank's archive"


async def ask(service: Service, items: Sequence[Item], codes: Sequence[str], examples: Path, out: Path) -> list[Check]:
    """All of it, over a socket of the service."""
    admins = await administrators(service)
    async with serving(create_app(service)) as port:
        place = Place(port, service.trust.bundle)
        return await asyncio.to_thread(_ask, service, place, admins, items, codes, examples, out)


def _ask(
    service: Service, place: Place, admins: Any, items: Sequence[Item], codes: Sequence[str], examples: Path, out: Path
) -> list[Check]:
    bank = party(place, admins, BANK, "bank", ("示例银行", "Example Bank"))
    employer = party(place, admins, EMPLOYER, "employer", ("示例公司", "Example Company"))
    man, woman = couple(place, service, examples)
    archive: list[SignedAnswer] = []
    checks = _codes(bank, items, codes, archive)
    checks += _consent(bank, employer, man, woman, archive)
    checks += _archived(archive, out)
    file = out / "certificates" / "certificate-002-a.mzc"
    cti = next(item.certificate.cti for item in items if item.stem == file.stem)
    checks += _presented(man, cti, file.read_bytes(), out, service)
    return checks


def _codes(bank: Client, items: Sequence[Item], codes: Sequence[str], archive: list[SignedAnswer]) -> list[Check]:
    """Genuine and valid? Signed, so that the bank can show later what it was told."""
    chosen = [(i, c) for i, c in zip(items, codes, strict=True) if i.valid][:ASKED]
    chosen += [(i, c) for i, c in zip(items, codes, strict=True) if i.stem == REVOKED_STEM]
    checks = []
    for item, code in chosen:
        wanted = Expected("TRUE", "OK") if item.valid else Expected("FALSE", "STATUS_NOT_VALID")
        name = f"{item.folder}/{item.stem}"
        checks.append(_told("a bank asks: is this code genuine?", name, wanted, archive, _authentic(bank, code)))
    return checks


def _authentic(bank: Client, code: str) -> Callable[[], SignedAnswer]:
    return lambda: bank.authenticity(CONTEXT, "file-authenticity", code)


def _consent(bank: Client, employer: Client, man: Holder, woman: Holder, archive: list[SignedAnswer]) -> list[Check]:
    """Nothing about a person without that person; nothing about two without both."""
    day = datetime.now(CHINA).date()
    married, both = registered_married(man.person), spouses_match(man.person, woman.person)
    checks = [_refused("a bank asks without consent", "consent-missing", lambda: bank.match(CONTEXT, PURPOSE, married))]
    told = _refused("an employer asks", "purpose-refused", lambda: employer.match(CONTEXT, PURPOSE, married))
    checks.append(told)
    code = str(man.ask("codes")["url"])
    begun = bank.begin_consent(CONTEXT, PURPOSE, code, ConsentRequest([(married, day)], uses=3))
    again = ConsentRequest([(married, day)])
    used = _refused("a used code is shown again", "code-refused", _begin(bank, code, again))
    man.decide(begun.trx, Decision.GRANT)
    wanted = Expected("TRUE", "RECORDED")
    checks.append(used)
    fetched = lambda: bank.fetch_consent(begun.trx, PURPOSE)[0]  # noqa: E731
    checks.append(_told(SINGLE, "consent given: registered as married", wanted, archive, fetched))
    checks.append(_refused("the same fetched again", "consent-state", fetched))
    spouse = lambda: bank.match(CONTEXT, PURPOSE, registered_married(woman.person), as_of=day, grant=begun.trx)  # noqa: E731
    checks.append(_refused("his consent used to ask about her", "consent-missing", spouse))
    named = registered_married(Person("111", man.person.cert_num, "另一人"))
    other = lambda: bank.match(CONTEXT, PURPOSE, named, as_of=day, grant=begun.trx)  # noqa: E731
    unknown = Expected("UNDETERMINED", "NOT_ESTABLISHED")
    checks.append(_told(SINGLE, "his number under another name", unknown, archive, other))
    man.decide(begun.trx, Decision.WITHDRAW)
    withdrawn = lambda: bank.match(CONTEXT, PURPOSE, married, as_of=day, grant=begun.trx)  # noqa: E731
    checks.append(_refused("the consent was withdrawn", "consent-missing", withdrawn))
    second = bank.begin_consent(CONTEXT, PURPOSE, str(man.ask("codes")["url"]), ConsentRequest([(both, day)]))
    man.decide(second.trx, Decision.GRANT)
    half = lambda: bank.fetch_consent(second.trx, PURPOSE)[0]  # noqa: E731
    checks.append(_refused("one of two spouses agreed", "consent-state", half))
    woman.decide(second.trx, Decision.GRANT)
    checks.append(_told(SINGLE, "both agreed: married to each other", wanted, archive, half))
    return checks


def _begin(bank: Client, code: str, request: ConsentRequest) -> Callable[[], object]:
    return lambda: bank.begin_consent(CONTEXT, PURPOSE, code, request)


def _told(
    group: str, name: str, wanted: Expected, archive: list[SignedAnswer], question: Callable[[], SignedAnswer]
) -> Check:
    try:
        answer = question()
    except Problem as problem:
        return Check(group, name, wanted, REFUSED, problem.code)
    archive.append(answer)
    claims = answer.answer.claims
    return Check(group, name, wanted, claims.result.name, claims.reasons[0] if claims.reasons else "")


def _refused(name: str, code: str, question: Callable[[], object]) -> Check:
    wanted = Expected(REFUSED, code)
    try:
        question()
    except Problem as problem:
        return Check(SINGLE, name, wanted, REFUSED, problem.code)
    return Check(SINGLE, name, wanted, "answered", "")


def _archived(archive: Sequence[SignedAnswer], out: Path) -> list[Check]:
    """What the bank keeps: the answers, and beside each the question that opens it. Checked by `mz-verify`."""
    folder = out / "answers"
    folder.mkdir(exist_ok=True)
    desk, names = Desk(out / "trust-bundle.cbor", ()), []
    for number, answer in enumerate(archive, 1):
        name = folder / f"answer-{number:03d}"
        write_whole(name.with_suffix(".cose"), answer.signed)
        write_whole(name.with_suffix(".json"), answer.to_archive())
        names.append(name)
    verdicts = desk.verify([str(name.with_suffix(".cose")) for name in names])
    checks = [Check(BULK, name.stem, OK, *verdict) for name, verdict in zip(names, verdicts, strict=True)]
    altered = bytearray(archive[0].signed)
    altered[-1] ^= 1
    path = out / "negative" / "answer-altered.cose"
    write_whole(path, bytes(altered))
    forged = Expected(FAILED, "SIGNATURE_INVALID")
    return [*checks, Check(SINGLE, "an archived answer altered", forged, *desk.verify([str(path)])[0])]


def _presented(man: Holder, cti: bytes, file: bytes, out: Path, service: Service) -> list[Check]:
    """Shown by the holder's device to one party, once; the party checks it without asking anybody."""
    nonce = secrets.token_bytes(16)
    shown = man.present(cti, file, BANK, nonce)
    write_whole(out / "answers" / "presentation.cose", shown)
    statuses = tuple(split_sequence((out / "status-list.cbor").read_bytes(), max_bytes=8 << 20))
    verifier, now = Verifier(service.trust.bundle, statuses), service.clock()
    cases = {
        "a device shows the file to the bank": (OK, BANK, nonce),
        "the same forwarded to somebody else": (Expected(FAILED, "PRESENTATION_MISMATCH"), EMPLOYER, nonce),
        "the same for another challenge": (Expected(FAILED, "PRESENTATION_MISMATCH"), BANK, bytes(16)),
    }
    checks = []
    for name, (wanted, audience, expected) in cases.items():
        report = assess_presentation(shown, Shown(audience, expected), verifier, at=now)
        checks.append(Check(SINGLE, name, wanted, report.outcome.value, report.reason.value))
    return checks
