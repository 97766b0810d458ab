"""Hypothesis strategies for the verifier: CBOR values, hostile bytes, changes to good objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from verifier.cbor import Tag

_KEYS = st.one_of(st.integers(-(1 << 64), (1 << 64) - 1), st.text(max_size=6), st.binary(max_size=6))
_TAGS = st.sampled_from([18, 1000, 70000, 1 << 40])


def scalars() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 64), (1 << 64) - 1),
        st.sampled_from([0, 1, -1, 23, 24, 255, 256, (1 << 63) - 1, 1 << 63]),
        st.binary(max_size=40),
        st.text(max_size=20),
    )


def cbor_values(max_leaves: int = 12) -> st.SearchStrategy[Any]:
    """Values that our encoder takes, shallow enough for our decoder."""

    def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.lists(children, max_size=4),
            st.dictionaries(_KEYS, children, max_size=4),
            st.builds(Tag, _TAGS, children),
        )

    return st.recursive(scalars(), nested, max_leaves=max_leaves).filter(lambda v: depth(v) <= 10)


def depth(value: Any) -> int:
    if isinstance(value, Tag):
        return 1 + depth(value.value)
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@st.composite
def edited(draw: st.DrawFn, original: bytes) -> bytes:
    """A good object with one to four spans replaced, removed, repeated or cut off; never the object itself."""
    data = original
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        middle = draw(
            st.one_of(
                st.binary(max_size=40),
                st.just(b""),
                st.just(data[start:end] * 2),
                st.just(bytes(end - start)),
                st.just(data[start:end][::-1]),
            )
        )
        data = data[:start] + middle + data[end:]
    return data if data != original else data + b"\x00"


@st.composite
def remodelled(draw: st.DrawFn, value: Any) -> Any:
    """A decoded object with one member somewhere inside replaced by any value, removed or repeated."""
    if draw(st.integers(0, 4)) == 0:
        return draw(cbor_values(4))
    if isinstance(value, Tag):
        return Tag(value.tag, draw(remodelled(value.value)))
    if isinstance(value, list) and value:
        i = draw(st.integers(0, len(value) - 1))
        change: Callable[[Any], list[Any]] = draw(
            st.sampled_from([lambda v: [v], lambda v: [v], lambda v: [], lambda v: [v, v]])
        )
        return [*value[:i], *change(draw(remodelled(value[i]))), *value[i + 1 :]]
    if isinstance(value, dict) and value:
        key = draw(st.sampled_from(list(value)))
        changed = {k: v for k, v in value.items() if k != key}
        if draw(st.booleans()):
            changed[key] = draw(remodelled(value[key]))
        elif draw(st.booleans()):
            changed[draw(_KEYS)] = value[key]
        return changed
    return draw(scalars())
