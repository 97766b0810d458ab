"""Institution files: the built-in one, a round trip, and refusals that name what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.errors import InstanceDamaged
from api.institution import SYNTHETIC, Institution
from api.keyring import planned


def test_round_trip() -> None:
    assert Institution.parse(SYNTHETIC.encode()).encode() == SYNTHETIC.encode()


def test_every_issuer_has_a_key_for_kinds_another_for_status_lists_and_one_for_its_seal() -> None:
    keys = planned(SYNTHETIC)
    issuers = [o for o in SYNTHETIC.organisations if o.kinds]
    assert len({key.name for key in keys}) == len(keys) == 6 + 3 * len(issuers)
    for o in issuers:
        assert sorted(key.purpose for key in keys if key.uscc == o.uscc) == ["issuer", "seal", "status"]
    root = {key.purpose for key in keys if key.uscc == SYNTHETIC.root_uscc}
    assert root == {"root", "log", "ca-root", "ca-sub", "maker", "answer"}
    for key in keys:
        assert bool(key.kinds) == (key.purpose == "issuer")


@pytest.mark.parametrize(
    "change",
    [
        {"root": {}},
        {"authorities": [{}]},
        {"authorities": None},
        {"root": {"uscc": "11990000MB9T00011X", "zh": "x", "en": "x"}},
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    document = json.loads(SYNTHETIC.encode()) | change
    with pytest.raises(InstanceDamaged, match="institution"):
        Institution.parse(json.dumps(document).encode())
    for data in (b"", b"{", b"[]", b"null"):
        with pytest.raises(InstanceDamaged, match="institution"):
            Institution.parse(data)


def test_a_slug_is_a_file_name_and_unique() -> None:
    document = json.loads(SYNTHETIC.encode())
    document["authorities"][0]["slug"] = "../../etc"
    with pytest.raises(InstanceDamaged):
        Institution.parse(json.dumps(document).encode())
    document["authorities"][0]["slug"] = document["authorities"][1]["slug"]
    with pytest.raises(InstanceDamaged, match="twice"):
        Institution.parse(json.dumps(document).encode())
