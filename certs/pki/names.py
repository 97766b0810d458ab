"""Object identifiers, and what a key of each purpose may do according to its certificate.

Policies name what a key is for, below an arc of our own (ITU-T X.667: 2.25 and the integer of a UUID):

    ARC.1.<kind>   signs certificates of that kind, e.g. ARC.1.1 marriage
    ARC.2.1        signs status lists            ARC.2.2   signs the log's checkpoints and receipts
    ARC.2.3        signs e-seals over documents  ARC.2.4   makes seals (signs seal objects)
    ARC.2.5        signs answers to relying parties

An intermediate authority bears anyPolicy, so that what it may certify is said once, in the certificates of the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ARC: Final = "2.25.333398298288961584024433040563282726980"  # of fad22d36-32b0-4818-af1d-f4ed832d5044
ANY_POLICY: Final = "2.5.29.32.0"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"  # GM/T 0006, GB/T 33560; parameters absent
SM2_CURVE: Final = "1.2.156.10197.1.301"
USER_ID: Final = b"1234567812345678"  # GM/T 0009; for certificates, lists and requests alike

KEY_CERT_SIGN: Final = "key_cert_sign"
CRL_SIGN: Final = "crl_sign"
DIGITAL_SIGNATURE: Final = "digital_signature"
NON_REPUDIATION: Final = "non_repudiation"


@dataclass(frozen=True, slots=True)
class Profile:
    """`path_len`: how many authorities may stand below this one; None for keys that are none. `label`: in its name."""

    usage: frozenset[str]
    label: str
    path_len: int | None = None
    policy: str | None = None

    @property
    def is_authority(self) -> bool:
        return self.path_len is not None


_CA: Final = frozenset({KEY_CERT_SIGN, CRL_SIGN})
_BINDING: Final = frozenset({DIGITAL_SIGNATURE, NON_REPUDIATION})
_PLAIN: Final = frozenset({DIGITAL_SIGNATURE})

PROFILES: Final[Mapping[str, Profile]] = {
    "ca-root": Profile(_CA, "根 CA", path_len=1),
    "ca-sub": Profile(_CA, "签发 CA", path_len=0, policy=ANY_POLICY),
    "issuer": Profile(_BINDING, "证照签发"),
    "status": Profile(_PLAIN, "状态列表", policy=f"{ARC}.2.1"),
    "log": Profile(_PLAIN, "日志", policy=f"{ARC}.2.2"),
    "seal": Profile(_BINDING, "电子签章", policy=f"{ARC}.2.3"),
    "maker": Profile(_BINDING, "印章制作", policy=f"{ARC}.2.4"),
    "answer": Profile(_BINDING, "核验答复", policy=f"{ARC}.2.5"),
}
"""By the purpose of a key in the register. The root of trust bundles has none: it is pinned instead."""


def kind_policy(kind: int) -> str:
    """Sample: kind_policy(1) ends in ".1.1"."""
    return f"{ARC}.1.{kind}"


def policies_of(purpose: str, kinds: tuple[int, ...] = ()) -> tuple[str, ...]:
    """What the certificate of such a key says. Raises KeyError for a purpose that has no certificate."""
    if purpose == "issuer":
        return tuple(kind_policy(kind) for kind in kinds)
    policy = PROFILES[purpose].policy
    return () if policy is None else (policy,)
