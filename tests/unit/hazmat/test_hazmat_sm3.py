"""SM3 on both implementations: the standard's examples, every padding length, tree hashes, and the choice at import."""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from gmssl import sm3 as gmssl_sm3

from tests.support.sm3_implementations import IMPLEMENTATIONS
from verifier.hazmat import _sm3_pure, sm3

each = pytest.mark.parametrize("module", IMPLEMENTATIONS, ids=lambda module: module.__name__.rpartition("_")[2])


@each
def test_examples_of_the_standard(module: ModuleType) -> None:
    one = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    two = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert module.sm3(b"abc").hex() == one
    assert module.sm3(b"abcd" * 16).hex() == two


@each
def test_every_padding_length_against_an_independent_implementation(module: ModuleType) -> None:
    for size in (*range(67), 119, 120, 127, 128, 129):
        data = bytes(range(256))[:size]
        assert module.sm3(data).hex() == gmssl_sm3.sm3_hash(list(data)), size


@each
def test_tree_hashes_are_domain_separated_sm3(module: ModuleType) -> None:
    left, right = bytes(32), b"\xff" * 32
    assert module.leaf_hash(b"entry") == module.sm3(b"\x00entry")
    assert module.node_hash(left, right) == module.sm3(b"\x01" + left + right)
    assert module.leaf_hash(left + right) != module.node_hash(left, right)


@each
@pytest.mark.parametrize("prefix", [b"", b"z" * 32, b"z" * 64, b"z" * 65])
def test_prefixed_is_concatenation_and_can_be_called_again(module: ModuleType, prefix: bytes) -> None:
    digest = module.prefixed(prefix)
    for data in (b"", b"one", b"two", b"one"):
        assert digest(data) == module.sm3(prefix + data)


@each
@pytest.mark.parametrize("size", [0, 1, 32, 63, 64, 65, 200])
def test_hmac_is_rfc_2104(module: ModuleType, size: int) -> None:
    key = bytes(range(200))[:size]
    block = (module.sm3(key) if size > 64 else key).ljust(64, b"\x00")
    inner = module.sm3(bytes(b ^ 0x36 for b in block) + b"data")
    assert module.hmac_sm3(key, b"data") == module.sm3(bytes(b ^ 0x5C for b in block) + inner)


@pytest.fixture
def reimported() -> Iterator[Callable[[], ModuleType]]:
    """Import sm3 anew, and put the modules back afterwards."""
    import verifier.hazmat as package

    names = ("verifier.hazmat.sm3", "verifier.hazmat._sm3_hashlib")
    before = {name: sys.modules[name] for name in names if name in sys.modules}

    def fresh() -> ModuleType:
        for name in names:
            sys.modules.pop(name, None)
        return importlib.import_module("verifier.hazmat.sm3")

    yield fresh
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)
    for name, module in before.items():
        setattr(package, name.rpartition(".")[2], module)


def test_hashlib_without_sm3_leaves_the_pure_form(
    monkeypatch: pytest.MonkeyPatch, reimported: Callable[[], ModuleType]
) -> None:
    def refuse(name: str, *args: Any) -> Any:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", refuse)
    module = reimported()
    assert module.BACKEND == "pure"
    assert module.sm3 is _sm3_pure.sm3
    assert module.node_hash is _sm3_pure.node_hash


def test_hashlib_with_a_wrong_sm3_is_not_used(
    monkeypatch: pytest.MonkeyPatch, reimported: Callable[[], ModuleType]
) -> None:
    monkeypatch.setattr(hashlib, "new", lambda name, *args: hashlib.sha256(*args))
    assert reimported().BACKEND == "pure"


def test_the_selected_functions_are_the_module_s() -> None:
    assert sm3.sm3(b"abc") == _sm3_pure.sm3(b"abc")
    assert sm3.hmac_sm3(b"k", b"d") == _sm3_pure.hmac_sm3(b"k", b"d")
    assert sm3.prefixed(b"a")(b"bc") == sm3.sm3(b"abc")
