"""`python -m api` is `mzt`."""

from __future__ import annotations

from api.cli import main

main()
