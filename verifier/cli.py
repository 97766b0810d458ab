"""`mz-verify`: check certificate files and codes, offline.

    mz-verify --trust trust-bundle.cbor --status status-list.cbor certificate.mzc 'MZ1:…'

Exit status: 0 every input PASSED, 1 at least one FAILED, 2 none failed but something is INDETERMINATE, 64 wrong usage
(including trust material that cannot be read), 74 if the report could not be written. Nothing is fetched: what is
missing is named, and the caller decides.
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

from .anchor import AnchorObservation
from .assess import LEVELS, Verifier
from .casefile import CaseReport, check_case, is_case
from .casewords import case_text
from .cbor import split_sequence
from .checkpoint import MAX_NOTE_BYTES, SignedNote
from .code import PREFIX
from .crl import Crl
from .documents import MAX_BYTES as MAX_INPUT_BYTES
from .errors import VerifierError
from .fields import MAX_TIME
from .finality.proof import MAX_BYTES as MAX_PROOF_BYTES
from .finality.proof import AnchorProof
from .policy import TrustBundle
from .report import Outcome, Report
from .wording import to_text

EXIT_USAGE: Final = 64
EXIT_OUTPUT: Final = 74  # the report could not be written (sysexits EX_IOERR)
_EXIT: Final = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.INDETERMINATE: 2}
_MAX_TRUST_BYTES: Final = 8 << 20


class _Usage(Exception):
    """What the caller has to change; becomes exit status 64."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Usage(message)


def _system_clock() -> int:
    """The command line is the edge where the machine's clock is read; the library never does."""
    return int(datetime.now(UTC).timestamp())


def _parser() -> argparse.ArgumentParser:
    p = _Parser(prog="mz-verify", description="Check Minzheng certificates and codes offline.")
    p.add_argument(
        "input",
        nargs="+",
        help="document (PDF, OFD), holder's file (.mzc), file with a code's text, the code itself, or - for stdin",
    )
    p.add_argument("--trust", required=True, type=Path, metavar="FILE", help="trust bundle")
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
    return p


def _time(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,12}", text):
        seconds = int(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _Usage("--at: expected RFC 3339 or seconds") from None
        if moment.tzinfo is None:
            raise _Usage("--at: a time zone is needed, for instance 2026-11-21T08:00:00Z")
        seconds = int(moment.timestamp())
    if not 0 <= seconds <= MAX_TIME:
        raise _Usage("--at: expected a time from 1970 to 9999")
    return seconds


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as f:
            data = f.read(limit + 1)
    except (OSError, ValueError) as e:  # ValueError: a NUL in the argument
        raise _Usage(f"{path}: {getattr(e, 'strerror', None) or 'not a file name'}") from None
    if len(data) > limit:
        raise _Usage(f"{path}: larger than {limit} bytes")
    return data


def _statuses(paths: Sequence[Path]) -> list[bytes]:
    files: list[Path] = []
    for path in paths:
        files.extend(sorted(path.glob("*.cbor")) if path.is_dir() else [path])
    return [item for f in files for item in _status_items(_read(f, _MAX_TRUST_BYTES))]


def _status_items(data: bytes) -> list[bytes]:
    """A file holds one list or several behind each other (a CBOR sequence): one file can serve several issuers."""
    try:
        return split_sequence(data, max_bytes=_MAX_TRUST_BYTES) or [data]
    except VerifierError:
        return [data]  # reported as STATUS_MALFORMED where a list is wanted: silence would look like absence


def _anchors(paths: Sequence[Path]) -> tuple[list[AnchorObservation], list[bytes]]:
    """Observations and proofs: one option takes both, for who was handed a file need not know which of them it is."""
    anchors, proofs = [], []
    for path in paths:
        data = _read(path, MAX_PROOF_BYTES)
        if AnchorProof.recognises(data):
            AnchorProof.parse(data)  # one that cannot be read is wrong usage, not a verdict on the certificate
            proofs.append(data)
        else:
            anchors.append(AnchorObservation.parse(data))
    return anchors, proofs


def _verifier(args: argparse.Namespace) -> Verifier:
    try:
        trust = TrustBundle.parse(_read(args.trust, _MAX_TRUST_BYTES), args.root)
        anchors, proofs = _anchors(args.anchor)
        notes = [SignedNote.parse(_read(p, MAX_NOTE_BYTES)).encode() for p in args.checkpoint]
        crls = [_read(p, _MAX_TRUST_BYTES) for p in args.crl]
        for der in crls:
            Crl.parse(der)  # one that cannot be read is wrong usage, not a verdict on a document
    except VerifierError as e:
        raise _Usage(str(e)) from None
    return Verifier(trust, _statuses(args.status), anchors, checkpoints=notes, proofs=proofs, crls=crls)


def _is_code(text: str) -> bool:
    return text.startswith((PREFIX, "https://", "http://"))


def _content(name: str) -> bytes | str:
    if _is_code(name):
        return name
    # One byte more than the parser allows: an oversized input is reported as what it is, MALFORMED, not cut short.
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1) if name == "-" else _input_file(Path(name))
    head = data[:8]
    if head.startswith((b"MZ1:", b"https://")):
        return data.decode("utf-8", "replace").rstrip("\r\n")
    return data


def _input_file(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(MAX_INPUT_BYTES + 1)
    except (OSError, ValueError) as e:  # ValueError: a NUL in the argument
        raise _Usage(f"input: cannot be read: {getattr(e, 'strerror', None) or 'not a file name'}") from None


def _label(name: str) -> str:
    return "code" if _is_code(name) else name


def _print(name: str, report: Report | CaseReport, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps({"input": _label(name), **report.to_json()}, ensure_ascii=False))
    else:
        text = case_text(report, args.lang) if isinstance(report, CaseReport) else to_text(report, args.lang)
        print(f"{_label(name)}\n{text}")


def run(argv: Sequence[str], clock: Callable[[], int] = _system_clock) -> int:
    """Check everything on the command line and return the exit status."""
    try:
        args = _parser().parse_args(argv)
        at = clock() if args.at is None else _time(args.at)
        verifier = _verifier(args)
        worst = 0
        for name in args.input:
            content = _content(name)
            report: Report | CaseReport
            if isinstance(content, bytes) and is_case(content):
                report = check_case(content, verifier, at=at)
            else:
                report = verifier.assess(content, at=at, level=args.level)
            _print(name, report, args)
            code = _EXIT[report.outcome]
            worst = 1 if 1 in (worst, code) else max(worst, code)
    except _Usage as e:
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
