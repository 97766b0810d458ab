"""The public audit of a static export: what a stranger finds, named, whatever is changed in it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import kit
from tests.support.charity_export import CLINICS, CLOTHES, DIGEST, GENERAL, WHY, Made, World, clinics, general, world
from tests.support.fund_story import sealed
from verifier.assess import Verifier
from verifier.charity import conduct as c
from verifier.charity import events as e
from verifier.charity import generalevents
from verifier.charity.audit import audit_export
from verifier.charity.auditreport import FAILS, OPEN, AuditReport
from verifier.charity.auditwords import audit_text
from verifier.charity.bankday import TYP_BANK_DAY, BankDay
from verifier.charity.export import INDEX, index_text, join_records, split_records
from verifier.charity.line import INFLOW_BYTES, OUTFLOW_BYTES
from verifier.cli import run
from verifier.report import Outcome


def audited(made: World, level: str | None = None, at: int = kit.AT) -> AuditReport:
    return audit_export(made.read(), Verifier(kit.bundle()), at=at, level=level)


def first(made: World, level: str | None = None) -> tuple[str, str]:
    """What the outcome rests on, and where; every report can be printed and told."""
    report = audited(made, level)
    found = report.decisive
    assert found is not None
    assert report.outcome is (Outcome.FAILED if found.code in FAILS else found.outcome)
    assert json.loads(json.dumps(report.to_json()))["reason"] == found.code
    for lang in ("zh", "en"):
        assert f"[{found.code}]" in audit_text(report, lang)
    return found.code, found.where


def flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def without(record: int, size: int) -> Callable[[bytes], bytes]:
    return lambda data: data[: record * size] + data[(record + 1) * size :]


def test_what_is_right_passes_and_adds_up() -> None:
    report = audited(world())
    assert report.outcome is Outcome.PASSED
    assert (report.books, report.donations, report.in_transit, report.bank_days) == (3, 3, 0, 1)
    fund = report.funds[0]
    assert fund.total("received") == 17_201
    parts = ("unallocated", "allocated", "reserved", "paid", "acknowledged", "returned", "out")
    assert sum(map(fund.total, parts)) == 17_201
    assert (fund.donations, fund.payments, fund.waiting_holes, fund.epochs) == (3, 1, 400, 2)
    assert "¥172.01" in audit_text(report, "zh")


@pytest.mark.parametrize(
    ("file", "change", "code", "where"),
    [
        ("in.bin", flipped(INFLOW_BYTES - 1), "REFUSED", "event 1"),  # an amount
        ("in.bin", flipped(10), "EPOCH_INFLOWS_DIFFER", "epoch 1"),  # a donor's commitment
        ("in.bin", flipped(3 * INFLOW_BYTES + 10), "IN_LINE_DIFFERS", "leaf 3"),  # the event a leaf comes from
        ("in.bin", without(0, INFLOW_BYTES), "REFUSED", "event 1"),
        ("in.bin", lambda d: d[INFLOW_BYTES : 2 * INFLOW_BYTES] + d[:INFLOW_BYTES] + d[2 * INFLOW_BYTES :],
         "EPOCH_INFLOWS_DIFFER", "epoch 1"),
        ("in.bin", lambda d: d + d[:INFLOW_BYTES], "IN_LINE_DIFFERS", "leaf 5"),
        ("in.bin", lambda d: d[:-1], "UNREADABLE", "in.bin"),
        ("out.bin", flipped(9), "OUT_LINE_DIFFERS", "leaf 0"),  # the class of a payment
        ("out.bin", without(1, OUTFLOW_BYTES), "OUT_LINE_DIFFERS", "leaf 1"),
        ("settlement.bin", flipped(7), "SETTLEMENT_DIFFERS", "leaf 0"),
        ("events.bin", lambda d: join_records(split_records(d)[:-1]), "EPOCH_SIZE_DIFFERS", "epoch 2"),
        ("events.bin", lambda d: d[:-1], "UNREADABLE", "events.bin"),
        ("events.bin", lambda d: b"", "UNREADABLE", "events.bin"),
        ("epochs.bin", lambda d: join_records(split_records(d)[:1]), "BEYOND_EPOCH", "event 7"),
        ("epochs.bin", lambda d: join_records(split_records(d)[1:]), "EPOCH_CHAIN_BROKEN", "epoch 1"),
        ("epochs.bin", lambda d: join_records(split_records(d)[::-1]), "EPOCH_CHAIN_BROKEN", "epoch 1"),
        ("epochs.bin", lambda d: d[:40], "UNREADABLE", "epochs.bin"),
        ("epochs.bin", lambda d: b"", "NO_EPOCH", ""),
    ],
)  # fmt: skip
def test_whatever_is_spoilt_is_found(file: str, change: Callable[[bytes], bytes], code: str, where: str) -> None:
    made = world()
    made.spoil(file, change)
    assert first(made) == (code, where)


def reworded(made: Made, seq: int, event: Callable[[e.Event], e.Event]) -> None:
    made.bodies[seq] = event(e.parse_event(made.bodies[seq])).encode()


def test_an_acknowledgement_that_was_never_signed_is_found() -> None:
    made = world()
    reworded(made.books[CLINICS], 7, lambda v: replace(v, evidence=bytes(32)))  # type: ignore[call-arg]
    assert first(made) == ("EPOCH_EVENTS_DIFFER", "epoch 2")


def test_what_no_book_allows_is_named_by_its_rule() -> None:
    made = world()
    reworded(made.books[CLINICS], 8, lambda v: replace(v, amount=201))  # type: ignore[call-arg]
    assert first(made) == ("REFUSED", "event 8")
    assert audited(made).findings[0].detail == "over-returned"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inflows": replace(clinics().claims().inflows, size=6)}, "EPOCH_SIZE_DIFFERS"),
        ({"outflows": replace(clinics().claims().outflows, root=clinics().claims().inflows.root)},
         "EPOCH_OUTFLOWS_DIFFER"),
        ({"settled": bytes(32)}, "EPOCH_SETTLED_DIFFERS"),
        ({"acknowledged": 0}, "EPOCH_SETTLED_DIFFERS"),
        ({"events": 5}, "EPOCH_CHAIN_BROKEN"),
        ({"events": 10}, "EPOCH_SIZE_DIFFERS"),
        ({"events_root": bytes(32)}, "EPOCH_EVENTS_DIFFER"),
        ({"day": 1}, "EPOCH_CHAIN_BROKEN"),
        ({"iat": 1}, "EPOCH_CHAIN_BROKEN"),
        ({"previous": bytes(32)}, "EPOCH_CHAIN_BROKEN"),
        ({"epoch": 3}, "EPOCH_CHAIN_BROKEN"),
        ({"book": CLOTHES}, "EPOCH_OF_ANOTHER"),
        ({"iss": kit.REGISTRY}, "EPOCH_OF_ANOTHER"),
    ],
)  # fmt: skip
def test_an_epoch_that_says_something_else_is_found(change: dict[str, object], code: str) -> None:
    made = clinics()
    made.seal(**change)
    assert first(World({CLINICS: made}))[0] == code


def test_signature_and_log_are_asked() -> None:
    made = clinics()
    claims = made.claims()
    made.epochs.append(sealed(claims, kit.STRANGER_KEY))
    assert first(World({CLINICS: made})) == ("KEY_UNKNOWN", "epoch 2")
    made.epochs[1:] = [sealed(claims, logged=False)]
    unlogged = World({CLINICS: made})
    assert first(unlogged) == ("RECEIPT_MISSING", "epoch 2")
    assert audited(unlogged).outcome is Outcome.INDETERMINATE
    assert audited(unlogged, "L1").outcome is Outcome.PASSED
    assert audited(world(), "L5").outcome is Outcome.INDETERMINATE
    assert audited(world(), at=kit.AT + 1000 * kit.DAY).outcome is not Outcome.PASSED
    with pytest.raises(ValueError):
        audited(world(), "L6")


def test_the_two_ends_of_a_transfer_are_compared() -> None:
    made = world()
    made.books[CLOTHES].bodies[1:] = []
    second = Made(CLOTHES)
    second.add(
        e.Opened, CLOTHES, kit.CHARITY, ("诊所药品", "Medicine"), e.Restriction("clinics", "medicine"), None, None
    )
    ref = next(iter(split_records(made.files()[f"{CLINICS.hex()}/events.bin"])[9:10]))
    assert e.parse_event(ref).NAME == "transferred"
    second.add(e.TransferIn, CLINICS, e.parse_event(ref).ref(CLINICS), 1_501)
    second.seal()
    made.books[CLOTHES] = second
    assert first(made) == ("TRANSFER_DIFFERS", "event 1")
    made.spoilt[INDEX] = index_text([CLOTHES])
    assert first(made) == ("TRANSFER_SOURCE_MISSING", "event 1")
    made.spoilt[INDEX] = index_text([CLINICS])
    assert first(made) == ("TRANSFER_TARGET_MISSING", "event 9")
    assert audited(made).in_transit == 1_900


def medicine(charity: str, *arrivals: tuple[bytes, int]) -> Made:
    """The fund that money is transferred to, of some charity, with what it says came in; sealed a day later."""
    made = Made(CLOTHES)
    made.add(e.Opened, CLOTHES, charity, ("诊所药品", "Medicine"), e.Restriction("clinics", "medicine"), None, None)
    for ref, amount in arrivals:
        made.add(e.TransferIn, CLINICS, ref, amount)
    return made


def test_what_is_transferred_arrives_in_a_fund_of_the_same_charity() -> None:
    """A transfer that nobody takes in is money out of every book; one to another charity is hidden surplus."""

    def given(target: Callable[[bytes], Made], later: int) -> AuditReport:
        source = clinics()
        ref = source.add(e.Transferred, CLOTHES, e.Restriction("clinics", "medicine"), 1_500, DIGEST)
        source.seal()
        other = target(ref)
        day = e.parse_event(source.bodies[-1]).day
        other.seal(day=day + later, iss=other.state.opened.charity if other.state.opened else "")
        return audited(World({made.book: made for made in (source, other)}))

    never = lambda _: medicine(kit.CHARITY)  # noqa: E731
    assert given(never, 0).outcome is Outcome.PASSED  # on its way: both ends are written at once, epochs are not
    assert given(never, 0).in_transit == 1_500
    late = given(never, 1).decisive
    assert late is not None
    assert (late.code, late.book, late.where) == ("TRANSFER_NOT_TAKEN_IN", CLINICS, "event 9")
    assert given(lambda ref: medicine(kit.CHARITY, (ref, 1_500)), 1).outcome is Outcome.PASSED
    codes = {f.code for f in given(lambda ref: medicine(kit.REGISTRY, (ref, 1_500)), 1).findings}
    assert "TRANSFER_DIFFERS" in codes


def test_one_donation_is_on_one_leaf() -> None:
    made = clinics()
    made.bodies, made.line, made.epochs = [], [], []
    made.state = type(made.state)(CLINICS)
    made.add(e.Opened, CLINICS, kit.CHARITY, ("乡村医疗", "Clinics"), e.Restriction(), None, None)
    made.add(e.Received, 0, 2, 10, leaves=(5, 5))
    made.line[1] = made.line[0]
    made.seal()
    assert first(World({CLINICS: made})) == ("DONATION_TWICE", "")


def test_a_bank_day_is_what_the_bank_signed() -> None:
    def booked(credits: int) -> tuple[str, str] | None:
        made = general()
        day = e.parse_event(clinics().bodies[0]).day
        totals = BankDay(kit.REGISTRY, kit.CHARITY, (day + 1) * 86_400, day, DIGEST, 700, 3, 0, 0)
        signed = kit.STRANGER_KEY.sign1(TYP_BANK_DAY, totals.encode())
        body = c.BankDay(day + 2, 2, day, DIGEST[::-1], credits, 3, 0, 0, signed)
        made.bodies.append(generalevents.encode(replace(body, account=DIGEST) if credits == 700 else body))
        made.bodies[1:2] = []
        made.bodies[1] = generalevents.encode(replace(generalevents.parse(made.bodies[1]), seq=1))  # type: ignore[type-var]
        made.epochs = []
        made.seal()
        report = audited(World({GENERAL: made}))
        return (report.decisive.code, report.decisive.where) if report.decisive else None

    assert booked(700) is None
    assert booked(701) == ("BANK_DAY_DIFFERS", "event 1")


def test_a_charitys_own_word_is_not_the_banks() -> None:
    """Totals without a statement are shown as what they are."""
    report = audited(world())
    (bank,) = report.banks
    assert (bank.days, bank.stated, bank.to_json()["stated"]) == (1, 0, 0)
    assert "0 with a statement of the bank, whose signature is not checked here" in audit_text(report, "en")
    assert "0 天附有银行声明，其签名未在此核验" in audit_text(report, "zh")


def test_a_closed_fund_shows_what_came_back() -> None:
    made = clinics()
    made.add(e.Released, 1, 1_000, WHY)
    made.add(e.SurplusDisposed, 5_501, kit.CHARITY, DIGEST)
    made.add(e.Closed, WHY)
    made.add(e.AcknowledgementWithdrawn, 1, 100, WHY)
    made.add(e.PaymentReturned, 1, 100, WHY)
    made.seal()
    report = audited(World({CLINICS: made}))
    assert report.outcome is Outcome.PASSED
    assert (report.funds[0].closed, report.funds[0].left_after_closing) == (True, 100)
    assert "1.00" in audit_text(report, "en").partition("after closing")[2]


class Looked(tuple[tuple[int, int], ...]):
    """Parts of a payment that may be looked up, and not gone through."""

    def __iter__(self) -> Iterator[tuple[int, int]]:
        raise AssertionError("all parts were read for one of them")


def test_a_payment_around_many_holes_is_acknowledged_without_going_through_its_parts() -> None:
    """10^5 holes and 10^5 acknowledgements are 20 MB of events: an audit that goes through them would take hours."""
    made = Made(CLINICS)
    made.add(e.Opened, CLINICS, kit.CHARITY, ("乡村医疗", "Clinics"), e.Restriction(), None, None)
    made.add(e.Received, 0, 1, 40, leaves=(40,))
    for at in range(1, 20, 2):
        made.add(e.DonationReturned, 0, at, 1, WHY)
    made.add(e.Allocated, 1, "clinics", "medicine", 12, DIGEST)
    made.add(e.Reserved, 1, 1, 12, 1, 3)
    made.add(e.Paid, 1, DIGEST)
    payment = made.state.disbursements[1]
    assert [idx for idx, _ in payment.segments] == [*range(0, 20, 2), 20]
    made.state.disbursements[1] = replace(payment, segments=Looked(payment.segments))
    made.add(e.Acknowledged, 1, 3, DIGEST, None, 2)
    made.add(e.Acknowledged, 1, 1, DIGEST, None, 2)
    made.add(e.PaymentReturned, 1, 3, WHY)
    settled = made.state.settlements
    assert [i for i, s in enumerate(settled) if s.acknowledged] == [0, 2, 4, 6]
    assert [(i, s.returned) for i, s in enumerate(settled) if s.returned] == [(18, 1), (20, 2)]


@pytest.mark.parametrize(
    ("index", "code"),
    [
        (b"", "UNREADABLE"),
        (b"[]", "UNREADABLE"),
        (b'{"version": 2, "books": []}', "UNREADABLE"),
        (b'{"version": 1, "books": ["00"]}', "UNREADABLE"),
        (index_text([CLINICS, CLINICS]), "UNREADABLE"),
        (index_text([]), "EMPTY"),
        (index_text([bytes(16)]), "FILE_MISSING"),
    ],
)
def test_the_index(index: bytes, code: str) -> None:
    made = world()
    made.spoilt[INDEX] = index
    assert first(made)[0] == code


def test_every_code_has_words_in_both_languages() -> None:
    assert all(zh and en for table in (FAILS, OPEN) for zh, en in table.values())
    assert not set(FAILS) & set(OPEN)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = world()
    for name, data in made.files().items():
        path = tmp_path / "export" / "charity" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "trust").write_bytes(kit.signed_bundle())
    trust = ["--trust", str(tmp_path / "trust"), "--root", kit.bundle().root_fingerprint]
    command = [*trust, "--at", str(kit.AT), "--charity", str(tmp_path / "export")]
    assert run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "PASSED"
    (tmp_path / "export/charity" / CLINICS.hex() / "out.bin").write_bytes(b"")
    assert run([*command, "--lang", "en"]) == 1
    assert "OUT_LINE_DIFFERS" in capsys.readouterr().out
    (tmp_path / "export/charity" / CLINICS.hex() / "out.bin").unlink()
    assert run([*command, "--lang", "en"]) == 2  # an incomplete copy says nothing against the charity
    assert f"{CLINICS.hex()} out.bin: a file is missing" in capsys.readouterr().out
    (tmp_path / "export/charity" / INDEX).unlink()
    assert run(command) == run([*command[:-1], str(tmp_path / "nowhere")]) == 64
    assert run([*command, "MZ1:X"]) == run(trust) == 64


def test_no_bit_of_any_file_but_the_carried_evidence_can_be_changed() -> None:
    """Of the epochs the statements alone: the way into the log that they carry is proof beside them."""
    made, draw = world(), random.Random(1)
    files = made.files()
    for name, data in sorted(files.items()):
        if name.endswith("epochs.bin"):
            continue
        for at in draw.sample(range(len(data)), min(len(data), 6)):
            made.spoilt = {name: flipped(at)(data)}
            assert audited(made).outcome is not Outcome.PASSED, (name, at)


def test_no_bit_of_a_signed_statement_can_be_changed() -> None:
    made, draw = world(), random.Random(2)
    name = f"{CLINICS.hex()}/epochs.bin"
    data = made.files()[name]
    for epoch in made.books[CLINICS].epochs:
        signed = epoch.sign1.payload or b""
        start = data.index(signed)
        for at in draw.sample(range(start, start + len(signed)), 8):
            made.spoilt = {name: flipped(at)(data)}
            assert audited(made).outcome is not Outcome.PASSED, at
