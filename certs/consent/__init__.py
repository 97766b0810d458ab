"""Consent: what is read before it is given (`notice`), what is signed (`statement`), and how it goes on (`machine`)."""
