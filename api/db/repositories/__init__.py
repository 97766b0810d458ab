"""Adapters of the ports over one connection, and so over one transaction. None of them commits."""
