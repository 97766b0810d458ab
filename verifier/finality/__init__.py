"""Proof that an anchor is final on a BFT chain, checked without the chain.

    contract's storage slot -> state root -> block header -> signatures of the validators that the trust bundle names

`proof.AnchorProof` is the file and the way in. `cometbft` and `qbft` know their protocol's headers and signatures,
`ics23` and `mpt` the two kinds of state trees, `protobuf` and `rlp` are strict readers of the two encodings. Pure
functions on bytes: no clock, no network.
"""
