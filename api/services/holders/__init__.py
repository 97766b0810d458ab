"""Holders: enrolment at an office, devices, the codes they show, and what they see of their own (docs/consent.md)."""
