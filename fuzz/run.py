"""One target under atheris: `python -m fuzz.run fuzz.texts NAME [libFuzzer options] CORPUS…`, as `python -m fuzz`
starts it. Only that module is loaded: what is loaded here is rewritten function by function, which takes a while.
"""

from __future__ import annotations

import sys
from importlib import import_module

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["verifier", "certs", "chain", "api.services.importing"]):
    from fuzz.model import attempt
    from fuzz.mutator import mutated

    module = import_module(sys.argv[1])


def main() -> None:
    target = next(target for target in module.TARGETS if target.name == sys.argv[2])

    def one(data: bytes) -> None:
        attempt(target, data)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        return mutated(data, longest, seed, atheris.Mutate)

    options = [sys.argv[0], *sys.argv[3:]]
    if target.shape == "cbor":
        atheris.Setup(options, one, custom_mutator=mutate)
    else:
        atheris.Setup(options, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
