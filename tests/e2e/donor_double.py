"""The service as the donor's page sees it, in memory: real traces of a real story, and faults at will."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.web.routes import router
from tests.e2e.holder_double import problem
from tests.support import kit
from tests.support.fund_story import BOOK_A, BOOK_B, secret, story, trace_of
from verifier.charity.opening import ReceiptCode

HOST: Final = "minzheng.example"
PDF: Final = b"%PDF-1.7 sample"
FUNDS: Final[dict[str, Any]] = {
    BOOK_A.hex(): {"title": {"zh": "校园午餐", "en": "School meals"}, "unit": None, "allocations": []},
    BOOK_B.hex(): {"title": {"zh": "冬衣", "en": "Winter coats"}, "unit": None, "allocations": []},
}


def receipt(number: int) -> ReceiptCode:
    """What donor `number` of the story was given."""
    return ReceiptCode(story().given[number].donation, secret(number))


@dataclass
class Double:
    """What is answered; tests change it. `changed`: bytes of traces that somebody swapped, old by new."""

    changed: dict[bytes, bytes] = field(default_factory=dict)
    instead: int | None = None  # whose trace everybody gets
    waiting: str | None = None
    mail: bool = True
    watches: list[tuple[str, Any]] = field(default_factory=list)

    def trace(self, donation: str) -> Response:
        found = [n for n, details in story().given.items() if details.donation.hex() == donation]
        if not found:
            return problem(404, "not-found", "未找到。")
        details = base64.b64encode(story().given[found[0]].encode()).decode()
        if self.waiting:
            return JSONResponse({"trace": None, "details": details, "waiting": self.waiting, "unit": None})
        number = found[0] if self.instead is None else self.instead
        data = trace_of(story(), number, opened=False).encode()
        for old, new in self.changed.items():
            assert data.count(old) == 1
            data = data.replace(old, new)
        return JSONResponse(
            {"trace": base64.b64encode(data).decode(), "details": details, "waiting": None, "unit": None}
        )

    def watch(self, path: str, body: Any) -> Response:
        self.watches.append((path, body))
        if path == "":
            if body["channel"] == "mail" and not self.mail:
                return refused("channel", "not-offered")
            return JSONResponse({"watch": "00" * 16, "state": "asked"}, status_code=202)
        if body["token"] != "ee" * 16:
            return problem(404, "not-found", "未找到。")
        return JSONResponse({"state": "live" if path == "/confirm" else "ended"})

    def application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        now = int(time.time())
        trust = kit.signed_bundle(kit.bundle(issued_at=now - kit.DAY, expires=now + kit.DAY))
        app.get("/v1/trust-bundle")(lambda: Response(trust))
        app.get("/v1/charity/books/{book}/overview")(lambda book: JSONResponse(FUNDS[book]))

        @app.post("/v1/charity/trace")
        async def trace(request: Request) -> Response:
            return self.trace((await request.json())["donation"])

        @app.post("/v1/charity/trace/certificate")
        async def certificate(request: Request) -> Response:
            assert ReceiptCode.parse((await request.json())["code"]) == receipt(0)
            return Response(PDF, media_type="application/pdf")

        @app.post("/v1/charity/watches{path:path}")
        async def watches(request: Request, path: str) -> Response:
            return self.watch(path, await request.json())

        return app


def refused(name: str, code: str) -> Response:
    """A field that the service does not take."""
    body = {"code": "invalid-fields", "title": "x", "status": 422, "errors": [{"field": name, "code": code}]}
    return JSONResponse(body, 422, media_type="application/problem+json")
