"""Files of a relying party, read for `mz-verify` and for `verify()`: trust material, and what is to be checked.

This is the edge: here files are read, and nothing is decided. A cache folder, which `mz-trust update` fills, is

    root                     the pin: SM3 of the root key, 64 hexadecimal digits
    trust-bundle.cbor        the bundle, signed by that root
    status-lists/<n>.cbor    the status lists that it names
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from .anchor import AnchorObservation
from .answerreport import AnswerReport, archived, check_answer, is_answer
from .assess import Verifier
from .casefile import CaseReport, check_case, is_case
from .cbor import split_sequence
from .checkpoint import MAX_NOTE_BYTES, SignedNote
from .code import PREFIX
from .documents import MAX_BYTES as MAX_INPUT_BYTES
from .errors import VerifierError
from .labels import MAGIC_TRACE
from .policy import TrustBundle
from .presentation import is_presentation
from .presented import Expected, assess_presentation
from .report import Report

if TYPE_CHECKING:
    from .charity.tracereport import TraceReport

MAX_TRUST_BYTES: Final = 8 << 20
MAX_ANCHOR_BYTES: Final = 64 * 1024  # of an observation or a proof
CACHE_ROOT: Final = "root"
CACHE_BUNDLE: Final = "trust-bundle.cbor"
CACHE_STATUS: Final = "status-lists"


class UsageError(Exception):
    """What the caller has to change; becomes exit status 64. Names a path, never what a file holds."""


@dataclass(frozen=True, slots=True)
class Material:
    """Trust material as bytes: what worker processes are handed, so that all of them judge by the same."""

    trust: bytes
    root: str | None = None
    statuses: tuple[bytes, ...] = ()
    anchors: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def verifier(self) -> Verifier:
        """The verifier over all of it. Raises UsageError for what is not what it should be: that is no verdict on any
        certificate. `anchors` are observations and proofs: who was handed a file need not know which of them it is."""
        anchors, proofs = [], []
        try:
            bundle = TrustBundle.parse(self.trust, self.root)
            for data in self.anchors:
                from .finality.proof import AnchorProof  # see levels.py

                if AnchorProof.recognises(data):
                    AnchorProof.parse(data)
                    proofs.append(data)
                else:
                    anchors.append(AnchorObservation.parse(data))
            notes = [SignedNote.parse(data).encode() for data in self.checkpoints]
            for der in self.crls:
                from .crl import Crl

                Crl.parse(der)
        except VerifierError as e:
            raise UsageError(str(e)) from None
        return Verifier(bundle, self.statuses, anchors, checkpoints=notes, proofs=proofs, crls=self.crls)


@dataclass(frozen=True, slots=True)
class Sources:
    """Paths of trust material. `root`: the pin as 64 hexadecimal digits; `cache` brings trust, root and statuses."""

    trust: Path | None = None
    root: str | None = None
    statuses: tuple[Path, ...] = ()
    anchors: tuple[Path, ...] = ()
    checkpoints: tuple[Path, ...] = ()
    crls: tuple[Path, ...] = ()
    cache: Path | None = None

    def read(self) -> Material:
        """All of it as bytes. Raises UsageError for a file that cannot be read."""
        trust, root, statuses = self._trust()
        return Material(
            trust=read_file(trust, MAX_TRUST_BYTES),
            root=root,
            statuses=tuple(_statuses(statuses)),
            anchors=tuple(read_file(p, MAX_ANCHOR_BYTES) for p in self.anchors),
            checkpoints=tuple(read_file(p, MAX_NOTE_BYTES) for p in self.checkpoints),
            crls=tuple(read_file(p, MAX_TRUST_BYTES) for p in self.crls),
        )

    def _trust(self) -> tuple[Path, str | None, tuple[Path, ...]]:
        if self.cache is None:
            if self.trust is None:
                raise UsageError("a trust bundle is needed: --trust FILE, or --cache DIR")
            return self.trust, self.root, self.statuses
        pin = read_file(self.cache / CACHE_ROOT, 256).decode("ascii", "replace").strip()
        if self.root is not None and self.root.lower() != pin:
            raise UsageError("--root: not the pin of the cache")
        return self.trust or self.cache / CACHE_BUNDLE, pin, (*self.statuses, self.cache / CACHE_STATUS)


def read_file(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes. Raises UsageError."""
    try:
        with path.open("rb") as f:
            data = f.read(limit + 1)
    except (OSError, ValueError) as e:  # ValueError: a NUL in the argument
        raise UsageError(f"{path}: {getattr(e, 'strerror', None) or 'not a file name'}") from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than {limit} bytes")
    return data


def _statuses(paths: Iterable[Path]) -> list[bytes]:
    files: list[Path] = []
    for path in paths:
        files.extend(sorted(path.glob("*.cbor")) if path.is_dir() else [path])
    return [item for f in files for item in _status_items(read_file(f, MAX_TRUST_BYTES))]


def _status_items(data: bytes) -> list[bytes]:
    """A file holds one list or several behind each other (a CBOR sequence): one file can serve several issuers."""
    try:
        return split_sequence(data, max_bytes=MAX_TRUST_BYTES) or [data]
    except VerifierError:
        return [data]  # reported as STATUS_MALFORMED where a list is wanted: silence would look like absence


def is_code(text: str) -> bool:
    """Whether an argument is a code itself and no file name."""
    return text.startswith((PREFIX, "https://", "http://"))


def content(name: str) -> bytes | str:
    """What an argument stands for: the code itself, a file's content, or stdin for "-". Raises UsageError."""
    if is_code(name):
        return name
    # One byte more than the parser allows: an oversized input is reported as what it is, MALFORMED, not cut short.
    return text_or_bytes(sys.stdin.buffer.read(MAX_INPUT_BYTES + 1) if name == "-" else input_file(Path(name)))


def text_or_bytes(data: bytes) -> bytes | str:
    """A file with the text of a code gives the text, any other file its bytes."""
    if data.startswith((b"MZ1:", b"https://")):
        return data.decode("utf-8", "replace").rstrip("\r\n")
    return data


def input_file(path: Path) -> bytes:
    """A file that is to be checked, cut one byte behind the largest that is accepted. Raises UsageError."""
    try:
        with path.open("rb") as f:
            return f.read(MAX_INPUT_BYTES + 1)
    except (OSError, ValueError) as e:  # ValueError: a NUL in the argument
        raise UsageError(f"input: cannot be read: {getattr(e, 'strerror', None) or 'not a file name'}") from None


@dataclass(frozen=True, slots=True)
class Beside:
    """What only the person asking can know: what a presentation must answer, and the question behind an answer."""

    expected: Expected | None = None
    opening: tuple[bytes, bytes] | None = None


AnyReport: TypeAlias = "Report | CaseReport | AnswerReport | TraceReport"


def check(data: bytes | str, verifier: Verifier, at: int, level: str | None, beside: Beside = Beside()) -> AnyReport:
    """The one report on any input: that of a case file, of a donor's trace, of a signed answer (alone, or as archived
    with its question), a certificate's for everything else.

    A presentation without `beside.expected` is no holder's file, and FAILED as such: whom it was shown to is the
    question that it answers.
    """
    if isinstance(data, bytes):
        if is_case(data):
            return check_case(data, verifier, at=at)
        if data.startswith(MAGIC_TRACE):
            from .charity.trace import check_trace  # a tenth of a second that only donors wait for

            return check_trace(data, verifier, at=at, level=level)
        if is_answer(data):
            return check_answer(data, verifier.trust, at, beside.opening)
        if (kept := archived(data)) is not None:
            return check_answer(kept[0], verifier.trust, at, beside.opening or kept[1])
        if beside.expected is not None and is_presentation(data):
            return assess_presentation(data, beside.expected, verifier, at=at, level=level)
    return verifier.assess(data, at=at, level=level)
