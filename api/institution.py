"""Who runs this instance: the root, and the organisations that issue here. Data, written once at `mzt init`.

    {"root": {"uscc": "11990000MB9T00011H", "zh": "…", "en": "…"},
     "authorities": [{"slug": "registry-990101", "uscc": "11990000MB9T010142", "role": "registry", "zh": "…", "en": "…",
                      "type_codes": {"1": "11990000MB9T00011H001"}, "regions": ["990101"]}]}

The built-in institution is synthetic (region 990000 is not assigned in GB/T 2260), and so are its type codes: the
official ones are configuration of whoever deploys this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from api.errors import InstanceDamaged
from certs.errors import InvalidField
from certs.identifiers import parse_uscc

ROLES = ("registry", "charity", "auditor")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,30}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of this instance. `slug` names its files; `type_codes` says which kinds it issues, if any."""

    slug: str
    uscc: str
    role: str
    zh: str
    en: str
    type_codes: Mapping[int, str]
    regions: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[int, ...]:
        return tuple(sorted(self.type_codes))


@dataclass(frozen=True, slots=True)
class Institution:
    """The root's social credit code and names, and everybody who acts under it."""

    root_uscc: str
    root_zh: str
    root_en: str
    organisations: tuple[Organisation, ...]

    def encode(self) -> bytes:
        root = {"uscc": self.root_uscc, "zh": self.root_zh, "en": self.root_en}
        document = {"root": root, "authorities": [asdict(o) for o in self.organisations]}
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Institution:
        """Raises InstanceDamaged naming what is wrong."""
        try:
            document = json.loads(data)
            root = document["root"]
            found = cls(root["uscc"], root["zh"], root["en"], tuple(_organisation(o) for o in document["authorities"]))
            parse_uscc(found.root_uscc, field="root")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InstanceDamaged("the institution file is not of its format") from None
        except InvalidField as error:
            raise InstanceDamaged(f"the institution file: {error.field} {error.rule}") from None
        if len({o.slug for o in found.organisations}) != len(found.organisations):
            raise InstanceDamaged("the institution file names one slug twice")
        return found


def _organisation(o: Mapping[str, Any]) -> Organisation:
    if o["role"] not in ROLES or not _SLUG.fullmatch(o["slug"]):
        raise ValueError("role or slug")
    parse_uscc(o["uscc"], field="authority")
    codes = {int(kind): str(code) for kind, code in o["type_codes"].items()}
    return Organisation(o["slug"], o["uscc"], o["role"], o["zh"], o["en"], codes, tuple(o.get("regions", ())))


_MINISTRY = "11990000MB9T00011H"


def _codes(*kinds: int) -> dict[int, str]:
    """Synthetic type codes, the kind's number in their last digits: 3 is 11990000MB9T00011H003."""
    return {kind: f"{_MINISTRY}{kind:03d}" for kind in kinds}


SYNTHETIC = Institution(
    _MINISTRY,
    "示例省民政厅",
    "Example Department of Civil Affairs",
    (
        Organisation(
            "registry-990101", "11990000MB9T010142", "registry", "示例市第一婚姻登记处", "Example Marriage Registry 1",
            _codes(1, 2), ("990101",),
        ),
        Organisation(
            "registry-990102", "11990000MB9T01022W", "registry", "示例市第二婚姻登记处", "Example Marriage Registry 2",
            _codes(1, 2), ("990102",),
        ),
        Organisation(
            "charity-990001", "53990000MJ9T00037A", "charity", "示例慈善基金会", "Example Charity Foundation",
            _codes(3),
        ),
        Organisation(
            "bureau-990101", "11990000MB9T01030P", "registry", "示例市民政局", "Example Bureau of Civil Affairs",
            _codes(4, 5, 6, 7), ("990101", "990102"),
        ),
        Organisation(
            "parlour-990101", "12990000MB9T000386", "registry", "示例市殡仪馆", "Example Funeral Parlour", _codes(8),
        ),
        Organisation("auditor", _MINISTRY, "auditor", "示例省民政厅审计处", "Example Audit Office", {}),
    ),
)  # fmt: skip
