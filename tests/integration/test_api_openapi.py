"""The OpenAPI document: version, examples, and every error a route may answer with."""

from __future__ import annotations

import re
from typing import Any

from api.http.catalogue import CATALOGUE
from api.http.mapping import TABLE
from tests.support.api_lab import Lab

WITHOUT_BODY = {"/v1/presentations/challenge"}
PUBLIC = {
    "/v1/verify",
    "/v1/holder/activate",
    "/healthz",
    "/readyz",
    "/metrics",
    "/problems/{code}",
    "/v1/donations/summary",
    "/v1/charity/donations/withdraw-publication",
    "/v1/charity/trace",
    "/v1/charity/trace/certificate",
    "/v1/charity/watches",
    "/v1/charity/watches/confirm",
    "/v1/charity/watches/end",
}


async def document(lab: Lab) -> dict[str, Any]:
    body: dict[str, Any] = (await lab.client.get("/openapi.json")).json()
    return body


async def test_it_is_openapi_3_1_with_declared_problems(lab: Lab) -> None:
    made = await document(lab)
    assert made["openapi"] == "3.1.0"
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert "500" in answers, f"{method} {path} declares no internal problem"
            assert any(code.startswith("2") for code in answers), f"{method} {path} declares no answer"
            for code, answer in answers.items():
                if int(code) >= 400 and path != "/readyz":
                    examples = answer["content"]["application/problem+json"]["examples"]
                    assert all(CATALOGUE[name].status == int(code) for name in examples)


async def test_bodies_have_examples_and_parties_are_asked_for(lab: Lab) -> None:
    made = await document(lab)
    assert made["components"]["securitySchemes"]["party"]["scheme"] == "bearer"
    for path, operations in made["paths"].items():
        operation = operations.get("post")
        if operation is None:
            continue
        assert path in WITHOUT_BODY or operation["requestBody"]["content"], path
        assert (path in PUBLIC) == ("security" not in operation), path


async def test_references_resolve_and_the_framework_s_own_forms_are_gone(lab: Lab) -> None:
    made = await document(lab)
    text = str(made)
    assert "x-inner-schemas" not in text
    referred = set(re.findall(r"'#/components/schemas/(\w+)'", text))
    assert referred <= made["components"]["schemas"].keys()
    assert "HTTPValidationError" not in text
    for name in ("Problem", "MarriageRecord", "DonationRecord"):
        assert name in made["components"]["schemas"]


async def test_every_code_of_the_table_is_explained(lab: Lab) -> None:
    for code in set(TABLE.values()):
        body = (await lab.client.get(f"/problems/{code}")).json()
        assert body["status"] == CATALOGUE[code].status
        assert all(body["title"][language] for language in ("zh", "en"))
