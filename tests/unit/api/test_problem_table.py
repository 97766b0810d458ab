"""THE table is complete: every error class of every package, a row of its own, and words for each row."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import api
import certs
import chain
import contracts
import verifier
from api.errors import BadRequest, InvalidFields, RateLimited
from api.http.catalogue import CATALOGUE
from api.http.mapping import TABLE
from api.http.problems import FieldError, body, language, problem_for
from api.services.messages import reason_of
from certs.kinds.messages import CODES

# Raised only while starting or inside one module, never on the way of a request.
INTERNAL = {
    "api.db.faults.DatabaseUnsuitable",
    "api.services.charity.traces._Unloaded",
    "chain.anchor.evm_embedded.Refused",
    "contracts.loader.ArtifactError",
    "verifier.assess._Stop",
    "verifier.charity.auditbook.Wrong",
    "verifier.inputs.UsageError",
}


def modules(package: ModuleType) -> list[ModuleType]:
    found = [package]
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if info.name.startswith("verifier.online"):  # the relying party's side: no server raises it
            continue
        if ".migrations" not in info.name and not info.name.endswith("__main__"):
            found.append(importlib.import_module(info.name))
    return found


def error_classes() -> list[type[Exception]]:
    seen: dict[str, type[Exception]] = {}
    for package in (api, certs, chain, contracts, verifier):
        for module in modules(package):
            for _, item in inspect.getmembers(module, inspect.isclass):
                if issubclass(item, Exception) and item.__module__ == module.__name__:
                    seen[f"{item.__module__}.{item.__qualname__}"] = item
    return [item for name, item in seen.items() if name not in INTERNAL]


def test_enough_classes_are_found() -> None:
    assert len(error_classes()) > 50


@pytest.mark.parametrize("error", error_classes(), ids=lambda e: f"{e.__module__}.{e.__name__}")
def test_every_error_has_its_own_row(error: type[Exception]) -> None:
    assert error in TABLE, f"{error.__name__} has no row in api/http/mapping.py"
    assert TABLE[error] in CATALOGUE


def test_an_error_that_nobody_named_is_internal() -> None:
    class Stranger(BadRequest):
        pass

    assert problem_for(Stranger("x")).code == "internal"
    assert problem_for(ValueError("x")).status == 500


def test_outages_are_never_verdicts() -> None:
    chain_errors = [e for e in TABLE if e.__module__ == "chain.errors"]
    assert chain_errors
    for error in chain_errors:
        assert CATALOGUE[TABLE[error]].status in (404, 409, 500, 503)


def test_members_are_those_of_rfc_9457() -> None:
    errors = [FieldError("zihao", "STRUCTURE", "r")] * 60
    made = body(CATALOGUE["rejected"], base="https://h", lang="en", request_id="1", errors=errors)
    assert made["type"] == "https://h/problems/rejected"
    assert (made["status"], made["code"]) == (422, "rejected")
    assert len(made["errors"]) == 50


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "zh"),
        ("en", "en"),
        ("zh-Hant-TW, en;q=0.5", "zh"),
        ("en;q=0.1, zh;q=0.2", "zh"),
        ("fr;q=1, en;q=0", "zh"),
        ("EN-us;q=0.8, zh;q=x", "en"),
        ("*", "zh"),
        ("en;q=5", "en"),
        ("," * 1000 + "en", "zh"),
    ],
)
def test_language(accept: str, expected: str) -> None:
    assert language(accept) == expected


def test_codes_have_words_in_both_languages() -> None:
    for code in (*CODES, "encoding-mixed", "csv-syntax", "not-yours", "unknown"):
        assert reason_of(code, "zh")
        assert reason_of(code, "en")
    assert reason_of("something else", "en") == ""


def test_whatever_is_said_of_a_field_has_words() -> None:
    root = Path(api.__file__).parents[1]
    sources = "".join(path.read_text("utf-8") for part in ("api", "certs") for path in (root / part).rglob("*.py"))
    codes = set(re.findall(r'InvalidField\([^()]*"([A-Z_]{3,})"\)', sources))
    assert "TOO_PLAIN" in codes
    assert {code for code in codes if not (reason_of(code, "zh") and reason_of(code, "en"))} == set()


def test_errors_carry_no_values() -> None:
    assert str(RateLimited(3)) == "retry after 3 s"
    assert str(InvalidFields((("a", "missing"), ("b", "type")))) == "2 invalid fields"
