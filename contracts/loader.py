"""Read a compiled contract out of the package. Lowest layer beside `verifier`: standard library only, no chain.

The artifact is written by `node contracts/build.mjs` and committed; a literal sample, shortened::

    {"contractName": "AnchorRegistry", "compiler": "solc 0.8.37+commit.f401782d.Emscripten.clang",
     "settings": {"evmVersion": "paris", ...}, "sources": {"SM3.sol": "<sha256 hex>", ...},
     "abi": [{"type": "function", "name": "anchor", ...}],
     "bytecode": "0x60...", "deployedBytecode": "0x60..."}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

ANCHOR_REGISTRY = "AnchorRegistry"
HASH_ALG_SHA256 = 1
HASH_ALG_SM3 = 2


class ArtifactError(Exception):
    """The artifact is missing or is not what the build writes; the installation is damaged."""


@dataclass(frozen=True, slots=True)
class ContractArtifact:
    """One compiled contract.

    ``bytecode`` is the creation code, without constructor arguments. ``deployed_bytecode`` is what the chain
    answers to ``eth_getCode`` for every honest deployment, byte for byte (the contract has no immutables): compare
    it before trusting an address.
    """

    name: str
    compiler: str
    evm_version: str
    source_sha256: tuple[tuple[str, str], ...]
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    deployed_bytecode: bytes

    def error_types(self) -> dict[str, tuple[str, ...]]:
        """Custom errors: name to the canonical argument types, e.g. ``{"UnknownLog": ("bytes32",)}``."""
        return {
            entry["name"]: tuple(argument["type"] for argument in entry["inputs"])
            for entry in self.abi
            if entry["type"] == "error"
        }


def load_artifact(name: str = ANCHOR_REGISTRY) -> ContractArtifact:
    """Return the artifact ``artifacts/<name>.json``.

    :raises ArtifactError: no such artifact, or it is not the JSON that the build writes.
    """
    path = files("contracts").joinpath("artifacts", *f"{name}.json".split("/"))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ArtifactError(f"no compiled contract {name}") from error
    try:
        return _parse(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"artifact of {name} is damaged") from error


def _parse(document: dict[str, Any]) -> ContractArtifact:
    return ContractArtifact(
        name=document["contractName"],
        compiler=document["compiler"],
        evm_version=document["settings"]["evmVersion"],
        source_sha256=tuple(sorted(document["sources"].items())),
        abi=tuple(document["abi"]),
        bytecode=_hex(document["bytecode"]),
        deployed_bytecode=_hex(document["deployedBytecode"]),
    )


def _hex(text: str) -> bytes:
    if not text.startswith("0x") or len(text) < 4:
        raise ValueError("not 0x-prefixed code")
    return bytes.fromhex(text[2:])
