"""The profile "mz1" of HTTP message signatures: what is read, and every spelling that is not."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from gmssl.sm3 import sm3_hash

from tests.support.kit import TestSigner
from verifier.errors import Malformed
from verifier.httpsig import (
    Parameters,
    SignedRequest,
    Target,
    Unsigned,
    content_digest,
    digest_matches,
    prepare,
)

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


NEGATIVES = {
    "other-label": lambda t: t.replace("mz1=", "sig1=", 1),
    "second-signature": lambda t: t + ', sig2=("@method");created=1',
    "component-missing": lambda t: t.replace('"@query" ', ""),
    "component-order": lambda t: t.replace('"@method" "@authority"', '"@authority" "@method"'),
    "component-added": lambda t: t.replace('"content-digest"', '"content-digest" "date"'),
    "component-parameter": lambda t: t.replace('"@path"', '"@path";req'),
    "digest-not-covered": lambda t: t.replace(' "content-digest"', ""),
    "two-spaces": lambda t: t.replace('"@method" ', '"@method"  '),
    "space-before-parameter": lambda t: t.replace(";created", "; created"),
    "created-missing": lambda t: t.replace(";created=1800000000", ""),
    "created-text": lambda t: t.replace("created=1800000000", 'created="1800000000"'),
    "created-decimal": lambda t: t.replace("created=1800000000", "created=1800000000.0"),
    "created-zeros": lambda t: t.replace("created=18", "created=018"),
    "created-negative": lambda t: t.replace("created=", "created=-"),
    "created-twice": lambda t: t.replace(";created=1800000000", ";created=1800000000;created=1800000000"),
    "expires-missing": lambda t: t.replace(";expires=1800000060", ""),
    "expires-at-created": lambda t: t.replace("expires=1800000060", "expires=1800000000"),
    "expires-before": lambda t: t.replace("expires=1800000060", "expires=1799999999"),
    "lives-too-long": lambda t: t.replace("expires=1800000060", "expires=1800000301"),
    "nonce-missing": lambda t: t.replace(';nonce="AAECAwQFBgcICQoLDA0ODw"', ""),
    "nonce-short": lambda t: t.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0O"),
    "nonce-padded": lambda t: t.replace("ODw", "ODw=="),
    "nonce-spare-bits": lambda t: t.replace("ODw", "ODx"),
    "nonce-token": lambda t: t.replace('"AAECAwQFBgcICQoLDA0ODw"', "AAECAwQFBgcICQoLDA0ODw"),
    "keyid-upper-case": lambda t: t.replace(f'"{KEY.kid.hex()}"', f'"{KEY.kid.hex().upper()}A"'),
    "keyid-long": lambda t: t.replace(KEY.kid.hex(), KEY.kid.hex() * 4),
    "alg-unknown": lambda t: t.replace("sm2-sm3", "rsa-pss-sha512"),
    "alg-hmac": lambda t: t.replace("sm2-sm3", "hmac-sha256"),
    "tag-other": lambda t: t.replace('tag="mz1"', 'tag="mz2"'),
    "parameter-unknown": lambda t: t + ";x=1",
    "parameter-boolean": lambda t: t + ";tag",
    "trailing-semicolon": lambda t: t + ";",
    "line-break": lambda t: t.replace(";tag", "\n;tag"),
    "not-ascii": lambda t: t.replace("mz1", "mz１"),
    "empty": lambda t: "",
}


@pytest.mark.parametrize("name", NEGATIVES)
def test_signature_input_is_refused(name: str) -> None:
    sent = fields()
    changed = NEGATIVES[name](sent["signature-input"])
    assert changed != sent["signature-input"]
    with pytest.raises(Malformed):
        parse(sent | {"signature-input": changed})


SIGNATURES = {
    "other-label": lambda s: s.replace("mz1", "sig1"),
    "not-bytes": lambda s: s.replace(":", '"'),
    "without-padding": lambda s: s.replace("==", ""),
    "base64url": lambda s: "mz1=:" + "_" * 86 + "==:",
    "spare-bits": lambda s: "mz1=:" + "A" * 85 + "B==:",
    "short": lambda s: "mz1=:" + base64.b64encode(b"0" * 63).decode() + ":",
    "der": lambda s: "mz1=:" + base64.b64encode(b"0" * 70).decode() + ":",
    "parameter": lambda s: s + ";a=1",
    "twice": lambda s: f"{s}, {s}",
    "empty": lambda s: "",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_is_refused(name: str) -> None:
    sent = fields()
    with pytest.raises(Malformed):
        parse(sent | {"signature": SIGNATURES[name](sent["signature"])})


DIGESTS = {
    "unknown": "sha-512=:" + base64.b64encode(hashlib.sha512(BODY).digest()).decode() + ":",
    "weak": "md5=:" + base64.b64encode(hashlib.md5(BODY).digest()).decode() + ":",
    "two": f"{content_digest(BODY)}, {content_digest(BODY, 'sha-256')}",
    "spare-bits": "sm3=:" + "A" * 42 + "B=:",
    "short": "sm3=:" + base64.b64encode(b"0" * 31).decode() + ":",
    "empty": "",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_content_digest_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        digest_matches(DIGESTS[name], BODY)
    with pytest.raises(Malformed):
        parse(fields() | {"content-digest": DIGESTS[name]})


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
