"""What a verification says: one outcome of three, the reason, the levels reached, and every finding behind it.

Two outcomes are not enough: an outage reported as "invalid" has rejected honest people, and one reported as "valid" has
let forgeries pass. Whatever could not be checked is INDETERMINATE, with the name of what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from .labels import KIND_NAMES
from .manifest import KindManifest


class Outcome(StrEnum):
    """Outcome of a check (after ETSI EN 319 102-1 clause 5.1.3)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class Reason(StrEnum):
    """Stable reason codes. Which outcome each leads to stands in `OUTCOME_OF`."""

    OK = "OK"
    MALFORMED_CODE = "MALFORMED_CODE"
    MALFORMED_FILE = "MALFORMED_FILE"
    MALFORMED_CREDENTIAL = "MALFORMED_CREDENTIAL"
    ALGORITHM_MISMATCH = "ALGORITHM_MISMATCH"
    KEY_NOT_ALLOWED_FOR_KIND = "KEY_NOT_ALLOWED_FOR_KIND"
    KEY_NOT_VALID_AT_ISSUE = "KEY_NOT_VALID_AT_ISSUE"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    EXPIRED = "EXPIRED"
    DISCLOSURE_INVALID = "DISCLOSURE_INVALID"
    STATUS_NOT_VALID = "STATUS_NOT_VALID"
    RECEIPT_INVALID = "RECEIPT_INVALID"
    LOG_FORKED = "LOG_FORKED"
    ANCHOR_MISMATCH = "ANCHOR_MISMATCH"
    DOCUMENT_ALTERED = "DOCUMENT_ALTERED"
    RENDITION_INVALID = "RENDITION_INVALID"
    RENDITION_MISMATCH = "RENDITION_MISMATCH"
    COPY_EXPIRED = "COPY_EXPIRED"
    SEAL_INVALID = "SEAL_INVALID"
    PRESENTATION_INVALID = "PRESENTATION_INVALID"
    PRESENTATION_MISMATCH = "PRESENTATION_MISMATCH"
    PRESENTATION_EXPIRED = "PRESENTATION_EXPIRED"
    TRACE_INVALID = "TRACE_INVALID"
    ALGORITHM_UNSUPPORTED = "ALGORITHM_UNSUPPORTED"
    ISSUER_UNKNOWN = "ISSUER_UNKNOWN"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_REVOKED = "KEY_REVOKED"
    NOT_YET_VALID = "NOT_YET_VALID"
    KIND_UNKNOWN = "KIND_UNKNOWN"
    TRUST_EXPIRED = "TRUST_EXPIRED"
    STATUS_MISSING = "STATUS_MISSING"
    STATUS_STALE = "STATUS_STALE"
    STATUS_MALFORMED = "STATUS_MALFORMED"
    STATUS_SIGNATURE_INVALID = "STATUS_SIGNATURE_INVALID"
    STATUS_OUT_OF_RANGE = "STATUS_OUT_OF_RANGE"
    RECEIPT_MISSING = "RECEIPT_MISSING"
    RECEIPT_LOG_UNKNOWN = "RECEIPT_LOG_UNKNOWN"
    QUORUM_NOT_REACHED = "QUORUM_NOT_REACHED"
    ANCHOR_MISSING = "ANCHOR_MISSING"
    ANCHOR_UNKNOWN_CHAIN = "ANCHOR_UNKNOWN_CHAIN"
    ANCHOR_PROOF_INVALID = "ANCHOR_PROOF_INVALID"
    RENDITION_MISSING = "RENDITION_MISSING"
    SEAL_UNCERTAIN = "SEAL_UNCERTAIN"


_FAILED: Final = frozenset(list(Reason)[1 : list(Reason).index(Reason.ALGORITHM_UNSUPPORTED)])


def outcome_of(reason: Reason) -> Outcome:
    """The one outcome that a reason stands for."""
    if reason is Reason.OK:
        return Outcome.PASSED
    return Outcome.FAILED if reason in _FAILED else Outcome.INDETERMINATE


@dataclass(frozen=True, slots=True)
class Finding:
    """One step's result: `step` is the number in `assess`, `clause` its source; `detail` holds nothing personal."""

    step: int
    reason: Reason
    clause: str
    detail: str = ""

    @property
    def outcome(self) -> Outcome:
        """Outcome of the step."""
        return outcome_of(self.reason)


@dataclass(frozen=True, slots=True)
class Need:
    """Something the caller could fetch to turn INDETERMINATE into an answer. `ref` is an address or an id."""

    what: str
    ref: str


@dataclass(frozen=True, slots=True)
class StatusSeen:
    """The status list that answered. Times in seconds UTC; age in seconds at the time of checking."""

    issued_at: int
    expires: int
    age: int


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    """A PDF or OFD as the issuer's statement describes it; times in seconds UTC, None while nothing was proven.

    `digest`: SM3 of the rendered bytes, hexadecimal; `copy`: an annotated copy (加注件), which ends at `expires`;
    `seal`: whose electronic seal it carries and since when, as text by name.
    """

    media: str
    digest: str
    issued_at: int | None = None
    copy: bool = False
    expires: int | None = None
    seal: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PresentationSeen:
    """To whom a presentation was shown as it says, and its lifetime in seconds UTC."""

    audience: str
    issued_at: int
    expires: int


@dataclass(frozen=True, slots=True)
class Report:
    """Result of `assess`. `disclosed` holds what the holder chose to show: personal, for the person who asked only."""

    outcome: Outcome
    reason: Reason
    checked_at: int
    findings: tuple[Finding, ...]
    levels: Mapping[str, Reason]
    needs: tuple[Need, ...] = ()
    kind: int | None = None
    issuer: str | None = None
    issuer_name: Mapping[str, str] = field(default_factory=dict)
    issued_at: int | None = None
    disclosed: Mapping[str, Any] = field(default_factory=dict, repr=False)  # a report that is logged shows no field
    public: Mapping[str, Any] = field(default_factory=dict)
    status: StatusSeen | None = None
    trust_sequence: int | None = None
    trust_root: str | None = None
    manifest: KindManifest | None = None
    document: DocumentSeen | None = None
    presentation: PresentationSeen | None = None

    @property
    def kind_name(self) -> str:
        """Name of the kind, "unknown" where neither the bundle nor this verifier has one."""
        if self.manifest is not None:
            return self.manifest.name
        return "unknown" if self.kind is None else KIND_NAMES.get(self.kind, "unknown")

    def label(self, name: str, lang: str) -> str:
        """What people call a disclosed field in "zh" or "en"; its name where the bundle does not say."""
        return (self.manifest and self.manifest.label(name, lang)) or name

    @property
    def level(self) -> str | None:
        """Highest level reached, or None. L4 and L5 do not imply each other: read `levels` for both."""
        reached = [name for name, reason in self.levels.items() if reason is Reason.OK]
        return max(reached) if reached else None

    def to_json(self) -> dict[str, Any]:
        """JSON form; times as RFC 3339 UTC. The member order is fixed."""
        status = self.status and {
            "issued_at": iso(self.status.issued_at),
            "expires": iso(self.status.expires),
            "age_seconds": self.status.age,
        }
        return {
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "level": self.level,
            "levels": {
                name: {"outcome": outcome_of(reason).value, "reason": reason.value}
                for name, reason in self.levels.items()
            },
            "certificate": self._certificate(),
            "disclosed": dict(self.disclosed),
            "labels": {name: {lang: self.label(name, lang) for lang in ("zh", "en")} for name in self.disclosed},
            "public": dict(self.public),
            "status": status,
            **({} if self.document is None else {"document": _document(self.document)}),
            **({} if self.presentation is None else {"presentation": _presentation(self.presentation)}),
            **found(self.findings, self.needs),
            "checked_at": iso(self.checked_at),
            "trust": {"sequence": self.trust_sequence, "root": self.trust_root},
        }

    def _certificate(self) -> dict[str, Any] | None:
        if self.kind is None:
            return None
        return {
            "kind": self.kind,
            "kind_name": self.kind_name,
            "kind_title": {"zh": self.manifest.zh, "en": self.manifest.en} if self.manifest else {},
            "issuer": self.issuer,
            "issuer_name": dict(self.issuer_name),
            "issued_at": iso(self.issued_at),
        }


def _document(seen: DocumentSeen) -> dict[str, Any]:
    return {
        "media": seen.media,
        "sm3": seen.digest,
        "issued_at": iso(seen.issued_at),
        "copy": seen.copy,
        "expires": iso(seen.expires),
        "seal": None if seen.seal is None else dict(seen.seal),
    }


def _presentation(seen: PresentationSeen) -> dict[str, Any]:
    return {"audience": seen.audience, "issued_at": iso(seen.issued_at), "expires": iso(seen.expires)}


def found(findings: Iterable[Finding], needs: Iterable[Need]) -> dict[str, Any]:
    """The members "findings" and "needs" of any report."""
    return {
        "findings": [
            {"step": f.step, "code": f.reason.value, "outcome": f.outcome.value, "clause": f.clause, "detail": f.detail}
            for f in findings
        ],
        "needs": [{"what": n.what, "ref": n.ref} for n in needs],
    }


def iso(seconds: int | None) -> str | None:
    """RFC 3339 UTC, e.g. "2026-01-01T00:00:00Z"; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
