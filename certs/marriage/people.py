"""Who is the same person: identities for the pure core, made from documents, names and birth dates.

One document is one person. Documents other than identity cards are renewed, so an entry under another passport is the
same person's if name and birth date agree. Two different identity numbers are two people, however alike: with more than
one such number under a name and birth date, nothing is joined by these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .party import Party


def identities(people: Iterable[Party]) -> Mapping[str, str]:
    """`Party.identity_key` to an identity: equal for documents of one person, an arbitrary one of these keys."""
    alike: dict[str, set[str]] = {}
    lifelong: dict[str, set[str]] = {}
    parent: dict[str, str] = {}
    for party in people:
        key = party.identity_key
        parent[key] = key
        alike.setdefault(party.person_key, set()).add(key)
        if party.lifelong:
            lifelong.setdefault(party.person_key, set()).add(key)

    def root(key: str) -> str:
        while parent[key] != key:
            key = parent[key]
        return key

    for person, keys in alike.items():
        if len(lifelong.get(person, ())) <= 1:
            first, *others = sorted(keys)
            for other in others:
                parent[root(other)] = root(first)
    return {key: root(key) for key in parent}
