"""Step 2 of the demo, beside the certificates: a charity takes donations and spends them; donors ask where they went.

Everything over HTTP with the charity's token, as its own system would. References and numbers hold the day, so that a
run that was killed goes on where it stopped, and one of another day begins new funds.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from api.demo.checks import SINGLE, Check, Expected
from api.demo.stranger import serving
from api.errors import Unavailable
from api.files import write_whole
from api.main import create_app
from api.services.importing.running import civil_day
from api.services.service import Service
from verifier.charity.opening import ReceiptCode
from verifier.charity.tracefile import Trace
from verifier.hazmat.sm3 import sm3
from verifier.online.transport import Transport
from verifier.receipt import Receipt

SLUG: Final = "charity-990001"
DONOR, RETURNED, FOREIGN, MEMBER = 1, 4, 3, 5  # numbers of donations that are asked about
BATCH: Final = 60
GROUP: Final = 5
REFUSED: Final = "refused"
FOLDER: Final = "giving"
ANCHORS: Final = "anchors"


@dataclass
class Story:
    """What was given: receipt codes by the name of the trace's file, and what the service refused."""

    codes: dict[str, ReceiptCode] = field(default_factory=dict, repr=False)
    checks: list[Check] = field(default_factory=list)


@dataclass(frozen=True)
class Charity:
    """A charity's own system: a token, and a day that its references begin with."""

    transport: Transport
    token: str
    day: date

    def call(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.transport.request("POST", f"/v1/charity/{path}", headers, json.dumps(body).encode())
        return answer.status, json.loads(answer.body)

    def done(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What must be taken. Raises Unavailable."""
        status, answer = self.call(path, body)
        if status not in (200, 201):
            raise Unavailable(f"{path.rpartition('/')[2]}: {answer.get('code')}")
        return answer

    def fund(self, name: str, zh: str, en: str, unit: Mapping[str, str] | None = None) -> str:
        said = {"ref": f"demo-{self.day}-{name}", "title": {"zh": zh, "en": en}, "unit": unit}
        return str(self.done("books", said)["book"])

    def row(self, number: int, **columns: Any) -> dict[str, Any]:
        """A donation of the day. Nobody here is real."""
        row = {"donation_no": f"DEMO-{self.day}-{number:04d}", "donor_type": "1", "received_on": self.day.isoformat()}
        row |= {"channel": "银行转账", "handler": "样例经办人", "receipt_status": "WAIVED"}
        return row | {"donor_name": f"样例捐赠人{number}"} | columns

    def donate(self, book: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.done(f"books/{book}/donations", {"donations": rows})["donations"]
        return found

    def act(self, book: str, ref: str, **event: Any) -> dict[str, Any]:
        return self.done(f"books/{book}/events", {"ref": f"demo-{self.day}-{ref}", "event": event})

    def refused(self, name: str, book: str, code: str, **event: Any) -> Check:
        """An act that the ledger's rules must refuse, by the rule."""
        status, answer = self.call(f"books/{book}/events", {"ref": f"demo-{self.day}-{name}", "event": event})
        wanted = Expected(REFUSED, code)
        said = (REFUSED, answer["errors"][0]["code"]) if status == 409 else ("recorded", "")
        return Check(SINGLE, name, wanted, *said)


async def give(service: Service) -> Story:
    """Donations, an epoch, spending, another epoch. Their log entries wait for the next checkpoint and anchor."""
    token = (service.settings.data_dir / "tokens" / f"{SLUG}.token").read_text().strip()
    story = Story()
    async with serving(create_app(service)) as port:
        charity = Charity(Transport(f"http://127.0.0.1:{port}"), token, civil_day(service.makers))
        try:
            money, goods = await asyncio.to_thread(_donations, charity, story)
            await service.charity.epochs.run()
            await asyncio.to_thread(_spending, charity, story, money, goods)
            await service.charity.epochs.run()
        finally:
            charity.transport.close()
    return story


def _donations(charity: Charity, story: Story) -> tuple[str, str]:
    """Single ones, a batch, an anonymous one, foreign money, five who want no amount of theirs shown; and quilts."""
    money = charity.fund("meals", "示例学生营养餐基金", "Example school meals fund")
    unit = {"item": "棉被", "unit": "条"}
    goods = charity.fund("quilts", "示例御寒物资基金", "Example winter relief fund", unit)
    rows = [
        charity.row(DONOR, amount_yuan="100.00", bank_reference=f"DEMO-{charity.day}-A", publish_name="1"),
        charity.row(2, amount_yuan="250.00", anonymous="1", donor_name="", receipt_status="ANONYMOUS_RECORDED"),
        charity.row(FOREIGN, currency="USD", foreign_amount="20.00", rate="7.1234"),
        charity.row(RETURNED, amount_yuan="66.60"),
        *(charity.row(MEMBER + n, amount_yuan=f"{n + 1}.11", group="1") for n in range(GROUP)),
        *(charity.row(100 + n, amount_yuan=f"{n % 7 + 1}.00") for n in range(BATCH)),
    ]
    taken = charity.donate(money, rows)
    wanted = {"returned": 3, "foreign": 2, "grouped": 4, "donation": 0}
    story.codes |= {name: ReceiptCode.parse(taken[n]["code"]) for name, n in wanted.items()}
    quilts = charity.row(50, property="goods", quantity=200, fair_value_yuan="20000.00", fair_value_basis="1", **unit)
    story.codes["goods"] = ReceiptCode.parse(charity.donate(goods, [quilts])[0]["code"])
    again = charity.row(999, amount_yuan="1.00", bank_reference=f"DEMO-{charity.day}-A")
    found = charity.donate(money, [again])[0]
    said = (REFUSED, found["errors"][0]["code"]) if found.get("errors") else ("recorded", "")
    story.checks.append(Check(SINGLE, "a bank credit posted a second time", Expected(REFUSED, "BANK_USED"), *said))
    return money, goods


def _spending(charity: Charity, story: Story, money: str, goods: str) -> None:
    """60 yuan paid and acknowledged; 30 paid, 15 of them acknowledged, 10 come back; 66.60 go back to their donor."""
    story.checks += _refusals(charity, money)
    meals = {"project": "school-meals", "purpose": "meals", "decision": _document("decision")}
    first = charity.act(money, "allocated", kind="allocated", amount=40000, **meals)["no"]
    paid = [_paid(charity, money, first, ref, amount) for ref, amount in (("p1", 6000), ("p2", 3000))]
    _acknowledged(charity, money, paid[0], "a1", 6000)
    _acknowledged(charity, money, paid[1], "a2", 1500)
    back = {"code": "payee-returned", "text": None}
    charity.act(money, "r2", kind="payment_returned", no=paid[1], amount=1000, reason=back)
    donation = story.codes["returned"].donation.hex()
    asked = {"code": "donor-asked", "text": None}
    charity.act(money, "d4", kind="donation_returned", donation=donation, reason=asked)
    over = {"kind": "acknowledged", "no": paid[1], "amount": 600, "evidence": _document("x"), "signer": "beneficiary"}
    story.checks.append(charity.refused("more acknowledged than was paid", money, "over-acknowledged", **over))
    end = {"kind": "closed", "reason": {"code": "purpose-reached", "text": None}}
    story.checks.append(charity.refused("a fund closed with money in it", money, "not-empty", **end))
    warm = charity.act(goods, "g-allocated", kind="allocated", amount=150, **meals | {"project": "winter"})["no"]
    _acknowledged(charity, goods, _paid(charity, goods, warm, "g1", 150), "ga1", 150)


def _refusals(charity: Charity, money: str) -> list[Check]:
    """Before anything was allocated."""
    much = {"kind": "allocated", "project": "x", "purpose": "x", "amount": 10_000_000, "decision": _document("x")}
    none = {"kind": "reserved", "allocation": 9, "amount": 1, "cost_class": "admin", "payee_type": "staff"}
    return [
        charity.refused("more allocated than was given", money, "over-allocation", **much),
        charity.refused("a payment without an allocation", money, "no-allocation", **none),
    ]


def _paid(charity: Charity, book: str, allocation: int, ref: str, amount: int) -> int:
    said = {"allocation": allocation, "amount": amount, "cost_class": "direct_aid", "payee_type": "supplier"}
    number = int(charity.act(book, f"{ref}-reserved", kind="reserved", **said)["no"])
    charity.act(book, f"{ref}-paid", kind="paid", no=number, voucher=_document(f"voucher {ref}"))
    return number


def _acknowledged(charity: Charity, book: str, number: int, ref: str, amount: int) -> None:
    said = {"no": number, "amount": amount, "evidence": _document(f"receipt {ref}"), "signer": "beneficiary"}
    charity.act(book, ref, kind="acknowledged", **said)


def _document(name: str) -> str:
    """SM3 of a document that a charity would have published."""
    return sm3(f"demo document: {name}".encode()).hex()


async def write(service: Service, story: Story, directory: Path) -> None:
    """Every donor's trace as the service gives it to whoever has the receipt code, what takes them to level L5, and the
    public export."""
    folder = directory / FOLDER
    (folder / ANCHORS).mkdir(parents=True, exist_ok=True)
    async with serving(create_app(service)) as port:
        sizes = await asyncio.to_thread(_write_traces, port, story, folder)
    for size in sorted(sizes):
        write_whole(folder / ANCHORS / f"{size}.cbor", (await service.anchors.observation(size)).encode())
    await service.charity.export.write(folder)


def _write_traces(port: int, story: Story, folder: Path) -> set[int]:
    """The sizes of the log that their epochs are proven in."""
    sizes = set()
    transport = Transport(f"http://127.0.0.1:{port}")
    try:
        for name, code in story.codes.items():
            body = json.dumps({"donation": code.donation.hex(), "secret": code.secret.hex()}).encode()
            answer = transport.request("POST", "/v1/charity/trace", {"Content-Type": "application/json"}, body)
            trace = json.loads(answer.body).get("trace") if answer.status == 200 else None
            if trace is None:
                raise Unavailable(f"the trace of {name}: status {answer.status}")
            data = base64.b64decode(trace)
            write_whole(folder / f"{name}.mzd", data)
            epochs = Trace.parse(data).epochs.values()
            sizes |= {Receipt.parse(receipt).size for epoch in epochs for receipt in epoch.receipts}
    finally:
        transport.close()
    return sizes
