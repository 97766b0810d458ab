"""Charity records: what plans have received. Sums are in fen and exact, or refused."""

from __future__ import annotations

from .totals import PlanTotal, add_fen, plan_totals, subtract_fen

__all__ = ["PlanTotal", "add_fen", "plan_totals", "subtract_fen"]
