"""One target under atheris: `python -m fuzz.run fuzz.texts NAME [libFuzzer options] CORPUS…`, as `python -m fuzz`
starts it. Only that module is loaded: what is loaded here is rewritten function by function, which takes a while.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from importlib import import_module

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["verifier", "certs", "chain", "api.services.importing"]):
    from fuzz.model import attempt
    from fuzz.mutator import mutated
    from fuzz.seeds import OUT

    module = import_module(sys.argv[1])


def main() -> None:
    target = next(target for target in module.TARGETS if target.name == sys.argv[2])

    def one(data: bytes) -> None:
        try:
            attempt(target, data)
        except Exception:  # kept here: the fuzzer's own copy is lost where the interpreter ends first
            (OUT / target.name / f"found-{sha256(data).hexdigest()[:16]}").write_bytes(data)
            raise

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
