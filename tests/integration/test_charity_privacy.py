"""Privacy of charity, tried and not promised: no personal value in anything public, in answers, log lines, metrics or
files; nothing for a dictionary; nobody outside a group learns a member's amount; a donor's gifts to two funds cannot be
joined. What remains visible is said in docs/open-data.md.
"""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest

from tests.support.api_lab import Lab
from tests.support.charity_people import CHILD, MAN, MEMBERS, Given, giving, guesses, public, values
from tests.support.dictionary import Haystack, attack, forms, numbers, sm3
from tests.support.privacy import Needles, assert_clean
from tests.support.publicly import listening, surface
from verifier import cbor
from verifier.charity.opening import ReceiptCode

DATABASES = ("sqlite",)


@pytest.fixture(scope="module")
def needles() -> Needles:
    return Needles.make(values())


def traced(given: Given, name: str) -> bytes:
    """The bytes of a trace, out of the answer's base64."""
    answer = json.loads(given.traces[name])
    return b"".join(base64.b64decode(answer[part] or "") for part in ("trace", "details"))


async def test_no_personal_value_anywhere_but_under_seal(lab: Lab, needles: Needles) -> None:
    with listening() as lines:
        given = await giving(lab)
        everything = await public(lab) | await surface(lab)
    assert needles.found(f"for {CHILD}".encode()) == {CHILD}
    assert len([path for path in everything if "/books/" in path]) > 30
    for name, data in everything.items():
        assert_clean(name, data, needles)
    for n, answer in enumerate(given.told):
        assert_clean(f"answer {n}", answer, needles)
    for name in given.traces:
        assert_clean(f"the trace of {name}", given.traces[name] + traced(given, name), needles)
    assert len(lines) > 20
    assert_clean("the log lines", "\n".join(lines).encode(), needles)
    files = [path for path in lab.service.settings.data_dir.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    for path in files:
        assert_clean(path.name, path.read_bytes(), needles)
    secrets = [ReceiptCode.parse(taken["code"]).secret for taken in given.donations.values()]
    leaks = [n for n, data in everything.items() if any(s in data or s.hex().encode() in data for s in secrets)]
    assert leaks == []
    assert not any(
        taken["donation"].encode() in data for taken in given.donations.values() for data in everything.values()
    )


async def _without_the_secret(lab: Lab, given: Given, everything: dict[str, bytes]) -> None:
    """Who knows amount, day, fund and even the donation's id, and tries every number of a day of birth, opens none."""
    hay = Haystack.of(everything.values())
    known, leaf = given.details("man"), (await lab.client.get(f"{given.funds[0].path}/in.bin")).content[5:37]
    tries = forms([MAN["name"]], (known.book, b"charity-donor\x1f")) | guesses(known, leaf)
    born = date.fromisoformat(MAN["birth"])
    tried, hits = attack(hay, numbers(MAN["cert_num"][:6], born, born), tries)
    assert (tried > 900, hits) == (True, [])
    # the same, had the number been the secret, or the commitment a bare hash: the tool would have told
    number = MAN["cert_num"].encode()
    for name in ("number as secret", "number in the pseudonym", "sm3"):
        careless = Haystack.of([*everything.values(), b"x" + tries[name](number) + b"x"])
        hits = attack(careless, numbers(MAN["cert_num"][:6], born, born), {name: tries[name]})[1]
        assert set(hits) == {name}
    # guessed salts over known details
    details = sm3(known.encode())
    assert not any(salt_free[:8] in hay.windows for salt_free in (details, sm3(details), sm3(known.donation)))


def runs(data: bytes, length: int = 5) -> set[bytes]:
    return {data[at : at + length] for at in range(len(data) - length + 1)}


async def test_what_stays_apart(lab: Lab) -> None:
    given = await giving(lab)
    everything = await public(lab) | await surface(lab)
    await _without_the_secret(lab, given, everything)
    _members(given, everything)
    _two_funds(given, everything)
    _child(everything[f"{given.funds[0].path}/events?limit=1000"])


def _members(given: Given, everything: dict[str, bytes]) -> None:
    """Nobody outside a group learns what one of it gave."""
    traces = [traced(given, name) for name in given.traces if "member" not in name]
    whole = b"".join([*everything.values(), *traces])
    assert sum(MEMBERS).to_bytes(8, "big") in whole  # the group's own amount is public
    for amount in MEMBERS:
        for spelled in (amount.to_bytes(8, "big"), str(amount).encode(), cbor.encode(amount)):
            assert spelled not in whole


def _two_funds(given: Given, everything: dict[str, bytes]) -> None:
    """What the traces of one donor in two funds have in common, those of two donors have, too; and no pseudonym is
    public."""
    pseudonyms = [given.details(name).pseudonym for name in ("man", "man there", "woman there")]
    assert None not in pseudonyms
    assert len(set(pseudonyms)) == 3
    assert given.details("nobody").pseudonym is None
    mine, theirs, strangers = (runs(traced(given, name)) for name in ("man", "man there", "woman there"))
    assert len(mine & strangers) > 10
    assert mine & theirs <= strangers, "something says that both are one donor's"
    whole = b"".join(everything.values())
    assert not any(p in whole or p.hex().encode() in whole for p in pseudonyms if p)


def _child(events: bytes) -> None:
    """A beneficiary is a commitment, and another one each time."""
    acknowledged = [event for event in json.loads(events)["events"] if event["kind"] == "acknowledged"]
    commitments = {cbor.decode(bytes.fromhex(event["body"]))[7] for event in acknowledged}
    assert len(commitments) == len(acknowledged) == 2  # one child, received twice
    assert all(len(one) == 32 for one in commitments)
