"""Status: random indices without reuse, signed lists, publication."""

from __future__ import annotations

from .allocation import LIST_SIZE, allocate
from .publish import StatusPolicy, StatusPublisher, check_list, sign_list

__all__ = ["LIST_SIZE", "StatusPolicy", "StatusPublisher", "allocate", "check_list", "sign_list"]
