"""Signed HTTP requests: fields that are read, with the base they sign, and fields that are refused.

`bodies`: a request whose fields are good, and whose body or target is not the signed one.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.support.kit import TestSigner
from verifier.httpsig import Parameters, Target, content_digest, prepare

KEY = TestSigner(b"a relying party")
BODY = '{"code":"x"}'
SAID = Parameters(1_800_000_000, 1_800_000_060, "AAECAwQFBgcICQoLDA0ODw", KEY.kid.hex(), "sm2-sm3")
TARGET = Target("POST", "minzheng.example", "/v1/match")


def signatures() -> dict[str, Any]:
    good = _signed(TARGET, BODY)
    return {
        "public_key": KEY.public_key.hex(),
        "accepted": [
            {"name": name} | case
            for name, case in {
                "good": good,
                "sha-256": _signed(TARGET, BODY, digest="sha-256"),
                "without-body": _signed(Target("GET", "minzheng.example", "/v1/party"), ""),
                "query": _signed(Target("GET", "minzheng.example", "/v1/party", "a=%2F&b=1"), ""),
                "longest-life": _signed(TARGET, BODY, Parameters(1, 301, "A" * 22, KEY.kid.hex(), "sm2-sm3")),
            }.items()
        ],
        "refused": [{"name": name, "fields": good["fields"] | change} for name, change in _refused(good).items()],
    }


def _signed(target: Target, body: str, said: Parameters = SAID, digest: str = "sm3") -> dict[str, Any]:
    unsigned = prepare(target, body.encode(), said, digest)
    return {
        "target": [target.method, target.authority, target.path, target.query],
        "body": body,
        "base": unsigned.base.decode(),
        "fields": unsigned.signed(KEY.sign(unsigned.base)),
    }


def _refused(good: dict[str, Any]) -> dict[str, dict[str, str]]:
    text, signature = good["fields"]["Signature-Input"], good["fields"]["Signature"]
    inputs = {
        "other-label": text.replace("mz1=", "sig1=", 1),
        "second-signature": text + ', sig2=("@method");created=1',
        "component-missing": text.replace('"@query" ', ""),
        "component-order": text.replace('"@method" "@authority"', '"@authority" "@method"'),
        "component-added": text.replace('"content-digest"', '"content-digest" "date"'),
        "component-parameter": text.replace('"@path"', '"@path";req'),
        "digest-not-covered": text.replace(' "content-digest"', ""),
        "two-spaces": text.replace('"@method" ', '"@method"  '),
        "space-before-parameter": text.replace(";created", "; created"),
        "created-missing": text.replace(";created=1800000000", ""),
        "created-text": text.replace("created=1800000000", 'created="1800000000"'),
        "created-decimal": text.replace("created=1800000000", "created=1800000000.0"),
        "created-zeros": text.replace("created=18", "created=018"),
        "created-negative": text.replace("created=", "created=-"),
        "created-twice": text.replace(";created=1800000000", ";created=1800000000;created=1800000000"),
        "expires-missing": text.replace(";expires=1800000060", ""),
        "expires-at-created": text.replace("expires=1800000060", "expires=1800000000"),
        "expires-before": text.replace("expires=1800000060", "expires=1799999999"),
        "lives-too-long": text.replace("expires=1800000060", "expires=1800000301"),
        "nonce-missing": text.replace(';nonce="AAECAwQFBgcICQoLDA0ODw"', ""),
        "nonce-short": text.replace("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0O"),
        "nonce-padded": text.replace("ODw", "ODw=="),
        "nonce-spare-bits": text.replace("ODw", "ODx"),
        "nonce-token": text.replace('"AAECAwQFBgcICQoLDA0ODw"', "AAECAwQFBgcICQoLDA0ODw"),
        "keyid-upper-case": text.replace(KEY.kid.hex(), KEY.kid.hex().upper()),
        "keyid-long": text.replace(KEY.kid.hex(), KEY.kid.hex() * 4),
        "alg-unknown": text.replace("sm2-sm3", "rsa-pss-sha512"),
        "alg-hmac": text.replace("sm2-sm3", "hmac-sha256"),
        "tag-other": text.replace('tag="mz1"', 'tag="mz2"'),
        "parameter-unknown": text + ";x=1",
        "parameter-boolean": text + ";tag",
        "trailing-semicolon": text + ";",
        "line-break": text.replace(";tag", "\n;tag"),
        "not-ascii": text.replace("mz1", "mz１"),
        "input-empty": "",
    }
    signatures = {
        "signature-other-label": signature.replace("mz1", "sig1"),
        "signature-text": signature.replace(":", '"'),
        "signature-without-padding": signature.replace("==", ""),
        "signature-base64url": "mz1=:" + "_" * 86 + "==:",
        "signature-spare-bits": "mz1=:" + "A" * 85 + "B==:",
        "signature-63-bytes": "mz1=:" + base64.b64encode(bytes(63)).decode() + ":",
        "signature-der": "mz1=:" + base64.b64encode(bytes(70)).decode() + ":",
        "signature-parameter": signature + ";a=1",
        "signature-twice": f"{signature}, {signature}",
        "signature-empty": "",
    }
    body = BODY.encode()
    digests = {
        "digest-sha-512": "sha-512=:" + base64.b64encode(bytes(64)).decode() + ":",
        "digest-md5": "md5=:" + base64.b64encode(bytes(16)).decode() + ":",
        "digest-two": f"{content_digest(body)}, {content_digest(body, 'sha-256')}",
        "digest-spare-bits": "sm3=:" + "A" * 42 + "B=:",
        "digest-31-bytes": "sm3=:" + base64.b64encode(bytes(31)).decode() + ":",
        "digest-empty": "",
    }
    made: dict[str, dict[str, str]] = {name: {"Signature-Input": value} for name, value in inputs.items()}
    made |= {name: {"Signature": value} for name, value in signatures.items()}
    return made | {name: {"Content-Digest": value} for name, value in digests.items()}
