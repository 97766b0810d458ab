"""docs/reasons.md from the code: `python -m tests.support.reasons_page > docs/reasons.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verifier import assess, presented
from verifier.advice import ADVICE
from verifier.charity import trace
from verifier.report import Outcome, Reason, outcome_of
from verifier.wording import REASON_TEXT

CLAUSES: Final = {**assess._CLAUSE, 12: presented._CLAUSE, 13: trace._CLAUSE[13]}
_WHAT: Final = {
    1: "reading the input",
    2: "trust bundle in force",
    3: "issuer and key",
    4: "signature",
    5: "claims and key's validity",
    6: "disclosed fields",
    7: "status",
    8: "log receipts",
    9: "witnesses and anchor",
    10: "rendition of a document",
    11: "electronic seal",
    12: "presentation",
    13: "donor's trace",
}
# Where each reason can arise. The golden vectors hold this: no finding of theirs is at another step.
STEPS: Final[dict[Reason, tuple[int, ...]]] = {
    Reason.OK: (4, 6, 7, 8, 9, 10, 11, 12),
    Reason.MALFORMED_CODE: (1,),
    Reason.MALFORMED_FILE: (1,),
    Reason.MALFORMED_CREDENTIAL: (1,),
    Reason.ALGORITHM_MISMATCH: (4,),
    Reason.KEY_NOT_ALLOWED_FOR_KIND: (5, 10, 12),
    Reason.KEY_NOT_VALID_AT_ISSUE: (5, 10, 12),
    Reason.SIGNATURE_INVALID: (4,),
    Reason.EXPIRED: (5,),
    Reason.DISCLOSURE_INVALID: (6,),
    Reason.STATUS_NOT_VALID: (7,),
    Reason.RECEIPT_INVALID: (8, 10),
    Reason.LOG_FORKED: (9,),
    Reason.ANCHOR_MISMATCH: (9,),
    Reason.DOCUMENT_ALTERED: (10,),
    Reason.RENDITION_INVALID: (10,),
    Reason.RENDITION_MISMATCH: (10,),
    Reason.COPY_EXPIRED: (10,),
    Reason.SEAL_INVALID: (11,),
    Reason.PRESENTATION_INVALID: (12,),
    Reason.PRESENTATION_MISMATCH: (12,),
    Reason.PRESENTATION_EXPIRED: (12,),
    Reason.TRACE_INVALID: (13,),
    Reason.ALGORITHM_UNSUPPORTED: (3,),
    Reason.ISSUER_UNKNOWN: (3, 12),
    Reason.KEY_UNKNOWN: (3, 10, 12),
    Reason.KEY_REVOKED: (5, 10, 12),
    Reason.NOT_YET_VALID: (5, 8, 10, 12),
    Reason.KIND_UNKNOWN: (5,),
    Reason.TRUST_EXPIRED: (2,),
    Reason.STATUS_MISSING: (7,),
    Reason.STATUS_STALE: (7,),
    Reason.STATUS_MALFORMED: (7,),
    Reason.STATUS_SIGNATURE_INVALID: (7,),
    Reason.STATUS_OUT_OF_RANGE: (7,),
    Reason.RECEIPT_MISSING: (8, 10),
    Reason.RECEIPT_LOG_UNKNOWN: (8, 10),
    Reason.QUORUM_NOT_REACHED: (9,),
    Reason.ANCHOR_MISSING: (9,),
    Reason.ANCHOR_UNKNOWN_CHAIN: (9,),
    Reason.ANCHOR_PROOF_INVALID: (9,),
    Reason.RENDITION_MISSING: (10,),
    Reason.SEAL_UNCERTAIN: (11,),
}
_INTRO: Final = """# Reason codes

Every report has one `outcome` and one `reason`, and a list of findings with a reason each
([report](formats/report.md)). Codes are stable: none changes its meaning or its outcome, and a program may switch on
them. New ones may come; treat one that you do not know by its outcome. The words are those of `mz-verify`.

**INDETERMINATE is never FAILED.** It says that something could not be checked here and now; nobody may be turned away
for it. Of several reasons a report gives the first that FAILED, else the first that could not be checked.

This page is made from `verifier/wording.py`, `verifier/advice.py` and the clauses in `verifier/assess.py` by
`tests/support/reasons_page.py`; a test compares them.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for outcome in Outcome:
        yield f"## {outcome.value}\n"
        for reason in Reason:
            if outcome_of(reason) is outcome:
                yield from _one(reason)


def _one(reason: Reason) -> Iterator[str]:
    zh, en = REASON_TEXT[reason]
    yield f"### `{reason.value}`"
    yield f"{zh}。 {en[0].upper()}{en[1:]}.\n"
    if reason in ADVICE:
        yield f"- 怎么办：{ADVICE[reason][0]}"
        yield f"- What to do: {ADVICE[reason][1]}"
    for step in STEPS[reason]:
        yield f"- Step {step}, {_WHAT[step]}: {CLAUSES[step]}"
    yield ""


if __name__ == "__main__":
    print(page(), end="")
