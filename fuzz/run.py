"""One target under atheris: `python -m fuzz.run NAME [libFuzzer options] CORPUS…`. Started by `python -m fuzz`."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["verifier", "certs", "chain", "api.services.importing"]):
    from fuzz.model import attempt
    from fuzz.mutator import mutated
    from fuzz.targets import TARGETS


def main() -> None:
    target = TARGETS[sys.argv[1]]

    def one(data: bytes) -> None:
        attempt(target, data)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        return mutated(data, longest, seed, atheris.Mutate)

    options = [sys.argv[0], *sys.argv[2:]]
    if target.shape == "cbor":
        atheris.Setup(options, one, custom_mutator=mutate)
    else:
        atheris.Setup(options, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
