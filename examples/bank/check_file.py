"""A bank checks what a customer handed in, offline: `python check_file.py /var/lib/mz contract.pdf`.

/var/lib/mz is the folder that `mz-trust update` keeps. Exit status: 0 genuine and valid, 1 not, 2 could not be decided.
"""

from __future__ import annotations

import sys
from pathlib import Path

from minzheng_verify import Outcome, UsageError, verify
from minzheng_verify.wording import to_text

STATUS = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INDETERMINATE: 2}


def main() -> int:
    cache, file = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        report = verify(file, cache)
    except UsageError as e:  # trust material is missing: that is nothing about the customer's file
        print(f"cannot check: {e}", file=sys.stderr)
        return 64
    print(to_text(report, "zh"))  # for the officer
    print(to_text(report, "en"))
    # A program decides by the outcome, and by the reason only to explain. INDETERMINATE is never a refusal.
    return STATUS[report.outcome]


if __name__ == "__main__":
    sys.exit(main())
