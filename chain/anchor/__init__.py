"""Committing the log's checkpoints to a chain that the operator cannot rewrite."""

import sys

# py-evm and what it imports raise the interpreter's recursion limit to a hundred times its default. A parser in C
# then follows a stranger's nested JSON until the stack is gone, and the process with it, instead of raising. The one
# contract that runs here calls a few frames deep. Imported here, before any module of theirs, and undone at once.
_before = sys.getrecursionlimit()
import eth  # noqa: E402, F401

sys.setrecursionlimit(_before)
