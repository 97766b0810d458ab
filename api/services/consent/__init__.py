"""Consent transactions: begin, decide, fetch, withdraw (docs/consent.md). The states are in `certs.consent.machine`."""
