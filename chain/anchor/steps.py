"""What a step of anchoring can end with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class AnchorStatus(Enum):
    """What a step ended with."""

    NOTHING_NEW = "nothing-new"
    HEARTBEAT_DUE = "heartbeat-due"  # nothing new for so long that a padding entry should be staged
    NOT_DUE = "not-due"
    WAITING = "waiting"  # sent, not in a final block yet; or another log's transaction goes first
    UNREACHABLE = "unreachable"  # no usable answer; the same step is taken again later
    REFUSED = "refused"  # the node refuses for now (no funds, pool full); the same bytes are tried again
    FAILED = "failed"  # this transaction can never succeed; a new one is prepared by a later step
    PAUSED = "paused"  # transactions failed one after the other: the next one waits, longer each time
    ANCHORED = "anchored"


@dataclass(frozen=True, slots=True)
class AnchorStep:
    """Result of one step, for logs, metrics and readiness. `size` is the checkpoint concerned."""

    status: AnchorStatus
    size: int | None = None
    detail: str = ""
