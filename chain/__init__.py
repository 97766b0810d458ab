"""Everything that commits to the outside: the append-only log, its proofs, and its anchors on a chain."""
