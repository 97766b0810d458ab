"""SD-JWT and CWT: fixtures by their own issuing side, verified by their own libraries, no network.

Spoken to by bench/peers/peer.py: one line in (a name and CPU seconds), one line out (verifications a second). Runs in
the environment that `make bench-peers` makes, which has nothing of this project.
"""

import json
import sys
import time
from pathlib import Path

import cwt
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

BATCH = 16
ISSUER = "https://registry.example"
HIDDEN = 6  # fields that the holder does not disclose


class SdJwt:
    """RFC 9901: ten fields, the holder discloses four; ES256. No key binding: nobody is asked to prove possession."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._key = JWK.generate(kty="EC", crv="P-256")
        self._public = JWK.from_json(self._key.export_public())
        self.credentials = [self._presented(fields, number) for number in range(BATCH)]

    def _presented(self, fields: dict[str, str], number: int) -> str:
        hidden = {f"other_{n}": "示例" for n in range(HIDDEN)}
        claims = {SDObj(name): value for name, value in {**fields, **hidden}.items()}
        claims |= {"iss": ISSUER, "iat": 1767225600, "exp": 4102444800, "vct": f"{ISSUER}/marriage/{number}"}
        issued = SDJWTIssuer(user_claims=claims, issuer_key=self._key)
        holder = SDJWTHolder(issued.sd_jwt_issuance)
        holder.create_presentation(dict.fromkeys(fields, True))
        return holder.sd_jwt_presentation

    def check(self, credential: str) -> bool:
        try:
            payload = SDJWTVerifier(credential, lambda *_: self._public).get_verified_payload()
        except Exception:  # noqa: BLE001 - whatever it refuses with
            return False
        return "zihao" in payload and "other_0" not in payload

    def spoiled(self, credential: str) -> str:
        head, _, rest = credential.partition("~")
        place = len(head) // 2
        return head[:place] + ("A" if head[place] != "A" else "B") + head[place + 1 :] + "~" + rest


class Cwt:
    """RFC 8392 with the claims that our own code has: issuer, times, id, a root over fields, a status reference."""

    def __init__(self, _: dict[str, str]) -> None:
        private = JWK.generate(kty="EC", crv="P-256")
        self._private = cwt.COSEKey.from_pem(private.export_to_pem(private_key=True, password=None).decode(), kid=b"1")
        self._public = cwt.COSEKey.from_pem(private.export_to_pem().decode(), kid=b"1")
        self.credentials = [self._issued(number) for number in range(BATCH)]

    def _issued(self, number: int) -> bytes:
        status = {"status_list": {"idx": 70001, "uri": f"{ISSUER}/v1/status-lists/1"}}
        claims = {
            1: ISSUER, 4: 4102444800, 6: 1767225600, 7: number.to_bytes(16, "big"), 65535: status,
            -65600: {1: 1, 2: 1, 3: bytes(range(32))},
        }  # fmt: skip
        return cwt.encode_and_sign(claims, self._private)

    def check(self, credential: bytes) -> bool:
        try:
            return cwt.decode(credential, self._public)[1] == ISSUER
        except Exception:  # noqa: BLE001 - whatever it refuses with
            return False

    def spoiled(self, credential: bytes) -> bytes:
        place = credential.index(ISSUER.encode())
        return credential[:place] + b"j" + credential[place + 1 :]


def window(peer: "SdJwt | Cwt", seconds: float) -> float:
    start, done = time.process_time(), 0
    while True:
        for credential in peer.credentials:
            if not peer.check(credential):
                sys.exit("a credential did not pass")
        done += BATCH
        spent = time.process_time() - start
        if spent >= seconds:
            return done / spent


def main() -> None:
    fields = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    peers = {"sd-jwt": SdJwt(fields), "cwt": Cwt(fields)}
    for name, peer in peers.items():
        genuine = peer.credentials[3]
        if not peer.check(genuine) or peer.check(peer.spoiled(genuine)):
            sys.exit(f"{name}: does not tell a genuine credential from a changed one")
    print(json.dumps({name: len(peer.credentials[3]) for name, peer in peers.items()}), flush=True)
    for line in sys.stdin:
        name, seconds = line.split()
        print(window(peers[name], float(seconds)), flush=True)


main()
