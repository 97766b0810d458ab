"""Years later, offline: is this archived answer the service's, and what had been asked?

python read_archive.py /var/lib/mz answers/2027-000123-….json
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from minzheng_verify import Reason, load
from minzheng_verify.cbor import decode
from minzheng_verify.online.answers import from_archive


def main() -> int:
    trust = load(sys.argv[1]).trust
    found, reason = from_archive(Path(sys.argv[2]).read_bytes(), trust, int(time.time()))
    for name, value in found.answer.to_json().items():
        print(f"{name}: {value}")
    print(f"question: {decode(found.question)}")  # opened by its salt: the answer alone says nothing about anybody
    print(f"signature: {reason.value}")
    return 0 if reason is Reason.OK else 1


if __name__ == "__main__":
    sys.exit(main())
