"""The append-only Merkle log: sequencing, tiles, proofs, checkpoints."""
