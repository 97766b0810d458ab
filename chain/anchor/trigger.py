"""When a checkpoint is worth a transaction. Pure.

The cost is per anchor, not per entry, so anchors follow time under load and news when it is quiet.
"""

from __future__ import annotations

from dataclasses import dataclass

from chain.anchor.model import News


@dataclass(frozen=True, slots=True)
class Trigger:
    """Anchor when news is `seconds` old or `entries` large, whichever comes first.

    `heartbeat` seconds without an anchor make silence itself worth proving. A tree that has not grown
    cannot be anchored again, so `is_quiet` tells the service to stage a padding entry, which then is the
    news.
    """

    seconds: int = 60
    entries: int = 10_000
    heartbeat: int = 86_400

    def is_due(self, now: int, news: News, anchored_size: int) -> bool:
        """Whether to anchor now."""
        return now - news.since >= self.seconds or news.newest_size - anchored_size >= self.entries

    def is_quiet(self, now: int, last_anchor_time: int | None) -> bool:
        """Whether the heartbeat is due: there was an anchor once, and none for too long."""
        return last_anchor_time is not None and now - last_anchor_time >= self.heartbeat
