"""A charity at work through the API: a fund, donations, acts, epochs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.api_lab import CHARITY, Lab, problem

DIGEST = "ab" * 32


@dataclass
class Fund:
    """One fund of the charity. Amounts in fen."""

    lab: Lab
    book: str
    count: int = 0

    @property
    def path(self) -> str:
        return f"/v1/charity/books/{self.book}"

    def row(self, amount: int, **more: Any) -> dict[str, Any]:
        """A donation that keeps every rule."""
        self.count += 1
        number = f"DN-{self.book[:6]}-{self.count:06d}"
        return donation(self.count, amount, donation_no=number, received_on="2027-01-15") | more

    async def donate(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.lab.client.post(
            f"{self.path}/donations", json={"donations": rows}, headers=self.lab.token(CHARITY)
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["donations"]
        return found

    async def ask(self, kind: str, ref: str | None = None, **event: Any) -> Any:
        """The answer to an act, whatever it is."""
        self.count += 1
        body = {"ref": ref or f"ref-{self.count}", "event": {"kind": kind, **event}}
        return await self.lab.client.post(f"{self.path}/events", json=body, headers=self.lab.token(CHARITY))

    async def act(self, kind: str, ref: str | None = None, **event: Any) -> dict[str, Any]:
        answer = await self.ask(kind, ref, **event)
        assert answer.status_code in (200, 201), answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def refused(self, kind: str, **event: Any) -> str:
        """The rule that refuses an act."""
        answer = await self.ask(kind, **event)
        assert answer.status_code == 409, answer.text
        code: str = problem(answer)["errors"][0]["code"]
        return code

    async def spend(self, amount: int, *, acknowledged: int = 0) -> int:
        """Allocate, reserve, pay; gives the payment's number."""
        made = await self.act("allocated", project="reading", purpose="books", amount=amount, decision=DIGEST)
        payment = await self.act(
            "reserved", allocation=made["no"], amount=amount, cost_class="direct_aid", payee_type="supplier"
        )
        number: int = payment["no"]
        await self.act("paid", no=number, voucher=DIGEST)
        if acknowledged:
            await self.act("acknowledged", no=number, amount=acknowledged, evidence=DIGEST, signer="beneficiary")
        return number

    async def now(self) -> dict[str, Any]:
        """The fund as its charity sees it."""
        answer = await self.lab.client.get(self.path, headers=self.lab.token(CHARITY))
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen


def donation(number: int, amount: int, **more: Any) -> dict[str, Any]:
    """A row of intake that keeps every rule; received today unless said otherwise."""
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    return {
        "donation_no": f"DN-{number:06d}", "amount_fen": amount, "donor_type": "1", "donor_name": "张示例",
        "donor_ref": f"D{number}", "received_on": today, "channel": "银行转账", "handler": "样例经办人甲",
        "receipt_status": "WAIVED",
    } | more  # fmt: skip


async def opened(lab: Lab, ref: str = "fund-1", **more: Any) -> Fund:
    body = {"ref": ref, "title": {"zh": "示例基金", "en": "Example fund"}, **more}
    answer = await lab.client.post("/v1/charity/books", json=body, headers=lab.token(CHARITY))
    assert answer.status_code in (200, 201), answer.text
    return Fund(lab, answer.json()["book"])


async def epoch(lab: Lab) -> int:
    """Sign what there is to sign, and log it."""
    count = await lab.service.charity.epochs.run()
    await lab.service.ledger.sequence()
    lab.clock.now += 2
    await lab.service.ledger.checkpoint()
    return count


async def trace(lab: Lab, taken: dict[str, Any]) -> dict[str, Any]:
    answer = await lab.client.post("/v1/charity/trace", json={"donation": taken["donation"]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
