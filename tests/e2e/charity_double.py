"""Public answers about charities as the page sees them, in memory: a real fold of a real story, and faults at will."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.web.routes import router
from tests.support.charity_story import BOOK, CHARITY, overview

NAME: Final = {"name": "示例慈善会", "name_en": "Sample Charity"}
CODE: Final = "MZD1:A-GOOD-CODE"
EPOCH: Final = {"number": 1, "at": 1_790_000_000, "day": "2026-10-04"}
FUND: Final = f"/v1/charity/books/{BOOK.hex()}"
BOTH: Final = {"zh": "年度报告", "en": "Annual report"}
DUTY: Final = {
    "rule": "D11", "title": BOTH, "subject": "2025", "aspect": BOTH, "state": "overdue",
    "said": {"zh": "已逾期", "en": "overdue"}, "due": "2026-06-01", "published": None, "days_late": 12, "missing": None,
    "source": {"zh": "慈善法第七十八条", "en": "Charity Law art. 78"},
}  # fmt: skip
RATIO: Final = {"year": 2025, "title": BOTH, "value": "72.00 %", "limit": "≥ 70 %", "state": "met", "source": BOTH}
DUTIES: Final[dict[str, Any]] = {
    "obligations": [DUTY, DUTY | {"state": "not_known_yet", "due": None, "days_late": 0}],
    "ratios": [RATIO, RATIO | {"state": "breached"}, RATIO | {"state": "unlimited", "value": None, "limit": None}],
    "bank_days": [{"day": "2026-09-04", "credits": 10_000, "debits": 0, "signed": True}],
    "corrections": [{"event": 9, "about": 4, "day": "2026-05-02", "effect": "amended", "reason": BOTH}],
}


@dataclass
class Double:
    """What is answered; tests change it."""

    donors: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # of the check, by path
    shift: int = 0  # fen that the page is told more than was raised

    def listed(self) -> dict[str, Any]:
        fund = {"book": BOOK.hex(), "title_zh": "校园午餐", "title_en": "School meals", "closed": False}
        return {"charities": [{"uscc": CHARITY, **NAME, "general": None, "funds": [fund]}]}

    def overview(self) -> dict[str, Any]:
        head = {"book": BOOK.hex(), "charity": {"uscc": CHARITY, **NAME}, "tree": "sm3", "epoch": EPOCH}
        shown = head | overview().shown()
        shown["totals"]["raised"] += self.shift
        return shown

    def payments(self, before: int | None, limit: int) -> dict[str, Any]:
        every = sorted(overview().payments.values(), key=lambda p: -p.no)
        left = [p for p in every if before is None or p.no < before]
        shown = [p.shown() | {"segments": []} for p in left[:limit]]
        return {"epoch": 1, "payments": shown, "next": left[limit - 1].no if len(left) > limit else None}

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.get("/v1/charity")(lambda: JSONResponse(self.listed()))
        app.get(f"{FUND}/overview")(lambda: JSONResponse(self.overview()))
        app.get(f"{FUND}/donors")(lambda: JSONResponse({"epoch": 1, "donors": self.donors, "next": None}))
        app.get(f"/v1/charity/{CHARITY}/obligations")(lambda: JSONResponse(DUTIES))

        @app.get(f"{FUND}/payments.json")
        async def payments(before: int | None = None, limit: int = 100) -> Response:
            return JSONResponse(self.payments(before, limit))

        @app.post("/v1/charity/donations/withdraw-publication")
        async def withdraw(request: Request) -> Response:
            code = (await request.json())["code"]
            if code != CODE:
                return Response(status_code=404)
            self.donors.clear()
            return JSONResponse({"published": False})

        @app.get("/{path:path}")
        async def other(path: str) -> Response:
            found = self.files.get(f"/{path}")
            return Response(status_code=404) if found is None else Response(found)

        return app
