"""Which witnesses must have seen a tree: the quorum rule of the trust bundle (C2SP tlog-policy as signed data).

    {1: [{1: "north.example/w1", 2: COSE_Key, 3: not_before, 4: not_after}, …],
     2: [{1: "registries", 2: 2, 3: ["north.example/w1", "south.example/w1", "west.example/w1"]},
         {1: "both", 2: 2, 3: ["registries", "charities.example/w1"]}],
     3: "both"}

A witness that takes part in aggregated signatures (`verifier.aggregate`) has a fifth member, `5: [key, possession]`:
its BLS12-381 key, 48 bytes, and that key's proof of possession, 96 bytes.

A group is reached when `threshold` of its members are: witnesses that cosigned, or groups reached before it. Groups
name earlier groups only, so there are no cycles and one pass decides. A witness that stands in two groups counts in
both: whoever writes such a policy says that one body answers for two.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from . import fields
from .cose import CoseKey
from .errors import Malformed, Unsupported
from .hazmat.bls import KEY_BYTES, SIGNATURE_BYTES
from .labels import ALG_EDDSA, ALG_SM2

FORMAT: Final = "witness-policy"
MAX_WITNESSES: Final = 64
MAX_GROUPS: Final = 64
_RESERVED: Final = "none"  # tlog-policy: the quorum of those who ask for no witness


def _check_name(name: str) -> None:
    if not fields.is_key_name(name) or name == _RESERVED:
        raise Malformed(FORMAT, "name")


@dataclass(frozen=True, slots=True)
class BlsKey:
    """A BLS12-381 key (48 bytes) and its proof of possession (96), *unchecked*: whoever counts it checks the proof."""

    key: bytes
    possession: bytes

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES or len(self.possession) != SIGNATURE_BYTES:
            raise Malformed(FORMAT, "bls-key")


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who cosigns checkpoints. `name` is the key's name in the signature line.

    A cosignature counts if its own time lies in [not_before, not_after), seconds UTC.
    """

    name: str
    key: CoseKey
    not_before: int
    not_after: int
    bls: BlsKey | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.key.alg not in (ALG_EDDSA, ALG_SM2):
            raise Unsupported("witness policy: no cosignature type for this algorithm")
        if not 0 <= self.not_before < self.not_after <= fields.MAX_TIME:
            raise Malformed(FORMAT, "validity", "ends before it begins")

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        m: dict[int, Any] = {1: self.name, 2: self.key.to_map(), 3: self.not_before, 4: self.not_after}
        return m if self.bls is None else m | {5: [self.bls.key, self.bls.possession]}

    @classmethod
    def from_map(cls, value: object) -> Witness:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4), (5,))
        key = CoseKey.from_map(m[2])
        bls = _bls(fields.array(FORMAT, m, 5, 2)) if 5 in m else None
        return cls(fields.text(FORMAT, m, 1, 200), key, fields.time(FORMAT, m, 3), fields.time(FORMAT, m, 4), bls)


def _bls(value: list[Any]) -> BlsKey:
    if len(value) != 2 or any(type(item) is not bytes for item in value):
        raise Malformed(FORMAT, "bls-key")
    return BlsKey(value[0], value[1])


@dataclass(frozen=True, slots=True)
class Group:
    """Reached when `threshold` of `members` (names of witnesses or of earlier groups) are."""

    name: str
    threshold: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(set(self.members)) != len(self.members):
            raise Malformed(FORMAT, "repeated", "member of a group")
        if type(self.threshold) is not int or not 1 <= self.threshold <= len(self.members):
            raise Malformed(FORMAT, "threshold")  # a threshold of 0 would call any tree witnessed

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: self.name, 2: self.threshold, 3: list(self.members)}

    @classmethod
    def from_map(cls, value: object) -> Group:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        members = fields.array(FORMAT, m, 3, MAX_WITNESSES + MAX_GROUPS)
        if any(type(member) is not str for member in members):
            raise Malformed(FORMAT, "member")
        return cls(fields.text(FORMAT, m, 1, 200), fields.uint(FORMAT, m, 2), tuple(members))


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Witnesses, groups of them, and the one name (`quorum`) that must be reached. Raises Malformed if incoherent."""

    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def __post_init__(self) -> None:
        if not 0 < len(self.witnesses) <= MAX_WITNESSES or len(self.groups) > MAX_GROUPS:
            raise Malformed(FORMAT, "count")
        # The signed message does not say who cosigns: under two names one key would count as two witnesses.
        if len({(w.key.crv, w.key.public) for w in self.witnesses}) != len(self.witnesses):
            raise Malformed(FORMAT, "repeated", "key of a witness")
        bls = [w.bls.key for w in self.witnesses if w.bls is not None]
        if len(set(bls)) != len(bls):
            raise Malformed(FORMAT, "repeated", "BLS key of a witness")
        known = {w.name for w in self.witnesses}
        if len(known) != len(self.witnesses):
            raise Malformed(FORMAT, "repeated", "name of a witness")
        for group in self.groups:
            if not known.issuperset(group.members):
                raise Malformed(FORMAT, "member", "expected a witness or an earlier group")
            if group.name in known:
                raise Malformed(FORMAT, "repeated", "name of a group")
            known.add(group.name)
        if self.quorum not in known:
            raise Malformed(FORMAT, "quorum", "expected a witness or a group")

    @property
    def aggregating(self) -> tuple[Witness, ...]:
        """Those with a BLS key, in the policy's order, which is that of the bitmap in `verifier.aggregate`."""
        return tuple(w for w in self.witnesses if w.bls is not None)

    def reached(self, names: AbstractSet[str]) -> bool:
        """Whether witnesses of these names make the quorum. Names of no witness, those of groups too, say nothing."""
        done = {w.name for w in self.witnesses} & names
        for group in self.groups:
            if sum(member in done for member in group.members) >= group.threshold:
                done.add(group.name)
        return self.quorum in done

    def to_map(self) -> dict[int, Any]:
        """Wire form: member 9 of the trust bundle."""
        return {1: [w.to_map() for w in self.witnesses], 2: [g.to_map() for g in self.groups], 3: self.quorum}

    @classmethod
    def from_map(cls, value: object) -> WitnessPolicy:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        witnesses = tuple(Witness.from_map(w) for w in fields.array(FORMAT, m, 1, MAX_WITNESSES))
        groups = tuple(Group.from_map(g) for g in fields.array(FORMAT, m, 2, MAX_GROUPS))
        return cls(witnesses, groups, fields.text(FORMAT, m, 3, 200))
