"""Country names for print (GB/T 2659 numeric codes). A code outside the list is printed as the code itself."""

from __future__ import annotations

from certs.codelists import COUNTRIES
from certs.documents.view import Words


def country(code: str) -> Words:
    """Chinese and English name, e.g. 中国, China; for a code not in the list "国家代码 999 (GB/T 2659)".

    The code and not a guess: a wrong nationality on a certificate is worse than a number that can be looked up.
    """
    known = COUNTRIES.get(code)
    return Words(*known) if known else Words(f"国家代码 {code} (GB/T 2659)", f"country code {code} (GB/T 2659)")
