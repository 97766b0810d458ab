"""Marriage as it really is: what was registered, what courts decided, and who is married on a day as known at a time.

`events` says what can happen, `state` what follows from it (pure), `history` reads what is recorded, `rules` decides
what may be registered on top, `record` writes. See docs/adr/0017-relationship-state.md.
"""
