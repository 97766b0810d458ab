"""A bank asks, with consent, whether the named co-borrower is the applicant's spouse, and archives the signed answer.

    python ask_spouses.py --cache /var/lib/mz --key bank.key --party 91990000MB9T071099 --archive answers/ \\
        --user 0017 --case 2027-000123 --code 'https://minzheng.example/h#…'

The PIN of the key comes from the terminal. The people of the application come from the bank's own system; here they are
obviously synthetic. The code is what the applicant's page, or card, shows.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from minzheng_verify.online.client import Client, ConsentRequest
from minzheng_verify.online.errors import OnlineError, Problem
from minzheng_verify.online.keys import SoftwareSigner
from minzheng_verify.online.questions import Context, Person, registered_married, spouses_match

PURPOSE = "mortgage-joint-debt"
APPLICANT = Person("111", "990101199803070013", "张示例")
CO_BORROWER = Person("111", "990101199908120021", "李样例")
WORDS = {"TRUE": "是", "FALSE": "否（有相反登记）", "UNDETERMINED": "无法确定（不等于“否”，也不等于“单身”）"}


def today() -> date:
    """The civil day in China."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser()
    for name in ("cache", "key", "party", "archive", "user", "case", "code"):
        p.add_argument(f"--{name}", required=True)
    return p.parse_args()


def ask(client: Client, args: argparse.Namespace) -> int:
    context = Context(args.user, "个人住房贷款", "990000-LOAN-01", args.case, "核对共同借款人")
    day = today()
    questions = (registered_married(APPLICANT), spouses_match(APPLICANT, CO_BORROWER))
    wish = ConsentRequest([(asked, day) for asked in questions], uses=len(questions))
    begun = client.begin_consent(context, PURPOSE, args.code, wish)
    print("the applicant, and then the spouse, now read who asks for what …", file=sys.stderr)
    decided = client.wait_for_consent(begun)
    if decided.state != "authorised":
        print(f"no consent: {decided.state}")  # refused, expired, withdrawn: go on without, as the bank's rules say
        return 2
    folder = Path(args.archive)
    for asked in questions:
        # Names the applicant: a code that somebody else lent is refused (consent-missing). `fetch_consent` would answer
        # about whoever showed the code. Each signature is checked before the answer is here.
        answer = client.match(context, PURPOSE, asked, as_of=day, grant=begun.trx)
        path = folder / f"{args.case}-{answer.request_id}.json"
        path.write_bytes(answer.to_archive())
        print(f"{asked.name}: {answer.result.name} {WORDS[answer.result.name]} -> {path.name}")
    return 0


def main(pin: Callable[[], str] = getpass.getpass) -> int:
    args = arguments()
    try:
        client = Client.open(args.cache, SoftwareSigner.open(args.key, pin), party=args.party)
        try:
            return ask(client, args)
        finally:
            client.close()
    except Problem as e:  # the service's refusal: its code is stable, /problems/{code} explains it
        print(f"refused: {e}: {e.title}", file=sys.stderr)
    except OnlineError as e:  # no answer, or none that holds: nothing about the applicant
        print(f"no answer: {e}", file=sys.stderr)
    return 75


if __name__ == "__main__":
    sys.exit(main())
