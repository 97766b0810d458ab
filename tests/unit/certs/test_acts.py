"""Rules of acts upon the registers, without a database; and the statements that operators make."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from certs.acts import OPERATOR, PATHS, ROLES, WHO, OperatorAct, Register, act_entry, operator_act
from certs.errors import ActRefused
from tests.support.kit import TestSigner
from verifier.errors import Malformed

AT, END = 1_800_000_000, 1_800_001_000
BANK = "91990000MB9T071099"


def key(seed: str, **changes: Any) -> dict[str, Any]:
    public = TestSigner(seed.encode()).public_key.hex()
    return {"alg": "sm2", "public_key": public, "not_before": AT, "not_after": END} | changes


class Book:
    """A register with one administrator of each role, and what is done to it a second apart."""

    def __init__(self) -> None:
        self.register, self.at = Register(), AT
        for role in ROLES:
            self.do(OPERATOR, "admin-add", {"admin_id": f"{role}-01", "role": role} | key(role))
        names = {"name_zh": "示例银行", "name_en": "Example Bank", "contact": "示例银行合规部"}
        self.do("system-01", "party-add", {"uscc": BANK, "category": "bank"} | names)

    def do(self, actor: str, action: str, said: Any) -> None:
        self.at += 1
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.register.apply(action, body, actor, self.at)


def test_registered_released_revoked() -> None:
    book = Book()
    keyid = TestSigner(b"bank").kid.hex()
    book.do("system-01", "key-add", key("bank", uscc=BANK, purpose="sign"))
    made = book.register.keys[keyid]
    assert (made.owner_kind, made.owner, made.released_at) == ("party", BANK, None)
    book.do("security-01", "key-release", {"keyid": keyid})
    assert book.register.keys[keyid] == replace(made, released_at=book.at)
    released = book.at
    book.do("system-01", "key-revoke", {"keyid": keyid})
    assert book.register.keys[keyid] == replace(made, released_at=released, revoked_at=book.at)


def test_ending_an_administrator_ends_the_keys() -> None:
    book = Book()
    book.do(OPERATOR, "admin-key", {"admin_id": "audit-01"} | key("second"))
    book.do("security-01", "admin-revoke", {"admin_id": "audit-01"})
    mine = [k for k in book.register.keys.values() if k.owner == "audit-01"]
    assert [k.revoked_at for k in mine] == [book.at, book.at]
    with pytest.raises(ActRefused, match="administrator-known"):
        book.do(OPERATOR, "admin-add", {"admin_id": "audit-01", "role": "system"} | key("third"))
    with pytest.raises(ActRefused, match="no-administrator"):
        book.do(OPERATOR, "admin-key", {"admin_id": "audit-01"} | key("fourth"))


@pytest.mark.parametrize("action", WHO)
@pytest.mark.parametrize("actor", [OPERATOR, *(f"{role}-01" for role in ROLES), "nobody"])
def test_each_actor_does_its_own_acts_only(action: str, actor: str) -> None:
    role = actor.removesuffix("-01")
    with pytest.raises(ActRefused) as refused:
        Book().do(actor, action, {})
    wanted = "members" if role in WHO[action] else "no-administrator" if actor == "nobody" else "role"
    assert refused.value.rule == wanted


def test_no_act_over_http_makes_an_administrator() -> None:
    assert set(WHO) - set(PATHS.values()) == {"admin-add", "admin-key"}
    assert not any(set(WHO[action]) & set(ROLES) for action in ("admin-add", "admin-key"))
    assert not any({"system", "security"} <= set(roles) for action, roles in WHO.items() if action != "key-revoke")
    assert not any("audit" in roles for roles in WHO.values())


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (b"", "members"),
        (b"[]", "members"),
        (b"\xff", "members"),
        (key("x", uscc=BANK), "members"),
        (key("x", uscc=BANK, purpose="tell"), "members"),
        (key("x", uscc=BANK, purpose="sign", alg="rsa"), "members"),
        (key("x", uscc=BANK, purpose="sign", alg="x509"), "algorithm"),
        (key("x", uscc=BANK, purpose="encrypt", alg="es256"), "algorithm"),
        (key("x", uscc=BANK, purpose="tls", alg="x509"), "algorithm"),
        (key("x", uscc=BANK, purpose="sign", public_key="04"), "members"),
        (key("x", uscc=BANK, purpose="sign", public_key=1), "members"),
        (key("x", uscc=BANK, purpose="sign", not_after=AT), "validity"),
        (key("x", uscc=BANK, purpose="sign", not_before=True), "validity"),
        (key("x", uscc=BANK, purpose="sign", not_after=AT + 1_000_000_000), "validity"),
        (key("audit", uscc=BANK, purpose="sign"), "key-known"),
    ],
)
def test_keys_that_are_not_taken(said: Any, rule: str) -> None:
    book = Book()
    before = dict(book.register.keys)
    with pytest.raises(ActRefused) as refused:
        book.do("system-01", "key-add", said)
    assert refused.value.rule == rule
    assert book.register.keys == before


def test_an_operators_statement_is_read_back() -> None:
    root = TestSigner(b"root")
    made = operator_act(root, "11990000MB9T00011H", AT, "admin-add", b"{}")
    read = OperatorAct.parse(made)
    assert (read.issuer, read.at, read.action, read.body) == ("11990000MB9T00011H", AT, "admin-add", b"{}")
    assert read.sign1.verify(root.key)
    assert not read.sign1.verify(TestSigner(b"another").key)
    with pytest.raises(Malformed):
        OperatorAct.parse(made[:-1])


def test_an_entry_commits_to_the_act_before() -> None:
    salt = bytes(32)
    entries = {act_entry(salt, before, b"act") for before in (b"", bytes(38), b"\x01" * 38)}
    assert len(entries) == 3
    assert {len(entry) for entry in entries} == {38}
