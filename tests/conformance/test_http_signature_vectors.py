"""RFC 9421 appendix B: the test cases whose algorithms this project has, over messages it has the parts of."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.httpsig import signature_base
from verifier.labels import CRV_ED25519, CRV_P256

# B.1.3 test-key-ecc-p256, B.1.5 test-shared-secret
X, Y = "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"
SECRET = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="

RESPONSE = (
    ('"@status"', "200"),
    ('"content-type"', "application/json"),
    (
        '"content-digest"',
        "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
    ),
    ('"content-length"', "23"),
)
RESPONSE_PARAMS = (
    '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"'
)
B24 = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="
REQUEST = (
    ('"date"', "Tue, 20 Apr 2021 02:07:55 GMT"),
    ('"@authority"', "example.com"),
    ('"content-type"', "application/json"),
)
REQUEST_PARAMS = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
B25 = "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="
ED25519 = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"  # B.1.4
B26 = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_b24_ecdsa_p256_over_a_response() -> None:
    key = CoseKey(CRV_P256, b"\x04" + _bytes(X) + _bytes(Y))
    signature = base64.b64decode(B24)
    assert key.verify(signature, signature_base(RESPONSE, RESPONSE_PARAMS))
    for at in range(len(RESPONSE)):
        changed = [(name, value + " " if at == i else value) for i, (name, value) in enumerate(RESPONSE)]
        assert not key.verify(signature, signature_base(changed, RESPONSE_PARAMS))


def test_b25_the_base_of_a_request() -> None:
    """HMAC is no algorithm of ours; its signature shows that the base is right, byte for byte."""
    base = signature_base(REQUEST, REQUEST_PARAMS)
    assert hmac.digest(base64.b64decode(SECRET), base, hashlib.sha256) == base64.b64decode(B25)


def test_b26_the_base_with_method_and_path() -> None:
    """Ed25519 signs no requests here; the key and the base are the test case's."""
    base = signature_base(
        (
            ('"date"', "Tue, 20 Apr 2021 02:07:55 GMT"),
            ('"@method"', "POST"),
            ('"@path"', "/foo"),
            ('"@authority"', "example.com"),
            ('"content-type"', "application/json"),
            ('"content-length"', "18"),
        ),
        '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;'
        'keyid="test-key-ed25519"',
    )
    assert CoseKey(CRV_ED25519, _bytes(ED25519)).verify(base64.b64decode(B26), base)


@pytest.mark.parametrize("part", ["a\nb", "a\rb", "\x00", "ä", "\x7f"])
def test_a_base_holds_one_line_for_each_component(part: str) -> None:
    with pytest.raises(Malformed, match="component"):
        signature_base([('"@path"', part)], "()")
