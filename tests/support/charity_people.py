"""Donors and beneficiaries with names, numbers and addresses, two funds, and everything that is done to them: what the
privacy of charity is tried on. Amounts are such as nobody else gives."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support import consenting
from tests.support.api_lab import CHARITY, Lab
from tests.support.charity_lab import DIGEST, Fund, epoch, opened
from tests.support.dictionary import Form, sm3
from verifier.charity.opening import Details, ReceiptCode
from verifier.hazmat.sm3 import hmac_sm3

MAN, WOMAN = consenting.MAN, consenting.WOMAN
CHILD: Final = "示例小小善"
PAYEE: Final = "样例受益人甲"
PARTY: Final = "某某关联企业有限公司"
MAIL: Final = "wang.shili@example.org"
PHONE: Final = "13800990000"
MEMBERS: Final = tuple(456_791 + 10_007 * n for n in range(5))
"""What the members of a group gave, in fen."""
BOTH: Final = {"zh": "合成数据", "en": "synthetic"}


@dataclass
class Given:
    """What was heard on the way (`told`: by the charity; `traces`: by who has a donation's number), what was given."""

    told: list[bytes] = field(default_factory=list)
    traces: dict[str, bytes] = field(default_factory=dict)
    donations: dict[str, dict[str, Any]] = field(default_factory=dict)
    funds: list[Fund] = field(default_factory=list)

    def details(self, name: str) -> Details:
        return Details.parse(base64.b64decode(json.loads(self.traces[name])["details"]))


def values() -> set[str]:
    """Everything that is somebody's own. Not the words of a document, which are the charity's."""
    people = {person[key] for person in (MAN, WOMAN) for key in ("name", "cert_num")}
    return people | {CHILD, PAYEE, PARTY, MAIL, PHONE, "样例经办人甲", "组员示例一", "BANK-990000-0001"}


async def giving(lab: Lab) -> Given:
    """Two funds, one donor in both, a group, a payment to a child, a related party, and requests that are refused."""
    found = Given()
    assert (await lab.issue()).status_code == 201  # the same two people, married
    one, two = await opened(lab), await opened(lab, "fund-2")
    found.funds = [one, two]
    man = {"donor_name": MAN["name"], "donor_ref": MAN["cert_num"], "donor_contact": PHONE}
    woman = {"donor_name": WOMAN["name"], "donor_ref": WOMAN["cert_num"], "donor_contact": MAIL}
    rows = {
        "man": one.row(123_457, bank_reference="BANK-990000-0001", **man),
        "woman": one.row(345_679, agreement_no=f"协议 {WOMAN['cert_num']}", **woman),
        "nobody": one.row(77_771, donor_name="", donor_ref="", anonymous="1", receipt_status="ANONYMOUS_RECORDED"),
        **{f"member {n}": one.row(amount, group=True, donor_name="组员示例一") for n, amount in enumerate(MEMBERS)},
    }
    found.donations = dict(zip(rows, await one.donate(*rows.values()), strict=True))
    assert all(taken["state"] in ("recorded", "waiting") for taken in found.donations.values()), found.donations
    there = await two.donate(two.row(235_573, **woman), two.row(234_571, **man))  # not in the places of fund one
    found.donations |= dict(zip(("woman there", "man there"), there, strict=True))
    await epoch(lab)
    await _spent(lab, one)
    await _refused(lab, one, found)
    await epoch(lab)
    for name, taken in found.donations.items():
        secret = ReceiptCode.parse(taken["code"]).secret.hex()
        for body in ({"donation": taken["donation"]}, {"donation": taken["donation"], "secret": secret}):
            answer = await lab.client.post("/v1/charity/trace", json=body)
            assert answer.status_code == 200, answer.text
            found.traces[name if len(body) == 1 else f"{name}, opened"] = answer.content
    return found


async def _spent(lab: Lab, fund: Fund) -> None:
    made = await fund.act("allocated", project="reading", purpose="books", amount=90_001, decision=DIGEST)
    headers = lab.token(CHARITY)

    async def noted(ref: str, event: dict[str, Any], notes: dict[str, str]) -> dict[str, Any]:
        body = {"ref": f"{ref} {CHILD}", "event": event, "notes": notes}
        answer = await lab.client.post(f"{fund.path}/events", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        done: dict[str, Any] = answer.json()
        return done

    pay = {"allocation": made["no"], "amount": 90_001, "cost_class": "direct_aid", "payee_type": "beneficiary"}
    number = (await noted("r", {"kind": "reserved", **pay}, {"payee": PAYEE}))["no"]
    await noted("p", {"kind": "paid", "no": number, "voucher": DIGEST}, {"account": PHONE})
    received = {"kind": "acknowledged", "no": number, "evidence": DIGEST, "signer": "two_witnesses"}
    for ref, amount in (("a", 40_000), ("b", 50_001)):
        await noted(ref, {**received, "amount": amount}, {"beneficiary": CHILD, "signed_by": PAYEE})


async def _refused(lab: Lab, fund: Fund, found: Given) -> None:
    """The related party of the general book, a watch, and what is sent wrongly by people who know names."""
    headers = lab.token(CHARITY)
    first = {"kind": "registered", "name": BOTH, "form": 1, "region": "990000", "registrar": BOTH,
             "registered_on": "2025-01-10", "recognised_on": "2025-01-10"}  # fmt: skip
    related = {"kind": "related_party", "name": PARTY, "relation": 4, "important": True, "since": "2026-01-01"}
    for ref, event in (("g1", first), ("g2", related)):
        answer = await lab.client.post("/v1/charity/general", json={"ref": ref, "event": event}, headers=headers)
        assert answer.status_code == 201, answer.text
        found.told.append(answer.content)
    wrong = [fund.row(-1, donor_name=MAN["name"]), fund.row(1, donor_type=MAN["cert_num"], handler="")]
    for path, body in (
        (f"{fund.path}/donations", {"donations": wrong}),
        (f"{fund.path}/donations", {"donations": [], MAN["cert_num"]: MAN["name"]}),
        (f"{fund.path}/events", {"ref": "x", "event": {"kind": "paid", "no": 99, "voucher": MAN["name"]}}),
        ("/v1/charity/trace", {"donation": MAN["cert_num"]}),
        ("/v1/charity/donations/withdraw-publication", {"code": f"MZD1:{MAN['name']}"}),
        ("/v1/charity/watches", {"donation": "00" * 16, "channel": "mail", "address": MAIL}),
    ):
        answer = await lab.client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 400, 404, 409, 422), answer.text
        found.told.append(answer.content)


async def public(lab: Lab) -> dict[str, bytes]:
    """Every public answer about every book, and what its page and badge are made of."""
    found: dict[str, bytes] = {}

    async def get(path: str) -> Any:
        answer = await lab.client.get(path)
        if answer.status_code != 404:
            assert answer.status_code == 200, (path, answer.text)
            found[path] = answer.content
        return answer

    charities = (await get("/v1/charity")).json()["charities"]
    await get("/v1/charity/index.json")
    for one in charities:
        for name in ("obligations", "qualification"):
            await get(f"/v1/charity/{one['uscc']}/{name}")
        for fund in one["funds"]:
            root = f"/v1/charity/books/{fund['book']}"
            for name in ("", "/overview", "/events?limit=1000", "/payments.json", "/payments.csv", "/flows.csv",
                         "/flows.json?line=in", "/flows.json?line=out", "/donors", "/badge.svg", "/epoch",
                         "/events.bin", "/in.bin", "/out.bin", "/settlement.bin", "/epochs.bin",
                         "/proof?index=0"):  # fmt: skip
                await get(root + name)
    async with lab.service.database.read() as work:  # the general books, too
        for row in await work.charity.books.every():
            await get(f"/v1/charity/books/{row.book_id.hex()}/events.bin")
    return found


def guesses(known: Details, secret_free: bytes) -> dict[str, Form]:
    """Ways to make a donation's commitment, or a pseudonym, of an identity number, for somebody who knows everything
    else of the donation: its id, amount, day, fund. `secret_free`: what stands in the leaf."""
    details = sm3(known.encode())
    separator = b"\x1f"

    def as_secret(number: bytes) -> bytes:
        salt = sm3(b"mz-donation-salt\x00" + number[:16] + known.donation)
        return hmac_sm3(salt, details)

    def as_salt(number: bytes) -> bytes:
        return hmac_sm3(sm3(number), details)

    own = known.pseudonym or b""
    before, _, behind = known.encode().partition(own)
    fund = b"charity-donor" + separator + known.book.hex().encode() + separator

    def as_pseudonym(number: bytes) -> bytes:
        return sm3(before + sm3(fund + number)[:16] + behind)

    def keyed(key: bytes) -> Form:
        head = fund + b"ref" + separator
        return lambda number: hmac_sm3(key, head + number)

    return {
        "number as secret": as_secret, "number as salt": as_salt, "number in the pseudonym": as_pseudonym,
        "tag under the book": keyed(known.book), "tag under the leaf": keyed(secret_free),
        "tag under nothing": keyed(b""),
    }  # fmt: skip
