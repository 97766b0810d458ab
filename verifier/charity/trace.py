"""Checking a donor's trace: the only path by which "my fen went there" is called PASSED.

    1   read the file
    2   is the trust bundle in force at the time of checking?
    4   every epoch: signed by a key of the charity that may sign donations, in its time (3 and 5 included)
    6   the details open the donation's leaf, and name this fund and this charity
    8   every epoch: in a signed tree of a known log (L2, L3)
    9   witnesses (L4) and anchor (L5), as far as the caller asks; a contradiction counts in any case
    13  every hop leads to its epoch's roots, leaves no serial out, and begins where a part of the donation went

Step numbers are those of `assess`; 13 is this file's own. What is proven is what the charity signed and cannot change
any more, as of the epochs inside. Not proven: that a payee exists, that a voucher is true, or what came after.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ..assess import DEFAULT_LEVEL_FILE, LEVELS, Verifier
from ..errors import Malformed, ProofInvalid, VerifierError
from ..fields import CLOCK_SKEW
from ..levels import read_notes
from ..report import Finding, Need, Outcome, Reason, outcome_of
from .epoch import Epoch, judge_signed, needs_older_receipt
from .follow import Link, Part, Portion, Range, follow, start_of
from .hop import Hop
from .line import In
from .opening import GOODS
from .tracefile import Trace
from .tracereport import Donated, TraceReport

_CLAUSE: Final = {
    1: "docs/formats/donor-trace.md",
    2: "docs/formats/trust-bundle.md",
    4: "docs/formats/fund-epoch.md; RFC 9052 4.4",
    6: "docs/formats/receipt-code.md",
    8: "RFC 9942 5.2; RFC 9162 2.1.3.2",
    9: "docs/formats/cosignature.md, witness-policy.md, anchor-registry.md",
    13: "docs/formats/donor-trace.md, sum-tree.md",
}


def check_trace(data: bytes, verifier: Verifier, *, at: int, level: str | None = None) -> TraceReport:
    """Check a trace at time `at` (seconds UTC) by the verifier's trust and evidence; `level` as in `Verifier.assess`,
    by default L3. Never raises on bad input; ValueError for a level that is none."""
    if level is not None and level not in LEVELS:
        raise ValueError("level: expected one of L1 to L5")
    return _Check(verifier, at, level or DEFAULT_LEVEL_FILE).report(data)


class _Check:
    """State of one check."""

    def __init__(self, verifier: Verifier, at: int, level: str) -> None:
        self.v, self.at, self.level = verifier, at, level
        self.findings: list[Finding] = []
        self.needs: list[Need] = []
        self.levels: dict[str, Reason] = {}
        self.donated: Donated | None = None
        self.portions: tuple[Portion, ...] = ()

    def note(self, step: int, reason: Reason, detail: str = "") -> None:
        self.findings.append(Finding(step, reason, _CLAUSE[step], detail))

    def report(self, data: bytes) -> TraceReport:
        try:
            trace = Trace.parse(data)
        except VerifierError as e:
            self.note(1, Reason.MALFORMED_FILE, str(e))
            return self._conclude(None)
        trust = self.v.trust
        if not trust.issued_at - CLOCK_SKEW <= self.at < trust.expires:
            self.needs.append(Need("trust-bundle", "newer than the one given"))
            self.note(2, Reason.TRUST_EXPIRED)
        if self._signed(trace):
            self._logged(trace)
            self._followed(trace)
        return self._conclude(trace)

    # 3 to 5 --------------------------------------------------------------------------------------------------------
    def _signed(self, trace: Trace) -> bool:
        reasons = [self._epoch(book, epoch) for book, epoch in trace.epochs.items()]
        charities = {epoch.claims.iss for epoch in trace.epochs.values()}
        if len(charities) != 1:  # transfers stay within a charity: what leaves it is surplus, and nobody follows it
            self.note(13, Reason.TRACE_INVALID, "epochs of several charities")
            return False
        bad = [r for r in reasons if r is not Reason.OK]
        self.levels["L1"] = _worst(reasons)
        if not bad:
            self.note(4, Reason.OK)
        return not bad

    def _epoch(self, book: bytes, epoch: Epoch) -> Reason:
        if epoch.claims.book != book:
            self.note(13, Reason.TRACE_INVALID, "an epoch of another book")
            return Reason.TRACE_INVALID
        reason = judge_signed(epoch, self.v.trust, self.at)
        if reason is not Reason.OK:
            self.note(4, reason, "of an epoch")
        if reason in (Reason.ISSUER_UNKNOWN, Reason.KEY_UNKNOWN, Reason.ALGORITHM_UNSUPPORTED):
            self.needs.append(Need("issuer-key", f"{epoch.claims.iss}/{epoch.sign1.kid.hex()}"))
        return reason

    # 8 and 9 -------------------------------------------------------------------------------------------------------
    def _logged(self, trace: Trace) -> None:
        """Each epoch by itself; a level is reached when all of them reach it."""
        found: dict[str, list[Reason]] = {name: [] for name in ("L2", "L3", "L4", "L5")}
        for epoch in trace.epochs.values():
            good, reason = epoch.trees(self.v.trust, self.at)
            found["L2"].append(reason)
            found["L3"].append(reason)
            if self._counts("L3" if self.level != "L1" else "", reason) or reason is Reason.NOT_YET_VALID:
                self.needs.append(Need("receipt", "of a log that the trust bundle names"))
                self.note(8, reason)
            if reason is not Reason.RECEIPT_INVALID and needs_older_receipt(epoch, self.v.trust, good):
                self.needs.append(Need("receipt", "older than the revocation of the issuer's key"))
                self.note(4, Reason.KEY_REVOKED)
            evidence = self.v.evidence
            for name, answer in (
                ("L4", evidence.witnessed(good, read_notes(epoch.checkpoints), self.at)),
                ("L5", evidence.anchored(good)),
            ):
                found[name].append(answer.reason)
                if self._counts(name, answer.reason):
                    self.needs.extend(answer.needs)
                    self.note(9, answer.reason)
        self.levels.update({name: _worst(reasons) for name, reasons in found.items()})

    def _counts(self, name: str, reason: Reason) -> bool:
        """A contradiction in any case; what is only missing, if the caller asked for it."""
        asked = name == self.level or (name == "L3" and self.level in LEVELS[1:])
        return reason is not Reason.OK and (asked or outcome_of(reason) is Outcome.FAILED)

    # 6 and 13 ------------------------------------------------------------------------------------------------------
    def _followed(self, trace: Trace) -> None:
        first = trace.hops[0]
        try:
            donated = _donated(trace)
        except VerifierError as e:
            self.note(13, Reason.TRACE_INVALID, str(e))
            return
        if trace.details is not None and not _opens(trace):
            self.note(6, Reason.DISCLOSURE_INVALID, "the details are not this donation's")
            return
        try:
            portions = trail(trace, (donated.start, donated.start + donated.amount))
        except VerifierError as e:
            self.note(13, Reason.TRACE_INVALID, str(e))
            return
        self.note(13, Reason.OK)
        self.donated, self.portions = donated, portions
        assert first.book == donated.book

    def _conclude(self, trace: Trace | None) -> TraceReport:
        faults = [f for f in self.findings if f.reason is not Reason.OK]
        decisive = next((f for f in faults if f.outcome is Outcome.FAILED), faults[0] if faults else None)
        reason = decisive.reason if decisive else Reason.OK
        trust, outcome = self.v.trust, outcome_of(reason)
        shown = self.donated if outcome is not Outcome.FAILED else None
        issuer = None if shown is None else trust.issuer(shown.charity)
        return TraceReport(
            outcome=outcome,
            reason=reason,
            checked_at=self.at,
            findings=tuple(self.findings),
            levels=self.levels,
            needs=tuple(dict.fromkeys(self.needs)),
            donated=shown,
            charity_name={"zh": issuer.name_zh, "en": issuer.name_en} if issuer else {},
            portions=self.portions if shown is not None else (),
            as_of=_as_of(trace) if shown is not None and trace is not None else (),
            merkle_bytes=0 if trace is None else trace.merkle_bytes(),
            trust_sequence=trust.sequence,
            trust_root=trust.root_fingerprint,
        )


def _as_of(trace: Trace) -> tuple[tuple[bytes, int, int], ...]:
    return tuple((book, e.claims.epoch, e.claims.iat) for book, e in trace.epochs.items())


def _worst(reasons: Sequence[Reason]) -> Reason:
    """A contradiction before what is missing, and that before OK; there is at least one."""
    order = {Outcome.FAILED: 0, Outcome.INDETERMINATE: 1, Outcome.PASSED: 2}
    return min(reasons, key=lambda r: order[outcome_of(r)])


def _donated(trace: Trace) -> Donated:
    """The donation that the first hop begins with. Raises Malformed or ProofInvalid."""
    hop, claims = trace.hops[0], trace.epochs[trace.hops[0].book].claims
    start, leaf = start_of(hop, claims), hop.inflow
    if hop.member is not None:
        start += hop.member.offset(claims.tree, hop.book, leaf)
        leaf = hop.member.leaf
    if leaf.kind != In.DONATION:
        raise Malformed("donor-trace", "not-a-donation")
    details = trace.details
    return Donated(
        book=hop.book,
        charity=claims.iss,
        amount=leaf.amount,
        day=leaf.day,
        start=start,
        grouped=hop.member is not None,
        opened=details is not None,
        donation=None if details is None else details.donation,
        goods=None if details is None else details.property == GOODS,
    )


def _opens(trace: Trace) -> bool:
    """Whether the details are what the leaf commits to, and speak of this fund and this charity."""
    hop, details, secret = trace.hops[0], trace.details, trace.secret
    if details is None or secret is None:
        return False
    leaf = hop.inflow if hop.member is None else hop.member.leaf
    stated = (details.book, details.charity, details.amount, details.day)
    shown = (hop.book, trace.epochs[hop.book].claims.iss, leaf.amount, leaf.day)
    return details.commitment(secret) == leaf.ref and stated == shown


def trail(trace: Trace, donated: Range) -> tuple[Portion, ...]:
    """What became of the donation's serials over all hops, in the order in which it was found. Raises Malformed or
    ProofInvalid: for a hop that no part of the donation leads to as well."""
    going: dict[Link, list[Part]] = {}
    ended: list[Portion] = []
    for number, hop in enumerate(trace.hops):
        claims = trace.epochs[hop.book].claims
        start = start_of(hop, claims)
        mine = [donated] if number == 0 else _arrived(going, hop, start)
        for part in follow(hop, claims, mine):
            if part.link is None:
                ended.append(part.portion)
            else:
                going.setdefault(part.link, []).append(part)
    ended.extend(part.portion for parts in going.values() for part in parts)
    if sum(p.amount for p in ended) != donated[1] - donated[0]:
        raise ProofInvalid("coverage", "not all serials are accounted for")
    return tuple(ended)


def _arrived(going: dict[Link, list[Part]], hop: Hop, start: int) -> list[Range]:
    """The serials of the hop's inflow that parts of the donation became; they are then followed and no longer ended."""
    link = Link(hop.book, In(hop.inflow.kind), hop.inflow.ref, hop.inflow.amount)
    parts = going.pop(link, None)
    if parts is None or hop.member is not None:
        raise ProofInvalid("hop", "no part of the donation leads there, or not all of it is shown")
    ranges = sorted((start + p.offset, start + p.offset + p.portion.amount) for p in parts)
    if any(a[1] > b[0] for a, b in pairwise(ranges)) or ranges[-1][1] > start + link.total:
        raise ProofInvalid("hop", "the same serials twice")
    return ranges
