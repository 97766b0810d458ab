"""The printed card of a holder without a telephone: a code in the size of a bank card, and nothing about anybody.

card_pdf("MZ1C:…", "minzheng.example", 1800000000)      # %PDF-1.7 …, 85.6 by 54 mm
"""

from __future__ import annotations

import json
from typing import Final

from certs.documents.codes import printed_code
from certs.documents.pdf import press

CODE_MM: Final = 30.0
_LINES: Final = (
    ("zh", "在受理窗口出示本卡。出示不等于同意：须本人凭密码在登记机关窗口确认，或由登记的监护人确认。"),
    ("en", "Show this card at a counter. Showing it agrees to nothing: you confirm with your PIN at the registry."),
    ("zh", "卡上没有个人信息。遗失请到登记机关作废。"),
    ("en", "Nothing about you is on it. If it is lost, the registry revokes it."),
)


def card_pdf(code: str, host: str, issued_at: int) -> bytes:
    """The page to print. `host`: the service's name; `issued_at`: UTC seconds. Raises CodeError, RenderingFailed."""
    data = {
        "title": "民政信授权卡",
        "subtitle": "Consent card",
        "alt": "QR code of the card / 授权卡二维码",
        "picture": printed_code(code, side_mm=CODE_MM).svg,
        "lines": [{"lang": lang, "text": text} for lang, text in _LINES],
        "code": code,
        "host": host,
    }
    text = json.dumps(json.dumps(data, ensure_ascii=True))
    return press().pdf(f'#import "card.typ": card\n#card(json(bytes({text})))\n'.encode(), issued_at)
