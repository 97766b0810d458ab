"""The anchor contract: Solidity sources, compiled artifact, and the loader that reads it."""
