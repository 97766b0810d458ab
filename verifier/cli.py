"""`mz-verify`: check certificate files and codes, offline.

    mz-verify --trust trust-bundle.cbor --status status-list.cbor certificate.mzc 'MZ1:…'
    mz-verify --cache /var/lib/mz --bulk --format csv scans/ 'inbox/*.pdf'
    mz-verify --trust trust-bundle.cbor --charity export/

Exit status: 0 every input PASSED, 1 at least one FAILED, 2 none failed but something is INDETERMINATE, 64 wrong usage
(including trust material that cannot be read), 74 if the report could not be written, 130 interrupted. Nothing is
fetched: what is missing is named, and the caller decides.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from .answer import SALT_BYTES
from .answerreport import AnswerReport, answer_text
from .assess import LEVELS, Verifier
from .casefile import CaseReport
from .casewords import case_text
from .errors import Malformed
from .fields import MAX_TIME, base64_text
from .inputs import AnyReport, Beside, Sources, UsageError, check, content, is_code, read_file
from .presentation import NONCE_BYTES
from .presented import Expected
from .report import Outcome, Report
from .wording import to_text

EXIT_USAGE: Final = 64
EXIT_OUTPUT: Final = 74  # the report could not be written (sysexits EX_IOERR)
_MAX_OPENING: Final = 64 * 1024
_EXIT: Final = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INDETERMINATE: 2}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def _system_clock() -> int:
    """The command line is the edge where the machine's clock is read; the library never does."""
    return int(datetime.now(UTC).timestamp())


def _parser() -> argparse.ArgumentParser:
    p = _Parser(prog="mz-verify", description="Check Minzheng certificates and codes offline.")
    p.add_argument(
        "input",
        nargs="*",
        help="document (PDF, OFD), holder's file (.mzc), donor's trace (.mzd), file with a code's text, the code "
        "itself, or - for stdin",
    )
    p.add_argument("--trust", type=Path, metavar="FILE", help="trust bundle")
    p.add_argument("--cache", type=Path, metavar="DIR", help="folder that `mz-trust update` keeps: bundle, pin, lists")
    p.add_argument("--root", metavar="HEX", help="pin: SM3 of the root key, 64 hexadecimal digits")
    p.add_argument(
        "--status",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="status list, or a folder of them; repeatable",
    )
    p.add_argument(
        "--anchor",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="anchor proof, or anchor observation that you read from the chain; repeatable",
    )
    p.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="checkpoint of the log with the witnesses' cosignatures; repeatable",
    )
    p.add_argument(
        "--crl",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="certificate revocation list (DER) of an authority behind e-seals; repeatable",
    )
    p.add_argument("--level", choices=LEVELS, help="required level (default: L1 for codes, L3 for files)")
    p.add_argument("--at", metavar="TIME", help="check as of this time: RFC 3339 or seconds UTC (default: now)")
    p.add_argument("--json", action="store_true", help="one JSON report a line")
    p.add_argument("--lang", choices=("zh", "en"), default="zh")
    p.add_argument("--audience", metavar="WHO", help="of a presentation: your social credit code, or your origin")
    p.add_argument("--nonce", metavar="HEX", help="of a presentation: the 16 bytes that you gave out")
    p.add_argument("--charity", type=Path, metavar="DIR", help="audit a static export of the charity ledger")
    p.add_argument("--question", type=Path, metavar="FILE", help="of a signed answer: the opening that came with it")
    bulk = p.add_argument_group("many inputs")
    bulk.add_argument(
        "--bulk", action="store_true", help="inputs may be folders and patterns too; - is NDJSON on stdin"
    )
    bulk.add_argument("--jobs", type=_jobs, metavar="N", help="worker processes (default: one for each core)")
    bulk.add_argument("--format", choices=("ndjson", "csv"), default="ndjson")
    return p


def _jobs(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise UsageError("--jobs: expected a number from 1 to 999")
    return int(text)


def _time(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,12}", text):
        seconds = int(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError("--at: expected RFC 3339 or seconds") from None
        if moment.tzinfo is None:
            raise UsageError("--at: a time zone is needed, for instance 2026-11-21T08:00:00Z")
        seconds = int(moment.timestamp())
    if not 0 <= seconds <= MAX_TIME:
        raise UsageError("--at: expected a time from 1970 to 9999")
    return seconds


def _sources(args: argparse.Namespace) -> Sources:
    return Sources(
        trust=args.trust,
        root=args.root,
        statuses=tuple(args.status),
        anchors=tuple(args.anchor),
        checkpoints=tuple(args.checkpoint),
        crls=tuple(args.crl),
        cache=args.cache,
    )


def _label(name: str) -> str:
    return "code" if is_code(name) else name


def _beside(args: argparse.Namespace) -> Beside:
    expected, opening = None, None
    if (args.audience is None) != (args.nonce is None):
        raise UsageError("a presentation is checked with both --audience and --nonce")
    if args.audience is not None:
        expected = Expected(args.audience, _nonce(args.nonce))
    if args.question is not None:
        opening = _opening(read_file(args.question, _MAX_OPENING))
    return Beside(expected, opening)


def _opening(data: bytes) -> tuple[bytes, bytes]:
    """Salt and question in base64, of `{"salt": "…", "question": "…"}` or of the archive that has them as `opening`."""
    try:
        said = json.loads(data)
        said = said.get("opening", said)
        salt, question = (base64_text("opening", said[name]) for name in ("salt", "question"))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, Malformed):
        raise UsageError("--question: expected JSON with salt and question in base64") from None
    if len(salt) != SALT_BYTES:
        raise UsageError(f"--question: expected {SALT_BYTES} bytes of salt")
    return salt, question


def _nonce(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        raise UsageError(f"--nonce: expected {NONCE_BYTES} bytes in hexadecimal")
    return bytes.fromhex(text)


def _text(report: AnyReport, lang: str) -> str:
    if isinstance(report, CaseReport):
        return case_text(report, lang)
    if isinstance(report, AnswerReport):
        return answer_text(report, lang)
    if isinstance(report, Report):
        return to_text(report, lang)
    from .charity.tracewords import trace_text  # as the check itself: for who has a trace

    return trace_text(report, lang)


def _print(name: str, report: AnyReport, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps({"input": _label(name), **report.to_json()}, ensure_ascii=False))
    else:
        print(f"{_label(name)}\n{_text(report, args.lang)}")


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    args = _parser().parse_args(argv)
    if bool(args.input) is bool(args.charity):
        raise UsageError("expected inputs, or --charity and a folder")
    return args


def _audit(args: argparse.Namespace, verifier: Verifier, at: int) -> Outcome:
    from .charity.audit import audit_export, read_folder  # half of the ledger's code, which nobody else waits for
    from .charity.auditwords import audit_text
    from .charity.export import INDEX

    read = read_folder(args.charity)
    try:
        read(INDEX)
    except Malformed as e:
        raise UsageError(f"--charity: no export can be read there ({e.reason}: {INDEX})") from None
    report = audit_export(read, verifier, at=at, level=args.level)
    print(json.dumps(report.to_json(), ensure_ascii=False) if args.json else audit_text(report, args.lang))
    return report.outcome


def run(argv: Sequence[str], clock: Callable[[], int] = _system_clock) -> int:
    """Check everything on the command line and return the exit status."""
    try:
        args = _arguments(argv)
        at = clock() if args.at is None else _time(args.at)
        material = _sources(args).read()
        verifier = material.verifier()
        if args.charity:
            return _EXIT[_audit(args, verifier, at)]
        if args.bulk:
            from .bulk import Job, run_bulk  # brings multiprocessing, which nobody else waits for

            return run_bulk(args.input, Job(material, at, args.level, args.format, args.lang), args.jobs)
        worst, beside = 0, _beside(args)
        for name in args.input:
            report = check(content(name), verifier, at, args.level, beside)
            _print(name, report, args)
            code = _EXIT[report.outcome]
            worst = 1 if 1 in (worst, code) else max(worst, code)
    except UsageError as e:
        print(f"mz-verify: {e}", file=sys.stderr)
        return EXIT_USAGE
    return worst


def main() -> NoReturn:
    """Console entry point."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read us has stopped, for instance `| head`: no answer was given, so not status 0
        sys.stdout = None  # else the interpreter flushes again at exit and complains
        status = EXIT_OUTPUT
    sys.exit(status)
