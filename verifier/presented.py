"""Checking a presentation: step 12, behind the steps 1 to 11 that `assess` takes with the file inside.

    12  shown to this audience, with this nonce, not too long ago, by the device that the issuer bound to it

A failed step 12 hides what was disclosed: the fields are the issuer's, but nobody knows who shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .assess import Verifier
from .credential import HolderFile
from .errors import VerifierError
from .fields import CLOCK_SKEW
from .policy import TrustBundle
from .presentation import Binding, Presentation
from .report import Finding, Need, Outcome, PresentationSeen, Reason, Report, outcome_of
from .statement import judge

_CLAUSE: Final = "RFC 8747 3; docs/formats/presentation.md"
_STEP: Final = 12


@dataclass(frozen=True, slots=True)
class Expected:
    """What the party that is shown something demands: its own name, and the nonce that it gave out (16 bytes)."""

    audience: str
    nonce: bytes


def assess_presentation(
    data: bytes, expected: Expected, verifier: Verifier, *, at: int, level: str | None = None
) -> Report:
    """Check a presentation at time `at` (seconds UTC), `level` as in `Verifier.assess`. Never raises on bad input."""
    try:
        shown = Presentation.parse(data)
    except VerifierError as e:
        finding = Finding(1, Reason.MALFORMED_FILE, "docs/formats/presentation.md", str(e))
        trust = verifier.trust
        return Report(
            outcome=Outcome.FAILED,
            reason=finding.reason,
            checked_at=at,
            findings=(finding,),
            levels={},
            trust_sequence=trust.sequence,
            trust_root=trust.root_fingerprint,
        )
    report = verifier.assess(shown.file, at=at, level=level)
    faults = _faults(shown, expected, verifier.trust, at)
    steps = [Finding(_STEP, reason, _CLAUSE, detail) for reason, detail in faults or [(Reason.OK, "")]]
    return _joined(report, steps, PresentationSeen(shown.audience, shown.issued_at, shown.expires), bool(faults))


def _faults(shown: Presentation, expected: Expected, trust: TrustBundle, at: int) -> list[tuple[Reason, str]]:
    found: list[tuple[Reason, str]] = []
    if shown.audience != expected.audience:
        found.append((Reason.PRESENTATION_MISMATCH, "shown to another audience"))
    if shown.nonce != expected.nonce:
        found.append((Reason.PRESENTATION_MISMATCH, "answers another challenge"))
    if shown.issued_at > at + CLOCK_SKEW:
        found.append((Reason.NOT_YET_VALID, "the presentation"))
    if at >= shown.expires:
        found.append((Reason.PRESENTATION_EXPIRED, "the presentation"))
    try:
        binding = Binding.parse(shown.binding)
        claims = HolderFile.parse(shown.file).certificate.claims
    except VerifierError as e:
        return [*found, (Reason.PRESENTATION_INVALID, str(e))]
    if (binding.issuer, binding.cti) != (claims.iss, claims.cti):
        return [*found, (Reason.PRESENTATION_INVALID, "the device is bound to another certificate")]
    return found + _binding(binding, claims.kind, trust, at) + _device(shown, binding, at)


def _binding(binding: Binding, kind: int, trust: TrustBundle, at: int) -> list[tuple[Reason, str]]:
    """Signed by a key of the issuer that may sign certificates of this kind, and not too old."""
    key = trust.issuer_key(binding.issuer, binding.sign1.kid)
    known = trust.issuer(binding.issuer) is not None
    reason = judge(binding.sign1, key, binding.issued_at, at, signer_known=known)
    if reason is Reason.OK and key is not None:
        if kind not in key.kinds:
            reason = Reason.KEY_NOT_ALLOWED_FOR_KIND
        elif key.revoked_from is not None:  # no log saw the binding: whoever stole the key could have back-dated it
            reason = Reason.KEY_REVOKED
    found = [] if reason is Reason.OK else [(_of_binding(reason), "of the device binding")]
    if at >= binding.expires:
        found.append((Reason.PRESENTATION_EXPIRED, "the device binding"))
    return found


def _of_binding(reason: Reason) -> Reason:
    """A forged binding is a fault of the presentation, not of the certificate's signature."""
    broken = (Reason.SIGNATURE_INVALID, Reason.ALGORITHM_MISMATCH)
    return Reason.PRESENTATION_INVALID if reason in broken else reason


def _device(shown: Presentation, binding: Binding, at: int) -> list[tuple[Reason, str]]:
    sign1 = shown.sign1
    if sign1.kid != binding.key.kid or sign1.alg != binding.key.alg or not sign1.verify(binding.key):
        return [(Reason.PRESENTATION_INVALID, "not signed by the device that is bound")]
    if not binding.issued_at - CLOCK_SKEW <= shown.issued_at < binding.expires:
        return [(Reason.PRESENTATION_INVALID, "made while the binding was not in force")]
    return []


def _joined(report: Report, steps: list[Finding], seen: PresentationSeen, faulty: bool) -> Report:
    """The report with step 12: any FAILED finding decides, then the first that could not be checked."""
    findings = (*report.findings, *steps)
    faults = [f for f in findings if f.reason is not Reason.OK]
    decisive = next((f for f in faults if f.outcome is Outcome.FAILED), faults[0] if faults else None)
    reason = Reason.OK if decisive is None else decisive.reason
    doubtful = any(f.outcome is Outcome.INDETERMINATE for f in steps)
    needs = (*report.needs, Need("issuer-key", "of the device binding")) if doubtful else report.needs
    disclosed: Mapping[str, object] = {} if faulty else report.disclosed
    return replace(
        report,
        outcome=outcome_of(reason),
        reason=reason,
        findings=findings,
        needs=needs,
        disclosed=disclosed,
        presentation=seen,
    )
