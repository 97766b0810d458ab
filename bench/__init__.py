"""`python -m bench`: every figure that the README quotes, measured in one run.

Ratios are taken against `openssl speed sm2` of the same machine, in alternating windows: shared machines are noisy,
and a figure without its neighbour says little. Nothing here is asserted.
"""
