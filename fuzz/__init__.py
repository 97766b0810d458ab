"""Coverage-guided fuzzing of every parser that takes outsiders' bytes: `make fuzz`, or `python -m fuzz cbor cose`.

A target is a function of bytes. Whatever it raises that is not of its own typed errors is a fault, and so are an
accepted input that does not encode to itself where the format has one encoding, five seconds, and a gigabyte.
What is found is written to out/fuzz, named after its target; what was a fault once stays in the tests as a named case
(tests/unit/api/test_fuzz_targets.py), where every target runs on its seeds, without atheris.
"""
