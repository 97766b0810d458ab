"""Code lists of the field, as data. Values on certificates are the codes; labels are for documents and pages."""

from __future__ import annotations

from typing import Final

OP_MARRIAGE: Final = "IA"
OP_REISSUE_MARRIAGE: Final = "ICA"

SEX: Final = {"1": ("男", "male"), "2": ("女", "female")}  # GB/T 2261.1

DOC_CITIZEN_ID: Final = "111"
# GB/T 36903 annex A / GA/T 517, the values that a marriage registration meets
DOCUMENT_TYPE: Final = {
    "111": ("居民身份证", "resident identity card"),
    "112": ("临时居民身份证", "temporary identity card"),
    "114": ("军官证", "officer's card"),
    "115": ("武警警官证", "armed police officer's card"),
    "414": ("普通护照", "passport"),
    "511": ("台湾居民来往大陆通行证", "travel permit of Taiwan residents"),
    "516": ("港澳居民来往内地通行证", "travel permit of Hong Kong and Macao residents"),
    "553": ("外国人永久居留身份证", "permanent residence card of foreigners"),
}

NATION_CHINA: Final = "156"
STATUS_FOREIGNER: Final = "6"
PARTY_STATUS: Final = {
    "1": ("内地居民", "mainland resident"),
    "2": ("香港居民", "Hong Kong resident"),
    "3": ("澳门居民", "Macao resident"),
    "4": ("台湾居民", "Taiwan resident"),
    "5": ("华侨或出国人员", "overseas Chinese or citizen abroad"),
    "6": ("外国人", "foreigner"),
    "7": ("军人", "member of the armed forces"),
}
DOCUMENTS_OF_STATUS: Final = {
    "1": frozenset({"111", "112"}),
    "2": frozenset({"516"}),
    "3": frozenset({"516"}),
    "4": frozenset({"511"}),
    "5": frozenset({"111", "414"}),
    "6": frozenset({"414", "553"}),
    "7": frozenset({"111", "114", "115"}),
}

DONOR_TYPE: Final = {"1": ("个人", "person"), "2": ("单位", "organisation")}

RECEIPT_ISSUED: Final = "ISSUED"
RECEIPT_WAIVED: Final = "WAIVED"
RECEIPT_ANONYMOUS: Final = "ANONYMOUS_RECORDED"
RECEIPT_STATUS: Final = frozenset({RECEIPT_ISSUED, RECEIPT_WAIVED, RECEIPT_ANONYMOUS})

# GB/T 2659 three-digit numeric codes (= ISO 3166-1 numeric)
_NUMERIC: Final = """
004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070 072 074 076 084 086
090 092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156 158 162 166 170 174 175 178 180 184 188
191 192 196 203 204 208 212 214 218 222 226 231 232 233 234 238 239 242 246 248 250 254 258 260 262 266 268
270 275 276 288 292 296 300 304 308 312 316 320 324 328 332 334 336 340 344 348 352 356 360 364 368 372 376
380 384 388 392 398 400 404 408 410 414 417 418 422 426 428 430 434 438 440 442 446 450 454 458 462 466 470
474 478 480 484 492 496 498 499 500 504 508 512 516 520 524 528 531 533 534 535 540 548 554 558 562 566 570
574 578 580 581 583 584 585 586 591 598 600 604 608 612 616 620 624 626 630 634 638 642 643 646 652 654 659
660 662 663 666 670 674 678 682 686 688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752
756 760 762 764 768 772 776 780 784 788 792 795 796 798 800 804 807 818 826 831 832 833 834 840 850 854 858
860 862 876 882 887 894
"""
COUNTRIES: Final = frozenset(_NUMERIC.split())


def label(table: dict[str, tuple[str, str]], code: str, lang: str) -> str:
    """Label of a code in "zh" or "en". Raises KeyError for a code outside the list."""
    return table[code][0 if lang == "zh" else 1]
