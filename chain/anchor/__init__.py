"""Committing the log's checkpoints to a chain that the operator cannot rewrite."""
