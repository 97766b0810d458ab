"""Telling relying parties, at an address of theirs, that something they rely on has changed (docs/webhooks.md).

`enqueue_in` puts a message into the transaction that changed it, `watch_in` names the certificates that an answer
under a consent rested on, `notify_ended_in` tells their parties when one of them ends. `api/jobs` sends.
"""

from api.services.webhooks.outbox import Event, Notice, enqueue_in, notify_ended_in, watch_in

__all__ = ["Event", "Notice", "enqueue_in", "notify_ended_in", "watch_in"]
