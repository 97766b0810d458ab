"""Which backend is used, what happens where libcrypto lacks something, and that a failure is never a verdict."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType

import pytest

from tests.support.sm2_signer import EXAMPLE_KEY, EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE
from verifier.hazmat import _backends, _evp, _libcrypto, _sm2_evp, _sm2_pure, _sm2_tables, ed25519, p256, sm2
from verifier.hazmat.errors import NativeFailure

KEY = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)
native = pytest.mark.skipif(sm2.available_backends() == ("pure",), reason="this libcrypto has no SM2")


def test_pure_is_always_there_and_last() -> None:
    for module in (sm2, p256, ed25519):
        assert module.available_backends()[-1] == "pure"


@pytest.mark.parametrize("module", [sm2, p256, ed25519], ids=lambda module: module.__name__)
def test_unknown_backend_is_refused(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="backend not available: 'fast'"), module.forced_backend("fast"):
        pass


def test_forcing_nests_and_ends_with_its_context() -> None:
    best = sm2._BACKENDS.selected()
    with sm2.forced_backend("pure"):
        assert sm2._BACKENDS.selected() is _sm2_pure.accepts
        with sm2.forced_backend(sm2.available_backends()[0]):
            assert sm2._BACKENDS.selected() is best
        assert sm2._BACKENDS.selected() is _sm2_pure.accepts
    assert sm2._BACKENDS.selected() is best


def test_a_backend_that_gives_wrong_answers_is_not_used() -> None:
    module = ModuleType("liar")
    module.probe = lambda: None  # type: ignore[attr-defined]
    module.accepts = lambda *args: True  # type: ignore[attr-defined]
    assert not _backends.works(module, sm2._passes)
    module.accepts = lambda *args: False  # type: ignore[attr-defined]
    assert not _backends.works(module, sm2._passes)
    module.accepts = _sm2_pure.accepts  # type: ignore[attr-defined]
    assert _backends.works(module, sm2._passes)


@pytest.fixture
def reimported() -> Iterator[Callable[[], ModuleType]]:
    """Import sm2 anew with what has been patched, and put the modules back afterwards."""
    import verifier.hazmat as package

    names = [f"verifier.hazmat.{name}" for name in ("sm2", "_sm2_tables", "_sm2_evp", "_evp")]
    before = {name: sys.modules[name] for name in names}

    def fresh() -> ModuleType:
        for name in names:
            sys.modules.pop(name, None)
            vars(package).pop(name.rpartition(".")[2], None)  # where `from . import` looks first
        return importlib.import_module("verifier.hazmat.sm2")

    yield fresh
    sys.modules.update(before)
    for name, module in before.items():
        setattr(package, name.rpartition(".")[2], module)


def _accepts_the_example(module: ModuleType) -> bool:
    key = module.Sm2PublicKey.parse(EXAMPLE_KEY)
    return bool(key.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE) and not key.verify(EXAMPLE_SIGNATURE, b""))


def test_without_libcrypto(monkeypatch: pytest.MonkeyPatch, reimported: Callable[[], ModuleType]) -> None:
    monkeypatch.setattr(_libcrypto, "ec_functions", lambda: None)
    monkeypatch.setattr(_libcrypto, "evp_functions", lambda: None)
    module = reimported()
    assert module.available_backends() == ("pure",)
    assert _accepts_the_example(module)


@native
def test_without_the_table_functions(monkeypatch: pytest.MonkeyPatch, reimported: Callable[[], ModuleType]) -> None:
    monkeypatch.setattr(_libcrypto, "ec_functions", lambda: None)
    module = reimported()
    assert module.available_backends() == ("evp", "pure")
    assert _accepts_the_example(module)


@native
def test_libcrypto_without_the_curve(monkeypatch: pytest.MonkeyPatch, reimported: Callable[[], ModuleType]) -> None:
    """What no-sm2 builds do: every symbol is there, no group and no key can be made."""
    ec, evp = _libcrypto.ec_functions(), _libcrypto.evp_functions()
    assert ec is not None
    assert evp is not None
    no_group = _copy(ec, group_new_by_curve_name=lambda nid: None)
    no_key = _copy(evp, d2i_pubkey=lambda *args: None)
    monkeypatch.setattr(_libcrypto, "ec_functions", lambda: no_group)
    monkeypatch.setattr(_libcrypto, "evp_functions", lambda: no_key)
    module = reimported()
    assert module.available_backends() == ("pure",)
    assert _accepts_the_example(module)


@native
@pytest.mark.parametrize("missing", ["point_mul", "point_add", "point_get_jprojective", "bn_bn2binpad"])
def test_a_failing_call_of_the_tables_is_not_a_verdict(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    functions = _libcrypto.ec_functions()
    assert functions is not None
    monkeypatch.setattr(_sm2_tables, "_FUNCTIONS", _copy(functions, **{missing: lambda *args: 0}))
    with sm2.forced_backend("tables"):
        assert KEY.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)
        assert not KEY.verify(EXAMPLE_SIGNATURE, b"")
    r, s, t = sm2._split(EXAMPLE_SIGNATURE) or (0, 0, 0)
    with pytest.raises(NativeFailure, match="libcrypto call failed"):
        _sm2_tables.sum_has_x(EXAMPLE_KEY, s, t, r)


@native
@pytest.mark.parametrize("missing", ["md_ctx_new", "pkey_ctx_new", "pkey_ctx_set1_id", "digest_verify_init"])
def test_a_failing_call_of_evp_is_not_a_verdict(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    functions = _libcrypto.evp_functions()
    assert functions is not None
    monkeypatch.setattr(_evp, "_FUNCTIONS", _copy(functions, **{missing: lambda *args: 0}))
    with sm2.forced_backend("evp"):
        assert KEY.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)
        assert not KEY.verify(EXAMPLE_SIGNATURE, b"")
    key = _sm2_evp._key(EXAMPLE_KEY)
    with pytest.raises(NativeFailure, match="libcrypto call failed"):
        key.verify(_evp.functions().md_sm3(), b"", b"", b"id")


def test_missing_symbols_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libcrypto, "_NAMES", ("libcrypto-which-does-not-exist.so",))
    assert _libcrypto._library_name.__wrapped__() is None
    monkeypatch.setattr(_libcrypto, "_library_name", lambda: None)
    assert _libcrypto.ec_functions.__wrapped__() is None
    assert _libcrypto.evp_functions.__wrapped__() is None
    monkeypatch.setattr(_libcrypto, "_library_name", lambda: "libc.so.6")
    if sys.platform == "linux":
        assert _libcrypto.ec_functions.__wrapped__() is None
        assert _libcrypto.evp_functions.__wrapped__() is None


def _copy(functions: object, **changes: object) -> object:
    return replace(functions, **changes)  # type: ignore[type-var]
