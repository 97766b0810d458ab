"""A charity with one fund, its files and its bank's, for tests of what comes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
from sqlalchemy import func, select

from api.services.charity.books import Books
from api.services.charity.commands import Commands, NewFund
from api.services.parties import OPERATOR, Principal
from tests.support.api_lab import CHARITY, Lab
from verifier.charity.eventform import Restriction

USCC = "53990000MJ9T00037A"
OPENED = date(2027, 1, 15)
CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEADING = "交易日期,流水号,支出,收入"
COLUMNS = "订单号,捐赠金额,捐赠人类型,捐赠人,收到日期,渠道,经手人,票据状态,是否匿名,银行流水号"


def day(n: int) -> str:
    """The n-th day of the fund."""
    return (OPENED + timedelta(days=n)).isoformat()


def gift(number: int, amount: str, on: int = 2, reference: str = "", anonymous: str = "0") -> str:
    return f"P-{number},{amount},1,样例捐赠人,{day(on)},平台,样例经手人,WAIVED,{anonymous},{reference}"


def debit(reference: str, amount: str, on: int) -> str:
    return f"{day(on)},{reference},{amount},"


def credit(reference: str, amount: str, on: int) -> str:
    return f"{day(on)},{reference},,{amount}"


@dataclass
class World:
    lab: Lab
    commands: Commands
    book: bytes
    party: Principal

    async def bank(self, *lines: str, who: str = CHARITY, heading: str = HEADING) -> httpx.Response:
        text = "\n".join(("账号,9900", heading, *lines))
        return await self.lab.client.post(
            "/v1/charity/imports/bank", content=text.encode(), headers=self.lab.token(who) | CSV
        )

    async def platform(self, data: str | bytes, media: str = CSV["Content-Type"], **query: str) -> httpx.Response:
        content = f"{COLUMNS}\n{data}".encode() if isinstance(data, str) else data
        return await self.lab.client.post(
            "/v1/charity/imports/platform",
            params={"book": self.book.hex(), **query},
            content=content,
            headers=self.lab.token(CHARITY) | {"Content-Type": media},
        )

    async def act(self, reference: str, **act: Any) -> None:
        await self.commands.act(self.party, self.book, reference, act, {})

    async def pay(self, number: int, amount: int, reference: str) -> None:
        await self.act(f"d{number}", kind="reserved", no=number, allocation=1, amount=amount, cost_class="direct_aid",
                       payee_type="supplier")  # fmt: skip
        await self.act(reference, kind="paid", no=number, voucher="aa" * 32)

    async def state(self, who: str = CHARITY, **query: str) -> dict[str, Any]:
        answer = await self.lab.client.get(
            "/v1/charity/reconciliation", params={"from": day(0), "to": day(60), **query}, headers=self.lab.token(who)
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def count(self, table: Any) -> int:
        async with self.lab.service.database.read() as work:
            return int(await work.connection.scalar(select(func.count()).select_from(table)) or 0)


async def money_world(lab: Lab) -> World:
    """A fund that was opened forty days ago, and the charity's act on it."""
    service = lab.service
    books = Books(service.database, service.makers.lookup, lab.clock)
    commands = Commands(books, service.makers.registry.sealer, service.makers.registry.entropy)
    party = Principal(USCC, OPERATOR, "")
    fund = NewFund(("助学", "School meals"), Restriction("meals", None), None, None)
    opened = await commands.open_fund(party, USCC, "fund", fund)
    lab.clock.now += 40 * 86400
    return World(lab, commands, opened.book, party)
