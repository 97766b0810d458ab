"""Drills too slow for the suite, each with a target of its own."""
