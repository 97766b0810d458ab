"""C2SP/wycheproof hmac_sm3: every case, on both implementations. 128-bit tags are the leftmost half."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.support.outside_vectors import read_json
from tests.support.sm3_implementations import IMPLEMENTATIONS

VECTORS = read_json("wycheproof/hmac_sm3_test.json")


@pytest.mark.parametrize("module", IMPLEMENTATIONS, ids=lambda module: module.__name__.rpartition("_")[2])
def test_every_case(module: ModuleType) -> None:
    wrong, count = [], 0
    for group in VECTORS["testGroups"]:
        for case in group["tests"]:
            count += 1
            tag = module.hmac_sm3(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))
            if (tag[: group["tagSize"] // 8].hex() == case["tag"]) is not (case["result"] == "valid"):
                wrong.append(case["tcId"])
    assert count == VECTORS["numberOfTests"] == 174
    assert wrong == []
