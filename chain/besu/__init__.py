"""A Hyperledger Besu QBFT network as a folder of files: genesis, keys, permissions, docker compose. Pure generation.

Nothing here starts or asks a node. Which page of Besu's documentation each file follows is in docs/runbooks/chain.md.
"""
