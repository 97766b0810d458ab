"""`python -m` entry: the same as the console script."""

from .cli import main

main()
