"""The service as the holder's page sees it (docs/consent.md), small and in memory: for faults that one never has."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.web.routes import router
from tests.e2e.world import World
from tests.support import kit
from verifier import httpsig
from verifier.cose import CoseKey, Sign1, encode_sign1, protected_header, sig_structure
from verifier.credential import HolderFile
from verifier.hazmat.sm3 import sm3
from verifier.labels import ALG_SM2, CRV_SM2, TYP_DEVICE
from verifier.presentation import binding_payload

CODE: Final = "0A1B-2C3D-4E5F-6G7H"
BANK: Final = "91990000MA9T000695"
NAMES: Final = {
    "holder_name": ("持证人姓名", "Holder’s name"),
    "registration_date": ("登记日期", "Date of registration"),
    "zihao": ("结婚证字号", "Certificate serial"),
}
DECISIONS: Final = {1: "grant", 2: "refuse", 3: "withdraw"}


def notice(trx: str, **changes: Any) -> str:
    """Canonical JSON of a notice by the sample bank, e.g. `{"asks":[{"en":"Is …","item":"registered_married",…`."""
    now = int(time.time())
    said: dict[str, Any] = {
        "asks": [
            {
                "item": "registered_married",
                "zh": "持证人在2027-01-15是否为已婚登记状态？",
                "en": "Is the holder registered as married on 2027-01-15?",
            }
        ],
        "categories": [{"code": "marriage-registration", "zh": "婚姻登记信息", "en": "marriage registration"}],
        "expires_at": now + 900,
        "method": {"code": "query", "zh": "查询比对，仅保留结果", "en": "compared once; only the answer is kept"},
        "other": None,
        "purpose": {"code": "loan-married-status", "zh": "办理住房贷款", "en": "a housing loan"},
        "recipient": {"contact": "010-00000000", "name": "示例银行", "uscc": BANK},
        "retention": {"days": 180, "zh": "保存180天后删除", "en": "kept for 180 days, then deleted"},
        "rights": {"zh": "您可以随时撤回同意。", "en": "You can take back your agreement at any time."},
        "role": "subject",
        "trx": trx,
        "until": now + 86400,
        "uses": 1,
        "v": 1,
    }
    return json.dumps({**said, **changes}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def item(number: int, **changes: Any) -> dict[str, Any]:
    """A transaction that waits for this holder; `changes` go into the notice."""
    trx = f"{number:032x}"
    text = notice(trx, **changes)
    return {
        "trx": trx,
        "role": changes.get("role", "subject"),
        "state": "waiting",
        "decision": None,
        "decided_at": None,
        "withdrawable": False,
        "notice": text,
        "notice_sm3": sm3(text.encode()).hex(),
    }


@dataclass
class Double:
    """What it holds; tests set and read it directly."""

    world: World
    keys: dict[str, CoseKey] = field(default_factory=dict)
    used: bool = False
    lose_activation: bool = False  # register the key, then fail to say so
    items: list[dict[str, Any]] = field(default_factory=list)
    uses: list[dict[str, Any]] = field(default_factory=list)
    statements: list[tuple[str, bytes]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    codes: int = 0

    def reset(self) -> None:
        """As it was made."""
        self.__dict__.update(Double(self.world).__dict__)

    def application(self) -> FastAPI:
        """The page's own routes with the holder's endpoints beside them."""
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.add_api_route("/v1/holder/activate", self.activate, methods=["POST"])
        app.add_api_route("/v1/holder/{name:path}", self.signed, methods=["POST"])
        return app

    async def activate(self, request: Request) -> Response:
        body = await request.json()
        public = b64decode(body["public_key"])
        key = CoseKey.from_map({1: 2, -1: CRV_SM2, -2: public[1:33], -3: public[33:]})
        message = b"mz-activate/1\0" + body["code"].replace("-", "").encode() + b"\0" + public
        if self.used or body["code"] != CODE or not key.verify(b64decode(body["proof"]), message):
            return problem(422, "activation-refused", "开通码不可用。")
        self.used = True
        self.keys[key.kid.hex()] = key
        if self.lose_activation:
            return Response(status_code=502)
        return JSONResponse({"holder": "00" * 16, "keyid": key.kid.hex(), "not_after": int(time.time()) + 86400})

    async def signed(self, request: Request, name: str) -> Response:
        body = await request.body()
        keyid = self.signer(request, body)
        if keyid is None:
            return problem(401, "unauthenticated", "签名无效。")
        answers: dict[str, Callable[[object], Any]] = {
            "certificates": self.certificates,
            "file": lambda _: Response(self.world.files["marriage"], media_type="application/vnd.minzheng.mzc"),
            "codes": self.code,
            "consents": self.consents,
            "uses": lambda _: {"uses": self.uses, "next": None},
        }
        given = json.loads(body)
        match name:
            case "bindings":
                answer: Any = self.binding(keyid)
            case "devices":
                answer = self.devices(given, keyid)
            case "consents/decide" | "consents/withdraw":
                answer = self.decide(given, keyid)
            case _:
                answer = answers[name](given)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    def signer(self, request: Request, body: bytes) -> str | None:
        """Key identifier of a good signature that was not seen before."""
        headers = request.headers
        found = httpsig.SignedRequest.parse(
            headers["signature-input"], headers["signature"], headers.get("content-digest")
        )
        keyid, nonce = found.parameters.keyid, found.parameters.nonce
        target = httpsig.Target("POST", headers["host"], request.url.path)
        known = self.keys.get(keyid)
        good = known is not None and found.verify(known, target) and found.holds(body)
        if not good or nonce in self.nonces or not found.timely(int(time.time())):
            return None
        self.nonces.add(nonce)
        return keyid

    def certificates(self, _: object) -> Any:
        opened = HolderFile.parse(self.world.files["marriage"])
        slots = [
            {
                "name": d.name,
                "zh": NAMES.get(d.name, (d.name, d.name))[0],
                "en": NAMES.get(d.name, (d.name, d.name))[1],
                "value": d.value,
                "other": d.name.startswith("spouse_"),
            }
            for d in opened.disclosures
        ]
        claims = opened.certificate.claims
        one = {
            "cti": claims.cti.hex(),
            "kind": "marriage",
            "zh": "结婚证",
            "en": "marriage certificate",
            "issuer": claims.iss,
            "issued_at": "2027-01-15T08:00:00Z",
            "valid": True,
            "code": self.world.codes["marriage"],
            "slots": slots,
        }
        return {"certificates": [one]}

    def code(self, _: object) -> Any:
        self.codes += 1
        now = int(time.time())
        text = f"{self.codes:022d}"
        return {
            "code": text,
            "url": f"https://minzheng.example/h#{text}",
            "show_until": now + 60,
            "expires_at": now + 120,
        }

    def consents(self, _: object) -> Any:
        waits = [i for i in self.items if i["state"] == "waiting" and i["decision"] is None]
        return {"pending": waits, "past": [i for i in self.items if i not in waits]}

    def decide(self, given: dict[str, Any], keyid: str) -> Any:
        (found,) = [i for i in self.items if i["trx"] == given["trx"]]
        statement = Sign1.parse(b64decode(given["statement"]), typ="mz-consent+cwt")
        assert statement.payload is not None
        assert statement.kid.hex() == keyid
        assert statement.verify(self.keys[keyid])
        decision = given.get("decision", "withdraw")
        if decision != "withdraw" and found["decision"] is not None:
            return problem(409, "consent-state", "该申请已结束。")
        self.statements.append((decision, statement.payload))
        now = int(time.time())
        if decision == "withdraw":
            found.update(state="withdrawn", withdrawable=False)
        else:
            half = decision == "grant" and json.loads(found["notice"])["other"] is not None
            state = "waiting" if half else {"grant": "authorised", "refuse": "refused"}[decision]
            found.update(decision=decision, decided_at=now, state=state, withdrawable=decision == "grant")
        return {"trx": found["trx"], "state": found["state"], "decided_at": now}

    def binding(self, keyid: str) -> Any:
        now = int(time.time())
        claims = HolderFile.parse(self.world.files["marriage"]).certificate.claims
        payload = binding_payload(claims.iss, claims.cti, self.keys[keyid], now - 5, now + 86400)
        header = protected_header(ALG_SM2, kit.REGISTRY_KEY.key.kid, TYP_DEVICE)
        signature = kit.REGISTRY_KEY.sign(sig_structure(header, payload))
        data = encode_sign1(header, {}, payload, signature)
        return {"binding": b64encode(data).decode(), "expires_at": now + 86400}

    def devices(self, given: dict[str, Any], keyid: str) -> Any:
        now = int(time.time())
        if given["action"] == "invite":
            return {"activation_code": "2222-3333-4444-5555", "expires_at": now + 900}
        if given["action"] == "revoke":
            self.keys.pop(given["keyid"])
        return {
            "devices": [
                {
                    "keyid": k,
                    "since": now,
                    "not_after": now + 365 * 86400,
                    "revoked_at": None,
                    "current": k == keyid,
                }
                for k in self.keys
            ]
        }


def problem(status: int, code: str, title: str) -> Response:
    """problem+json as the service writes it."""
    body = {"type": f"https://minzheng.example/problems/{code}", "code": code, "title": title, "status": status}
    return JSONResponse(body, status, media_type="application/problem+json")
