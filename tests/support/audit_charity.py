"""A charity in the instance that is audited: two funds, donors, payments, epochs, statements, files, watches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from api.commands.common import principal
from api.services.charity.commands import NewFund
from api.services.parties import Principal
from api.services.service import Service
from tests.support.api_lab import CHARITY, NOW, Clock
from verifier.charity.eventform import Restriction
from verifier.hazmat.sm3 import sm3

TODAY: Final = datetime.fromtimestamp(NOW, UTC).date()
DIGESTS: Final = ("ab" * 32, "cd" * 32, "ef" * 32)
MANY: Final = 256  # donations of one batch: a full tile
UNNAMED: Final = 5
"""Which of that batch took back that the name be shown."""
AGREED: Final = {"code": "agreed"}
_COLUMNS: Final = "订单号,捐赠金额,捐赠人类型,捐赠人,收到日期,渠道,经手人,票据状态,是否匿名,银行流水号"


def _row(number: int, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "donation_no": f"AD-{number:04d}", "amount_fen": amount, "donor_type": "1", "donor_name": "张示例",
        "donor_ref": f"D{number}", "received_on": _day(0), "channel": "银行转账", "handler": "样例经办人甲",
        "receipt_status": "WAIVED", "publish_name": "1" if number % 5 == 0 else "0",
    } | more  # fmt: skip


def _day(before: int) -> str:
    return date.isoformat(TODAY - timedelta(days=before))


class _Charity:
    """Everything the charity does, a second after the other."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service, self.clock, self.count, self.drawn = service, clock, 0, 0
        self.codes: dict[bytes, str] = {}
        self.party: Principal = principal(service.institution, CHARITY)
        for part in (
            service.charity.commands,
            service.charity.intake,
            service.charity_imports,
            service.charity_watches,
        ):
            part._entropy = self.numbers  # rows in order of their ids: the same rows are attacked in every run

    def numbers(self, size: int) -> bytes:
        """Bytes that are new each time, and the same in every run."""
        self.drawn += 1
        return b"".join(sm3(b"%d/%d" % (self.drawn, n)) for n in range(1 + size // 32))[:size]

    def tick(self) -> str:
        self.clock.now += 1
        self.count += 1
        return f"own-{self.count}"

    async def fund(self, title: str, restriction: Restriction) -> bytes:
        new = NewFund((title, "Sample fund"), restriction, None, None)
        return (await self.service.charity.commands.open_fund(self.party, self.party.uscc, self.tick(), new)).book

    async def donate(self, book: bytes, *rows: dict[str, Any]) -> list[bytes]:
        self.tick()
        taken = await self.service.charity.intake.take(self.party, book, rows)
        assert all(one.code is not None for one in taken), taken
        self.codes.update({one.code.donation: one.code.text() for one in taken if one.code is not None})
        return [one.code.donation for one in taken if one.code is not None]

    async def act(self, book: bytes, kind: str, **values: Any) -> None:
        await self.service.charity.commands.act(
            self.party, book, self.tick(), {"kind": kind, **values}, {"payee": "样例供应商"}
        )

    async def spend(self, book: bytes, no: int, amount: int, cost_class: str) -> None:
        await self.act(book, "reserved", no=no, allocation=1 + no % 2, amount=amount, cost_class=cost_class,
                       payee_type="supplier")  # fmt: skip
        await self.act(book, "paid", no=no, voucher=DIGESTS[no % 3])

    async def epochs(self) -> None:
        self.tick()
        await self.service.charity.epochs.run()
        await self.service.ledger.sequence()


async def register_charity(service: Service, clock: Clock) -> None:
    """Two epochs, and something after them."""
    does = _Charity(service, clock)
    first = await does.fund("乡村医疗", Restriction("clinics", None))
    second = await does.fund("诊所药品", Restriction("clinics", "medicine"))
    await does.donate(first, _row(1, 40_000, bank_reference="B1"), _row(2, 30_000, bank_reference="B2"))
    named = await does.donate(first, *[_row(10 + n, 100 + n) for n in range(MANY)])
    await does.donate(first, *[_row(500 + n, 1_000 + n, group="1") for n in range(5)])
    for no, amount in ((1, 50_000), (2, 46_000)):
        await does.act(first, "allocated", no=no, project="clinics", purpose=f"use-{no}", amount=amount,
                       decision=DIGESTS[no])  # fmt: skip
    await does.act(first, "donation_returned", donation=named[0].hex(), reason=AGREED)
    does.tick()
    await service.published_donors.withdraw(does.codes[named[UNNAMED]])
    await does.spend(first, 1, 20_000, "direct_aid")
    await does.spend(first, 2, 30_000, "admin")
    await does.epochs()
    await does.spend(first, 3, 25_000, "service_cost")
    await does.act(
        first, "acknowledged", no=1, amount=15_000, evidence=DIGESTS[0], signer="two_witnesses", beneficiary=None
    )
    await does.act(
        first, "acknowledged", no=1, amount=2_000, evidence=DIGESTS[1], signer="beneficiary", beneficiary=DIGESTS[2]
    )
    await does.act(
        first, "acknowledged", no=3, amount=25_000, evidence=DIGESTS[1], signer="beneficiary", beneficiary=DIGESTS[2]
    )
    await does.act(first, "payment_returned", no=2, amount=5_000, reason=AGREED)
    await does.act(first, "transferred", target=second.hex(), amount=3_000, decision=DIGESTS[2])
    await does.act(first, "redirected", donation=named[200].hex(), target=second.hex(), consent=DIGESTS[0])
    await does.donate(second, _row(900, 777), _row(901, 778, bank_reference="B7"))
    await does.act(second, "allocated", no=1, project="clinics", purpose="medicine", amount=1_000, decision=DIGESTS[0])
    await _files(does, first)
    await _watched(does, named)
    await does.epochs()
    await does.act(first, "reserved", no=4, allocation=1, amount=500, cost_class="fundraising_cost",
                   payee_type="supplier")  # fmt: skip


async def _files(does: _Charity, book: bytes) -> None:
    """Two statements of the bank, and two platforms' files."""
    head = "账号,9900\n交易日期,流水号,支出,收入\n"
    for text in (
        f"{_day(1)},B1,,400.00\n{_day(2)},B2,,300.00\n{_day(0)},V1,200.00,\n",
        f"{_day(0)},B7,,7.78\n{_day(1)},V2,300.00,\n",
    ):
        does.tick()
        await does.service.charity_imports.bank(does.party, (head + text).encode())
    for number, reference in (("P-1", "S1"), ("P-2", "S2")):
        does.tick()
        row = f"{number},12.3{number[-1]},1,样例捐赠人,{_day(0)},平台,样例经手人,WAIVED,0,"
        data = f"{_COLUMNS}\n{row}\n".encode()
        await does.service.charity_imports.platform(does.party, book, data, "csv", "auto", reference)


async def _watched(does: _Charity, donations: list[bytes]) -> None:
    for number, donation in enumerate(donations[:3]):
        does.tick()
        await does.service.charity_watches.ask(donation, "webhook", f"https://hooks{number}.example/")
