"""Use cases: what the service does, independent of the door (HTTP, command line, background job) it was asked through.

One call = one transaction, unless a docstring says that it is a loop of them.
"""
