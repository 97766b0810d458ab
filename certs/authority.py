"""Issuing authorities: who signs what, under which official codes.

Official type codes of the e-certificates are configuration: the code of the body that defined the type plus three
digits. The defaults of the demo are synthetic (region 990000).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import InvalidField
from .identifiers import CertIdentifier, parse_uscc
from .ports import Signer


@dataclass(frozen=True, slots=True)
class Authority:
    """A body that issues here.

    `type_codes` maps the kinds that it may issue to their 21-character type code; `regions` are the region codes that
    its 字号 may carry, empty for bodies that have none.
    """

    uscc: str
    name: str
    signer: Signer
    type_codes: Mapping[int, str]
    regions: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        parse_uscc(self.uscc, field="authority")
        for code in self.type_codes.values():
            if len(code) != 21 or not code.isalnum():
                raise InvalidField("type_code", "LENGTH")

    def identifier(self, kind: int, serial: str, version: int = 1) -> str:
        """E-certificate identifier of a certificate of that kind (GB/T 36904). Raises KeyError if not allowed."""
        return CertIdentifier(self.type_codes[kind], self.uscc, serial, version).format()
