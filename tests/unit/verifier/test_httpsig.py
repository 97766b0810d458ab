"""The profile "mz1" of HTTP message signatures: what is read, and every spelling that is not."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gmssl.sm3 import sm3_hash

from tests.support.gmssl_oracle import gmssl_sm2
from tests.support.kit import TestSigner
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.httpsig import (
    Parameters,
    SignedRequest,
    Target,
    Unsigned,
    content_digest,
    prepare,
)
from verifier.labels import CRV_SM2

GOLDEN = Path(__file__).parents[2] / "golden" / "formats" / "http-signature.json"
DOCUMENT: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
KEY = TestSigner(b"a relying party")
BODY = b'{"code":"x"}'
SAID = Parameters(1_800_000_000, 1_800_000_060, "AAECAwQFBgcICQoLDA0ODw", KEY.kid.hex(), "sm2-sm3")
TARGET = Target("POST", "minzheng.example", "/v1/match", "a=1")


def fields(unsigned: Unsigned | None = None) -> dict[str, str]:
    made = unsigned or prepare(TARGET, BODY, SAID)
    return {name.lower(): value for name, value in made.signed(KEY.sign(made.base)).items()}


def parse(sent: dict[str, str]) -> SignedRequest:
    return SignedRequest.parse(sent["signature-input"], sent["signature"], sent.get("content-digest"))


def test_the_base_is_these_lines() -> None:
    digest = base64.b64encode(bytes.fromhex(sm3_hash(list(BODY)))).decode()
    assert prepare(TARGET, BODY, SAID).base.decode() == (
        '"@method": POST\n'
        '"@authority": minzheng.example\n'
        '"@path": /v1/match\n'
        '"@query": ?a=1\n'
        f'"content-digest": sm3=:{digest}:\n'
        '"@signature-params": ("@method" "@authority" "@path" "@query" "content-digest");created=1800000000;'
        f'expires=1800000060;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="{KEY.kid.hex()}";alg="sm2-sm3";tag="mz1"'
    )


def test_without_body_and_query() -> None:
    target = replace(TARGET, method="GET", query="")
    unsigned = prepare(target, b"", SAID)
    assert b'"@query": ?\n"@signature-params": ("@method" "@authority" "@path" "@query");' in unsigned.base
    signed = parse(fields(unsigned))
    assert signed.verify(KEY.key, target)
    assert signed.holds(b"")
    assert not signed.holds(b"{}")


def test_a_signature_is_read_back() -> None:
    signed = parse(fields())
    assert signed.parameters == SAID
    assert signed.verify(KEY.key, TARGET)
    assert signed.holds(BODY)
    assert not signed.holds(BODY + b" ")
    assert not signed.holds(b"")


@pytest.mark.parametrize(
    "other",
    [
        replace(TARGET, method="GET"),
        replace(TARGET, authority="other.example"),
        replace(TARGET, path="/v1/match/"),
        replace(TARGET, query=""),
        replace(TARGET, query="a=1&a=2"),
    ],
)
def test_a_signature_is_for_one_target(other: Target) -> None:
    assert not parse(fields()).verify(KEY.key, other)


def test_a_signature_is_of_one_key_and_algorithm() -> None:
    assert not parse(fields()).verify(TestSigner(b"another").key, TARGET)
    said = replace(SAID, alg="ecdsa-p256-sha256")
    assert not parse(fields(prepare(TARGET, BODY, said))).verify(KEY.key, TARGET)


def test_parameters_come_in_any_order() -> None:
    made = prepare(TARGET, BODY, SAID)
    head, *rest = dict(made.fields)["Signature-Input"].split(";")
    text = ";".join([head, *reversed(rest)])
    base = made.base.replace(";".join([head, *rest])[4:].encode(), text[4:].encode())
    assert base != made.base
    sent = fields(Unsigned(base, (("Signature-Input", text), *made.fields[1:])))
    assert parse(sent).verify(KEY.key, TARGET)


@pytest.mark.parametrize(("now", "good"), [(-61, False), (-60, True), (0, True), (119, True), (120, False)])
def test_clocks_may_differ_by_a_minute(now: int, good: bool) -> None:
    assert parse(fields()).timely(SAID.created + now) is good


def cases(member: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in DOCUMENT[member]]


@pytest.mark.parametrize("case", cases("accepted"))
def test_golden_requests_are_read(case: dict[str, Any]) -> None:
    sent = case["fields"]
    signed = SignedRequest.parse(sent["Signature-Input"], sent["Signature"], sent.get("Content-Digest"))
    target, body = Target(*case["target"]), case["body"].encode()
    assert signed.base(target).decode() == case["base"]
    assert signed.verify(CoseKey(CRV_SM2, bytes.fromhex(DOCUMENT["public_key"])), target)
    assert signed.holds(body)
    assert not signed.holds(body + b" ")


@pytest.mark.parametrize("case", cases("refused"))
def test_golden_fields_are_refused(case: dict[str, Any]) -> None:
    sent = case["fields"]
    assert sent not in [good["fields"] for good in DOCUMENT["accepted"]]
    with pytest.raises(Malformed):
        SignedRequest.parse(sent["Signature-Input"], sent["Signature"], sent["Content-Digest"])


def test_the_page_of_the_format_shows_a_golden_request() -> None:
    page = (Path(__file__).parents[3] / "docs" / "formats" / "http-signature.md").read_text(encoding="utf-8")
    good = DOCUMENT["accepted"][0]
    for name, value in good["fields"].items():
        assert f"\n{name}: {value}\n" in page
    assert f"```text\n{good['base']}\n```" in page


def test_gmssl_verifies_what_is_signed() -> None:
    good = DOCUMENT["accepted"][0]
    signature = base64.b64decode(good["fields"]["Signature"][5:-1])
    oracle = gmssl_sm2(bytes.fromhex(DOCUMENT["public_key"]))
    assert oracle.verify_with_sm3(signature.hex(), good["base"].encode())
    assert not oracle.verify_with_sm3(signature.hex(), good["base"].encode() + b"\n")


def test_a_digest_goes_where_it_is_covered() -> None:
    sent = fields()
    del sent["content-digest"]
    with pytest.raises(Malformed, match="content-digest"):
        parse(sent)
    bare = fields(prepare(TARGET, b"", SAID))
    with pytest.raises(Malformed, match="content-digest"):
        parse(bare | {"content-digest": content_digest(BODY)})


def test_a_signature_that_is_sent_has_64_bytes() -> None:
    with pytest.raises(Malformed, match="signature"):
        prepare(TARGET, BODY, SAID).signed(b"0" * 63)
