"""The service as the pages of offices see it (docs/api.md), small and in memory: for faults that one never has."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.web.routes import router
from tests.e2e.holder_double import problem
from verifier import httpsig
from verifier.cose import CoseKey
from verifier.hazmat.sm3 import sm3
from verifier.labels import CRV_SM2

CHARITY: Final = "53990000MJ9T00037A"
BOOK: Final = "0123456789abcdef0123456789abcdef"
OTHER: Final = "fedcba9876543210fedcba9876543210"
CODE: Final = "MZD1:" + "7WE QE" * 8
PARTY: Final = {"uscc": CHARITY, "name_zh": "示例慈善基金会", "name_en": "Example Charity Foundation", "keys": []}
OVERDUE: Final = {
    "charity": CHARITY,
    "name": {"zh": "示例慈善基金会", "en": "Example Charity Foundation"},
    "rule": "D5",
    "subject": f"{CHARITY}A26001",
    "aspect": {"zh": "第一期", "en": "the first period"},
    "source": {"zh": "慈善法第七十九条", "en": "Charity Law, article 79"},
    "due": "2026-10-31",
    "days_late": 22,
}


@dataclass
class Office:
    """What it holds; tests set and read it directly."""

    role: str = "charity"
    keys: dict[str, CoseKey] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    donations: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)  # what is not published, of every event
    refs: dict[str, str] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)
    lose_answer: bool = False  # record the next event, then fail to say so
    registered: bool = True  # in the general book; else nothing can be due
    refuse: str = ""  # code that the next event is refused with

    def reset(self) -> None:
        """As it was made."""
        self.__dict__.update(Office(self.role).__dict__)

    def register(self, public: str) -> None:
        """What two administrators do."""
        data = bytes.fromhex(public)
        key = CoseKey.from_map({1: 2, -1: CRV_SM2, -2: data[1:33], -3: data[33:]})
        self.keys[key.kid.hex()] = key

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.add_api_route("/v1/{path:path}", self.answer, methods=["GET", "POST"])
        return app

    async def answer(self, request: Request, path: str) -> Response:
        body = await request.body()
        if "signature-input" in request.headers and not self.signed(request, body):
            return problem(401, "unauthenticated", "签名无效。")
        name = path.removeprefix("charity/").replace(BOOK, "book")
        if request.method == "GET":
            found = self.got(name, request.url.query)
            return JSONResponse(found) if found is not None else problem(404, "not-found", "没有。")
        if name.startswith("imports/"):
            self.files.append(body)
            return JSONResponse(REPORT)
        return self.posted(name, json.loads(body))

    def signed(self, request: Request, body: bytes) -> bool:
        headers = request.headers
        found = httpsig.SignedRequest.parse(
            headers["signature-input"], headers["signature"], headers.get("content-digest")
        )
        known = self.keys.get(found.parameters.keyid)
        target = httpsig.Target(request.method, headers["host"], request.url.path, request.url.query)
        if known is None or not found.verify(known, target) or not found.timely(int(time.time())):
            return False
        return found.holds(body)

    def got(self, name: str, query: str) -> Any:
        fund = {"book": BOOK, "title": {"zh": "示例助学基金", "en": "Example school fund"}, "closed": False}
        other = {"book": OTHER, "title": {"zh": "示例物资基金", "en": "Example goods fund"}, "closed": False}
        goods = self.fund(other) | {"unit": {"item": "棉被", "unit": "条"}, "allocations": []}
        wanted = query.split("state=")[-1].split("&")[0]
        return {
            "party": PARTY | {"role": self.role},
            "books": {"funds": [self.fund(fund), goods]},
            "books/book": self.fund(fund),
            f"books/{OTHER}": goods,
            "books/book/disbursements": {"disbursements": [p for p in self.payments() if p["state"] == wanted]},
            f"books/{OTHER}/disbursements": {"disbursements": []},
            "imports": {"imports": [REPORT | {"source": "bank", "recorded_at": 1800000000}] if self.files else []},
            f"{CHARITY}/obligations": {"obligations": [{**OVERDUE, "state": "overdue"}]} if self.registered else None,
            "regulator/overdue": {"rows": [OVERDUE]},
            "regulator/gaps": {"rows": []},
        }.get(name)

    def sum(self, kind: str) -> int:
        return sum(e.get("amount", 0) for e in self.events if e["kind"] == kind)

    def payments(self) -> list[dict[str, Any]]:
        rows = [
            {"no": n, "acknowledged": 0, "returned": 0, "state": "reserved", "day": "2026-11-20", **e}
            for n, e in enumerate((e for e in self.events if e["kind"] == "reserved"), 1)
        ]
        for e in self.events:
            if e["kind"] == "paid":
                rows[e["no"] - 1]["state"] = "paid"
            elif e["kind"] == "acknowledged":
                rows[e["no"] - 1]["acknowledged"] += e["amount"]
        return rows

    def fund(self, known: dict[str, Any]) -> dict[str, Any]:
        received = sum(int(d["amount_fen"]) for d in self.donations)
        allocated, reserved = self.sum("allocated"), self.sum("reserved")
        paid = sum(p["amount"] for p in self.payments() if p["state"] == "paid")
        totals = {
            "received": received,
            "unallocated": received - allocated,
            "allocated": allocated - reserved,
            "reserved": reserved - paid,
            "paid": paid - self.sum("acknowledged"),
            "acknowledged": self.sum("acknowledged"),
            "out": 0,
        }
        made = [e for e in self.events if e["kind"] == "allocated"]
        rows = [{"no": n, "used": reserved if n == 1 else 0, **e} for n, e in enumerate(made, 1)]
        restriction = {"project": None, "purpose": None}
        return known | {
            "restriction": restriction,
            "unit": None,
            "plan": None,
            "epoch": None,
            "totals": totals,
            "allocations": rows,
        }

    def posted(self, name: str, given: Any) -> Response:
        if name == "books/book/donations":
            self.donations += given["donations"]
            answers = [
                {"donation": "00" * 16, "state": "recorded", "code": CODE, "url": "https://minzheng.example/d#AAAA"}
            ]
            return JSONResponse({"donations": answers})
        if name == "books/book/events":
            return self.event(given)
        return problem(404, "not-found", "没有。")

    def event(self, given: Any) -> Response:
        content = json.dumps(given["event"], sort_keys=True)
        if self.refuse:
            code, self.refuse = self.refuse, ""
            return problem(409, code, "不符合账本规则，未作更改。")
        known = self.refs.get(given["ref"])
        if known is not None and known != content:
            return problem(409, "conflict", "同一编号用于另一事项。")
        if known is None:
            self.refs[given["ref"]] = content
            self.events.append(given["event"])
            self.notes.append(given["notes"])
        if self.lose_answer:
            self.lose_answer = False
            return Response(status_code=502)
        number = sum(e["kind"] == given["event"]["kind"] for e in self.events)
        return JSONResponse({"seq": len(self.events), "book": BOOK, "no": number})


REPORT: Final = {
    "id": "11" * 16,
    "rows": 3,
    "classes": {"taken": 2, "known": 0, "rejected": 1},
    "left_out": 0,
    "problems": [{"line": 4, "field": "amount_yuan", "code": "AMOUNT"}],
}


def digest(data: bytes) -> str:
    return sm3(data).hex()
