"""A second ledger of a fund, slow and plain: one list entry for every single fen, and sums made anew each time.

Nothing is shared with `verifier.charity` but the events themselves. A fen has an owner among the in-leaves from the
start; who takes it paints it, and the out-line is what the painted beginning of the list looks like. Balances are
counted, never carried on. `wrong` names *every* rule that an event breaks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from verifier.charity import events as e
from verifier.charity.events import Event

SOURCES = {1: "donation", 2: "group", 3: "returned", 4: "transfer-in", 5: "redirected-in", 6: "income"}
WAYS = {2: "transfer", 3: "donation-returned", 4: "donation-reversed", 5: "redirected", 6: "surplus"}
HOLES = {"donation_returned": 3, "donation_reversed": 4, "redirected": 5}
LEAVING = {"transferred": 2, "surplus": 6}
ENTERING = {"grouped": 2, "income": 6, "transfer_in": 4, "redirected_in": 5}
CLOSED_TO = {
    *ENTERING, *HOLES, "received", "valued", "allocated", "pledged", "pledge_kept", "closed",
}  # fmt: skip


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def name_of(book: bytes, event: Event) -> bytes:
    return sm3(b"mz-fund-event\x00" + book + event.encode())


@dataclass(eq=False)
class Paint:
    """Whose a fen became: (kind, day, allocation, class, ref) of its out-leaf."""

    face: tuple[int, int, int, int, bytes]


@dataclass(eq=False)
class Payment:
    allocation: int
    cost_class: int
    amount: int
    state: str = "reserved"
    fen: list[int] = field(default_factory=list)  # their serials, in order
    mark: list[str] = field(default_factory=list)  # "paid", "acknowledged" or "returned", of each


@dataclass
class Reference:
    book: bytes
    leaves: list[tuple[int, int, bytes, int]] = field(default_factory=list)
    fen: list[int] = field(default_factory=list)  # in-leaf of each serial
    paint: list[Paint | None] = field(default_factory=list)
    decided: dict[int, list[int]] = field(default_factory=dict)  # by allocation: what was given and taken back
    payments: dict[int, Payment] = field(default_factory=dict)
    pledges: dict[int, list[int | str]] = field(default_factory=dict)  # amount, kept, state
    kept_by: list[int] = field(default_factory=list)
    values: dict[int, int] = field(default_factory=dict)
    origins: list[bytes] = field(default_factory=list)
    steps: list[tuple[int, bytes, list[int]]] = field(default_factory=list)  # op, ref, serials
    opened: e.Opened | None = None
    count: int = 0
    day: int = 0
    closed: bool = False

    # what is the case

    def out_line(self) -> list[tuple[tuple[int, int, int, int, bytes, int], list[int]]]:
        """(out-leaf, its serials) of the painted beginning."""
        end = next((i for i, paint in enumerate(self.paint) if paint is None), len(self.paint))
        found = []
        for paint, run in groupby(range(end), key=lambda i: self.paint[i]):
            serials = list(run)
            assert paint is not None
            found.append(((*paint.face, len(serials)), serials))
        return found

    def settlement(self, serials: list[int]) -> tuple[int, int, bytes]:
        """What became of an out-leaf: counted from the marks, chained over the steps that touched it."""
        marks = [mark for p in self.payments.values() for s, mark in zip(p.fen, p.mark, strict=True) if s in serials]
        digest = bytes(32)
        for op, ref, touched in self.steps:
            part = len(set(touched) & set(serials))
            if part:
                digest = sm3(digest + bytes([op]) + part.to_bytes(8, "big") + ref)
        return marks.count("acknowledged"), marks.count("returned"), digest

    def free(self, no: int) -> int:
        """What allocation `no` has left."""
        spent = 0
        for p in self.payments.values():
            if p.allocation == no and p.state != "cancelled":
                spent += p.amount - p.mark.count("returned")
        return sum(self.decided[no]) - spent

    def balances(self) -> dict[str, int]:
        """Every account that is not zero."""
        found: dict[str, int] = {}

        def add(name: str, amount: int) -> None:
            found[name] = found.get(name, 0) + amount

        for kind, _, _, amount in self.leaves:
            add("received:" + SOURCES[kind], amount)
        for paint in self.paint:
            if paint and paint.face[0] != 1:
                add("out:" + WAYS[paint.face[0]], 1)
        for no, p in self.payments.items():
            if p.state == "reserved":
                add(f"reserved:{no}", p.amount)
            for mark in p.mark:
                add("returned" if mark == "returned" else f"{mark}:{p.cost_class}", 1)
        for no in self.decided:
            add(f"allocated:{no}", self.free(no))
        add("unallocated", self.unallocated())
        return {name: amount for name, amount in found.items() if amount}

    def unallocated(self) -> int:
        """What came from outside, less what was decided, less what left."""
        came = sum(amount for kind, _, _, amount in self.leaves if kind != 3)
        left = sum(1 for paint in self.paint if paint and paint.face[0] != 1)
        return came - left - sum(sum(entries) for entries in self.decided.values())

    def value(self, start: int, end: int) -> tuple[int, int]:
        """Fen and unvalued units of [start, end), unit by unit."""
        total = bare = 0
        for serial in range(start, end):
            leaf = self.fen[serial]
            if leaf not in self.values:
                bare += 1
                continue
            k, n = serial - self.fen.index(leaf), self.leaves[leaf][3]
            total += self.values[leaf] * (k + 1) // n - self.values[leaf] * k // n
        return total, bare

    # what may happen

    def wrong(self, event: Event) -> set[str]:
        """Codes of all rules that the event breaks."""
        found = set()
        if event.seq != self.count or (event.NAME == "opened") is not (self.opened is None):
            return {"out-of-order"}
        if event.day < self.day:
            found.add("day-before")
        if self.closed and event.NAME in CLOSED_TO:
            found.add("closed")
        return found | set(getattr(self, "_wrong_" + event.NAME, lambda _: ())(event))

    def _wrong_received(self, v: Any) -> list[str]:
        return ["out-of-order"] * (v.start != len(self.leaves))

    def _wrong_grouped(self, v: Any) -> list[str]:
        return ["amount-out-of-range"] * (v.amount < v.count)

    def _wrong_income(self, v: Any) -> list[str]:
        assert self.opened
        return ["unit-mismatch"] * (self.opened.unit is not None)

    def _wrong_transfer_in(self, v: Any) -> list[str]:
        return ["same-book"] * (v.source == self.book) + ["duplicate-number"] * (v.event in self.origins)

    _wrong_redirected_in = _wrong_transfer_in

    def _wrong_valued(self, v: Any) -> list[str]:
        assert self.opened
        found = ["unknown-number"] * (v.idx >= len(self.leaves)) + ["duplicate-number"] * (v.idx in self.values)
        return found + ["unit-mismatch"] * (self.opened.unit is None)

    def _wrong_allocated(self, v: Any) -> list[str]:
        assert self.opened
        bound = self.opened.restriction
        off = (bound.project and bound.project != v.project) or (bound.purpose and bound.purpose != v.purpose)
        found = ["duplicate-number"] * (v.no in self.decided) + ["restricted"] * bool(off)
        return found + ["over-allocation"] * (v.amount > self.unallocated())

    def _wrong_released(self, v: Any) -> list[str]:
        return ["no-allocation"] if v.no not in self.decided else ["insufficient"] * (v.amount > self.free(v.no))

    def _wrong_reserved(self, v: Any) -> list[str]:
        found = ["duplicate-number"] * (v.no in self.payments)
        if v.allocation not in self.decided:
            return [*found, "no-allocation"]
        return found + ["insufficient"] * (v.amount > self.free(v.allocation))

    def _wrong_cancelled(self, v: Any) -> list[str]:
        if v.no not in self.payments:
            return ["unknown-number"]
        return ["out-of-order"] * (self.payments[v.no].state != "reserved")

    _wrong_paid = _wrong_cancelled

    def _open_of(self, v: Any, mark: str, code: str) -> list[str]:
        if v.no not in self.payments:
            return ["unknown-number"]
        if self.payments[v.no].state != "paid":
            return ["out-of-order"]
        return [code] * (v.amount > self.payments[v.no].mark.count(mark))

    def _wrong_acknowledged(self, v: Any) -> list[str]:
        return self._open_of(v, "paid", "over-acknowledged")

    def _wrong_acknowledgement_withdrawn(self, v: Any) -> list[str]:
        return self._open_of(v, "acknowledged", "over-acknowledged")

    def _wrong_payment_returned(self, v: Any) -> list[str]:
        return self._open_of(v, "paid", "over-returned")

    def _wrong_donation_returned(self, v: Any) -> list[str]:
        if v.idx >= len(self.leaves):
            return ["unknown-number"]
        mine = [serial for serial, leaf in enumerate(self.fen) if leaf == v.idx]
        asked = list(range(v.start, v.start + v.amount))
        found = ["same-book"] * (getattr(v, "target", b"") == self.book)
        if self.leaves[v.idx][0] not in (1, 2, 5) or not set(asked) <= set(mine):
            found.append("outside-donation")
        elif any(self.paint[serial] for serial in asked):
            found.append("already-spent")
        return found + ["insufficient"] * (v.amount > self.unallocated())

    _wrong_donation_reversed = _wrong_redirected = _wrong_donation_returned

    def _wrong_transferred(self, v: Any) -> list[str]:
        assert self.opened
        mine, theirs = self.opened.restriction, v.restriction
        wider = (mine.project and mine.project != theirs.project) or (mine.purpose and mine.purpose != theirs.purpose)
        return ["same-book"] * (v.target == self.book) + ["restricted"] * bool(wider) + self._wrong_surplus(v)

    def _wrong_surplus(self, v: Any) -> list[str]:
        return ["insufficient"] * (v.amount > self.unallocated())

    def _wrong_pledged(self, v: Any) -> list[str]:
        return ["duplicate-number"] * (v.no in self.pledges)

    def _wrong_pledge_withdrawn(self, v: Any) -> list[str]:
        if v.no not in self.pledges:
            return ["unknown-number"]
        return ["out-of-order"] * (self.pledges[v.no][2] != "open")

    def _wrong_pledge_kept(self, v: Any) -> list[str]:
        found = self._wrong_pledge_withdrawn(v) + ["duplicate-number"] * (v.idx in self.kept_by)
        if v.idx >= len(self.leaves):
            return [*found, "unknown-number"]
        return found + ["outside-donation"] * (self.leaves[v.idx][0] != 1)

    def _wrong_correction(self, v: Any) -> list[str]:
        return ["unknown-number"] * (v.about >= self.count)

    def _wrong_closed(self, v: Any) -> list[str]:
        return ["not-empty"] * any(paint is None for paint in self.paint)

    # what then happens

    def take(self, v: Any, leaves: list[tuple[int, int, bytes, int]]) -> None:
        """Let an event happen that `wrong` finds nothing against."""
        ref = name_of(self.book, v)
        if v.NAME == "received":
            for leaf in leaves:
                self._enter(leaf)
        elif v.NAME in ENTERING:
            self._enter((ENTERING[v.NAME], v.day, getattr(v, "event", ref), v.amount))
            self.origins += [v.event] if hasattr(v, "event") else []
        elif v.NAME in HOLES:
            made = Paint((HOLES[v.NAME], v.day, 0, 0, ref))
            self.paint[v.start : v.start + v.amount] = [made] * v.amount
        elif v.NAME in LEAVING:
            self._spend(v.amount, Paint((LEAVING[v.NAME], v.day, 0, 0, ref)))
        else:
            getattr(self, "_take_" + v.NAME, lambda *_: None)(v, ref)
        self.count, self.day = self.count + 1, v.day

    def _enter(self, leaf: tuple[int, int, bytes, int]) -> None:
        self.fen += [len(self.leaves)] * leaf[3]
        self.paint += [None] * leaf[3]
        self.leaves.append(leaf)

    def _spend(self, amount: int, paint: Paint) -> list[int]:
        serials = [i for i, taken in enumerate(self.paint) if taken is None][:amount]
        for serial in serials:
            self.paint[serial] = paint
        return serials

    def _take_opened(self, v: Any, _: bytes) -> None:
        self.opened = v

    def _take_closed(self, v: Any, _: bytes) -> None:
        self.closed = True

    def _take_valued(self, v: Any, _: bytes) -> None:
        self.values[v.idx] = v.fair_value

    def _take_allocated(self, v: Any, _: bytes) -> None:
        self.decided[v.no] = [v.amount]

    def _take_released(self, v: Any, _: bytes) -> None:
        self.decided[v.no].append(-v.amount)

    def _take_reserved(self, v: Any, _: bytes) -> None:
        self.payments[v.no] = Payment(v.allocation, v.cost_class, v.amount)

    def _take_cancelled(self, v: Any, _: bytes) -> None:
        self.payments[v.no].state = "cancelled"

    def _take_paid(self, v: Any, _: bytes) -> None:
        p = self.payments[v.no]
        p.fen = self._spend(p.amount, Paint((1, v.day, p.allocation, p.cost_class, v.voucher)))
        p.mark, p.state = ["paid"] * p.amount, "paid"

    def _mark(self, v: Any, before: str, after: str, *, last: bool, op: int, ref: bytes) -> None:
        p = self.payments[v.no]
        found = [i for i, mark in enumerate(p.mark) if mark == before]
        chosen = found[-v.amount :] if last else found[: v.amount]
        for i in chosen:
            p.mark[i] = after
        self.steps.append((op, ref, [p.fen[i] for i in chosen]))

    def _take_acknowledged(self, v: Any, _: bytes) -> None:
        self._mark(v, "paid", "acknowledged", last=False, op=1, ref=v.evidence)

    def _take_acknowledgement_withdrawn(self, v: Any, ref: bytes) -> None:
        self._mark(v, "acknowledged", "paid", last=True, op=3, ref=ref)

    def _take_payment_returned(self, v: Any, ref: bytes) -> None:
        self._mark(v, "paid", "returned", last=True, op=2, ref=ref)
        self._enter((3, v.day, ref, v.amount))

    def _take_pledged(self, v: Any, _: bytes) -> None:
        self.pledges[v.no] = [v.amount, 0, "open"]

    def _take_pledge_kept(self, v: Any, _: bytes) -> None:
        pledge = self.pledges[v.no]
        pledge[1] = int(pledge[1]) + self.leaves[v.idx][3]
        pledge[2] = "kept" if pledge[1] >= int(pledge[0]) else "open"
        self.kept_by.append(v.idx)

    def _take_pledge_withdrawn(self, v: Any, _: bytes) -> None:
        self.pledges[v.no][2] = "withdrawn"
