"""Whom the demo's bank meets: administrators who register it, and two spouses with a device key each.

Everything over HTTP and signed, with the code that a bank and a phone would run. Nobody here is real.
"""

from __future__ import annotations

import base64
import csv
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.keyring import KeyDirectory, Keyring
from api.services.service import Service
from certs.consent.codes import activation_message
from certs.consent.machine import Decision
from certs.consent.statement import make_statement
from certs.keys import PrivateKey, SoftwareSigner
from verifier.cose import CoseKey, encode_sign1, protected_header, sig_structure
from verifier.hazmat.sm3 import sm3
from verifier.labels import TYP_PRESENTATION
from verifier.online.client import Client
from verifier.online.errors import Problem
from verifier.online.questions import Person
from verifier.online.session import Session
from verifier.online.transport import Transport
from verifier.policy import TrustBundle
from verifier.presentation import presentation_payload

BANK: Final = "91990000MA9T000695"
EMPLOYER: Final = "91990000MB9T07301U"
ROW: Final = 2  # of the registrations, counted from 1: a couple whose marriage stands
LIFE: Final = 120  # seconds of a presentation
YEAR: Final = 365 * 86400


class DeviceKey:
    """A key as the client's `Signer`, made now and kept in memory."""

    def __init__(self) -> None:
        self.signer = SoftwareSigner(PrivateKey.generate(), process=False)

    @property
    def key(self) -> CoseKey:
        return self.signer.cose_key

    def sign(self, message: bytes) -> bytes:
        return self.signer.sign(message)


@dataclass(frozen=True)
class Place:
    """Where the service listens, and what it believes."""

    port: int
    trust: TrustBundle

    def session(self, key: DeviceKey) -> Session:
        return Session(Transport(f"http://127.0.0.1:{self.port}"), key, lang="en")


@dataclass(frozen=True)
class Holder:
    """Somebody with a phone. `person`: as the identity card has it."""

    person: Person
    key: DeviceKey
    session: Session

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        found = self.session.call("POST", f"/v1/holder/{path}", dict(body or {}))
        assert isinstance(found, dict)
        return found

    def decide(self, trx: str, decision: Decision) -> dict[str, Any]:
        """Read the notice, sign what was read, send it."""
        items = self.ask("consents")
        item = next(item for item in (*items["pending"], *items["past"]) if item["trx"] == trx)
        party = json.loads(item["notice"])["recipient"]["uscc"]
        digest = sm3(item["notice"].encode())
        signed = make_statement(self.key.signer, party, bytes.fromhex(trx), digest, decision, int(time.time()))
        body = {"trx": trx, "statement": base64.b64encode(signed).decode()}
        if decision is Decision.WITHDRAW:
            return self.ask("consents/withdraw", body)
        return self.ask("consents/decide", {**body, "decision": decision.name.lower()})

    def present(self, cti: bytes, file: bytes, audience: str, nonce: bytes) -> bytes:
        """Show a file to one party, from this device."""
        binding = base64.b64decode(self.ask("bindings", {"cti": cti.hex()})["binding"])
        signer, now = self.key.signer, int(time.time())
        payload = presentation_payload(audience, nonce, now, now + LIFE, file, binding)
        protected = protected_header(signer.alg, signer.kid, TYP_PRESENTATION)
        return encode_sign1(protected, {}, payload, signer.sign(sig_structure(protected, payload)))


async def administrators(service: Service) -> dict[str, DeviceKey]:
    """Two of them, added by the operator under the root: one registers, the other releases."""
    keyring = Keyring(KeyDirectory(service.settings.data_dir, secrets.token_bytes), service.clock)
    async with service.database.read() as work:
        row = next(row for row in await work.trust.keys() if row.purpose == "root")
    made, now = {}, service.clock()
    try:
        for role in ("system", "security"):
            key, name = DeviceKey(), f"demo-{role}-{secrets.token_hex(4)}"  # a number is never given twice
            members: dict[str, Any] = {"admin_id": name, "role": role, "alg": "sm2", "not_before": now - 60}
            members |= {"public_key": key.key.public.hex(), "not_after": now + YEAR}
            body = json.dumps(members).encode()
            await service.administration.operate(keyring.signer(row), service.institution.root_uscc, "admin-add", body)
            made[role] = key
    finally:
        keyring.close()
    return made


def party(place: Place, admins: Mapping[str, DeviceKey], uscc: str, category: str, names: tuple[str, str]) -> Client:
    """A relying party: registered by one administrator, its key released by another one."""
    system, security, key = place.session(admins["system"]), place.session(admins["security"]), DeviceKey()
    now = int(time.time())
    record = {"uscc": uscc, "name_zh": names[0], "name_en": names[1], "category": category, "contact": "010-00000000"}
    try:
        system.call("POST", "/v1/admin/parties", record)
    except Problem as problem:
        if problem.code != "act-refused":  # of an earlier run
            raise
    said = {"uscc": uscc, "purpose": "sign", "alg": "sm2", "public_key": key.key.public.hex()}
    system.call("POST", "/v1/admin/parties/keys", {**said, "not_before": now - 60, "not_after": now + YEAR})
    security.call("POST", "/v1/admin/parties/release", {"keyid": key.key.kid.hex()})
    return Client(place.session(key), place.trust, uscc)


def couple(place: Place, service: Service, examples: Path) -> tuple[Holder, Holder]:
    """Both spouses of one registration, enrolled at the office that sees them, each with a device."""
    rows = csv.DictReader((examples / "marriage-registrations.csv").read_text("utf-8").splitlines())
    row = list(rows)[ROW - 1]
    token = (service.settings.data_dir / "tokens" / "registry-990101.token").read_text().strip()
    man, woman = (_enrolled(place, token, row, who) for who in ("man", "woman"))
    return man, woman


def _enrolled(place: Place, token: str, row: Mapping[str, str], who: str) -> Holder:
    transport, key = Transport(f"http://127.0.0.1:{place.port}"), DeviceKey()
    said = {"cert_type": row[f"cert_type_{who}"], "cert_num": row[f"cert_num_{who}"], "nation": row[f"nation_{who}"]}
    said |= {"name": row[f"name_{who}"], "birth": row[f"birth_{who}"]}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = transport.request("POST", "/v1/holders/enrol", headers, json.dumps(said).encode())
    code = json.loads(answer.body)["activation_code"]
    proof = key.sign(activation_message(code.replace("-", ""), key.key.public))
    body = {"code": code, "public_key": _b64(key.key.public), "proof": _b64(proof)}
    transport.request("POST", "/v1/holder/activate", {"Content-Type": "application/json"}, json.dumps(body).encode())
    transport.close()
    person = Person(said["cert_type"], said["cert_num"], said["name"], said["nation"])
    return Holder(person, key, place.session(key))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
