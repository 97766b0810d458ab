"""Issuing authorities: who signs what, under which official codes.

Official type codes of the e-certificates are configuration: the code of the body that defined the type plus three
digits. The defaults of the demo are synthetic (region 990000).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import AuthorityUnknown, InvalidField
from .identifiers import CertIdentifier, parse_uscc
from .ports import Signer


@dataclass(frozen=True, slots=True)
class Authority:
    """A body that issues here.

    `type_codes` maps the kinds that it may issue to their 21-character type code; `regions` are the region codes that
    its 字号 may carry, empty for bodies that have none. `status_signer` signs its status lists, by default the same
    key; the trust bundle must allow it for them.
    """

    uscc: str
    name: str
    signer: Signer
    type_codes: Mapping[int, str]
    regions: frozenset[str] = frozenset()
    status_signer: Signer | None = None

    def __post_init__(self) -> None:
        parse_uscc(self.uscc, field="authority")
        for code in self.type_codes.values():
            if len(code) != 21 or not code.isalnum() or code != code.upper():
                raise InvalidField("type_code", "TYPE_CODE")

    @property
    def list_signer(self) -> Signer:
        """Who signs the status lists."""
        return self.status_signer or self.signer

    def identifier(self, kind: int, serial: str, version: int = 1) -> str:
        """E-certificate identifier of a certificate of that kind (GB/T 36904). Raises AuthorityUnknown."""
        type_code = self.type_codes.get(kind)
        if type_code is None:
            raise AuthorityUnknown("this authority does not issue this kind")
        return CertIdentifier(type_code, self.uscc, serial, version).format()


Authorities = Mapping[str, Authority]
"""By unified social credit code."""


def authority_of(authorities: Authorities, uscc: str) -> Authority:
    """The authority of a code. Raises AuthorityUnknown."""
    found = authorities.get(uscc)
    if found is None:
        raise AuthorityUnknown("no such issuing authority is configured here")
    return found
