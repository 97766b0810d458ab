"""What a donor, and then anybody, makes of what the charity published: traces and whole books, in a process apart."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from api.demo.checks import FAILED, OK, SINGLE, Check, Expected
from api.demo.giving import ANCHORS, FOLDER, Story
from api.demo.stranger import Desk
from api.files import write_whole
from verifier.charity.line import INFLOW_BYTES
from verifier.charity.tracefile import Trace

INVALID: Final = Expected(FAILED, "TRACE_INVALID")
_NODE: Final = 40  # bytes: hash and sum


def verify(story: Story, out: Path) -> list[Check]:
    """`mz-verify` on every trace, anchored; on forged ones; on the public files of all funds, whole and altered."""
    anchors = tuple(sorted((out / FOLDER / ANCHORS).glob("*.cbor")))
    desk = Desk(out / "trust-bundle.cbor", (), anchors=anchors, level="L5")
    names = sorted(story.codes)
    verdicts = desk.verify([str(out / FOLDER / f"{name}.mzd") for name in names])
    group = "mz-verify, donor's trace, anchored (L5)"
    checks = [Check(group, name, OK, *verdict) for name, verdict in zip(names, verdicts, strict=True)]
    return [*story.checks, *checks, *_forged(replace(desk, anchors=(), level=None), out), *_audited(desk, out)]


def _forged(desk: Desk, out: Path) -> list[Check]:
    """Each as good as it can be: only the one thing that its check is about is wrong."""
    good = Trace.parse((out / FOLDER / "donation.mzd").read_bytes())
    other = Trace.parse((out / FOLDER / "foreign.mzd").read_bytes())
    forged = {
        "a trace of more than was given": _amount(good),
        "a trace with a payment left out": _without_payment(good),
        "a trace with a forged sum": _sum(good),
        "a trace with an acknowledgement that never was": _acknowledged(good),
    }
    borrowed = replace(good, details=other.details, secret=other.secret)
    checks = [(name, INVALID, trace) for name, trace in forged.items()]
    checks.append(("a trace with another donor's details", Expected(FAILED, "DISCLOSURE_INVALID"), borrowed))
    paths = []
    for number, (_, _, trace) in enumerate(checks, 1):
        paths.append(out / "negative" / f"trace-{number}.mzd")
        write_whole(paths[-1], trace.encode())
    verdicts = desk.verify([str(path) for path in paths])
    return [Check(SINGLE, name, wanted, *found) for (name, wanted, _), found in zip(checks, verdicts, strict=True)]


def _amount(trace: Trace) -> Trace:
    """100.00 become 900.00, in the leaf and in the details that open it."""
    first, details = trace.hops[0], trace.details
    assert details is not None
    assert trace.secret is not None
    said = replace(details, amount=90000)
    leaf = first.inflow._replace(amount=90000, ref=said.commitment(trace.secret))
    return replace(trace, details=said, hops=(replace(first, inflow=leaf), *trace.hops[1:]))


def _without_payment(trace: Trace) -> Trace:
    """The first payment is not shown; the others seem to begin where the donation begins."""
    first = trace.hops[0]
    kept = {"outflows": first.outflows[1:], "settlements": first.settlements[1:], "first": first.first + 1}
    steps = {index: steps for index, steps in first.steps.items() if index > first.first}
    return replace(trace, hops=(replace(first, **kept, steps=steps), *trace.hops[1:]))  # type: ignore[arg-type]


def _sum(trace: Trace) -> Trace:
    """The sibling of the donation's leaf says a fen more: what a charity that hides money would need."""
    first = trace.hops[0]
    raised = int.from_bytes(first.path[_NODE - 8 : _NODE], "big") + 1
    path = first.path[: _NODE - 8] + raised.to_bytes(8, "big") + first.path[_NODE:]
    return replace(trace, hops=(replace(first, path=path), *trace.hops[1:]))


def _acknowledged(trace: Trace) -> Trace:
    """The second payment is acknowledged whole."""
    first = trace.hops[0]
    settled = list(first.settlements)
    settled[1] = settled[1]._replace(acknowledged=settled[1].acknowledged + 1)
    return replace(trace, hops=(replace(first, settlements=tuple(settled)), *trace.hops[1:]))


def _audited(desk: Desk, out: Path) -> list[Check]:
    """The public files of all funds; then with some fen of one donation in another: all sums hold."""
    forged = out / "negative" / "charity"
    shutil.rmtree(forged, ignore_errors=True)
    shutil.copytree(out / FOLDER / "charity", forged)
    line = next(path for path in sorted(forged.glob("*/in.bin")) if path.stat().st_size > 2 * INFLOW_BYTES)
    data = bytearray(line.read_bytes())
    data[INFLOW_BYTES - 1], data[2 * INFLOW_BYTES - 1] = data[2 * INFLOW_BYTES - 1], data[INFLOW_BYTES - 1]
    line.write_bytes(bytes(data))
    cases: Sequence[tuple[str, Expected, Path]] = (
        ("public audit of all funds (mz-verify --charity)", OK, out / FOLDER / "charity"),
        ("the books with fen moved between donations", Expected(FAILED, "EPOCH_INFLOWS_DIFFER"), forged),
    )
    bare = replace(desk, anchors=(), level=None)
    return [Check(SINGLE, name, wanted, *bare.audit(folder)) for name, wanted, folder in cases]
