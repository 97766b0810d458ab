"""Implementations of one algorithm: which of them work here, and the one that is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Generic, TypeVar

from .errors import NativeFailure

Accepts = TypeVar("Accepts", bound=Callable[..., bool])


class Backends(Generic[Accepts]):
    """Named implementations, best first. The first is used unless a context forces another."""

    def __init__(self, algorithm: str, implementations: Mapping[str, Accepts]) -> None:
        self._algorithm = algorithm
        self._implementations = implementations
        self._default = next(iter(implementations.values()))
        self._forced: ContextVar[Accepts | None] = ContextVar(f"minzheng_{algorithm}_backend", default=None)

    def selected(self) -> Accepts:
        """The implementation to use in this context."""
        return self._forced.get() or self._default

    def available(self) -> tuple[str, ...]:
        """Names, best first; "pure" is always among them."""
        return tuple(self._implementations)

    @contextmanager
    def forced(self, name: str) -> Iterator[None]:
        """Use one implementation in this context (for tests). Raises ValueError if it is not available."""
        if name not in self._implementations:
            raise ValueError(f"{self._algorithm} backend not available: {name!r}")
        token = self._forced.set(self._implementations[name])
        try:
            yield
        finally:
            self._forced.reset(token)


def works(module: ModuleType, passes: Callable[[Accepts], bool]) -> bool:
    """Whether a native module can be used here: its `probe()` succeeds and its `accepts` passes known answers."""
    try:
        module.probe()
    except NativeFailure:
        return False
    return passes(module.accepts)
