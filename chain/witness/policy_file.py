"""The witness policy file (C2SP tlog-policy), strictly: which witnesses there are, where, and how many make a quorum.

    log log.minzheng.example/sm3-2026+1f2e3d4c+/1NNMi1T…
    witness north witness.north.example/w1+8f3a…+BE… https://witness.north.example
    witness south witness.south.example/w1+02b1…+BE… https://witness.south.example
    witness west  witness.west.example/w1+77d0…+BE…  https://witness.west.example
    group registries 2 north south west
    quorum registries

The names of witnesses hold within the file only; the trust bundle names them as their signature lines do. `quorum none`
is a policy of no witnesses.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from chain.witness.known_logs import log_key, typed_key
from chain.witness.lines import records
from verifier.checkpoint import KeyUse, NoteKey
from verifier.errors import Malformed, Unsupported
from verifier.fields import MAX_TIME
from verifier.hazmat import bls
from verifier.quorum import BlsKey, Group, Witness, WitnessPolicy

FORMAT: Final = "tlog-policy"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What the file says. `policy` is None for `quorum none`; `urls` are submission prefixes by the witness's key name;
    `logs` are the log keys, none if the file leaves them to the context."""

    logs: tuple[NoteKey, ...]
    policy: WitnessPolicy | None
    urls: Mapping[str, str]


def parse_policy_file(data: bytes) -> PolicyFile:
    """Parse. Raises Malformed with the number of the line."""
    reader = _Reader()
    for number, words in records(FORMAT, data):
        reader.line(number, words)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._logs: list[NoteKey] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._names: dict[str, str] = {}  # name in the file -> name in the policy
        self._used: set[str] = set()
        self._urls: dict[str, str] = {}
        self._quorum: str | None = None

    def line(self, number: int, words: Sequence[str]) -> None:
        readers = {
            "log": self._log,
            "witness": self._witness,
            "bls": self._bls,
            "group": self._group,
            "quorum": self._end,
        }
        read = readers.get(words[0])
        if read is None:
            raise _bad(number, "expected log, witness, bls, group or quorum")
        try:
            read(number, words[1:])
        except Unsupported as error:
            raise _bad(number, str(error)) from None

    def finish(self) -> PolicyFile:
        if self._quorum is None:
            raise Malformed(FORMAT, "quorum", "expected exactly one quorum line")
        policy = None
        if self._quorum != NONE:
            policy = WitnessPolicy(tuple(self._witnesses), tuple(self._groups), self._names[self._quorum])
        return PolicyFile(tuple(self._logs), policy, self._urls)

    def _log(self, number: int, words: Sequence[str]) -> None:
        if len(words) not in (1, 2):
            raise _bad(number, "expected: log <vkey> [url]")
        key = log_key(FORMAT, number, words[0])
        if any(key.key == other.key for other in self._logs):
            raise _bad(number, "repeats a log key")
        if len(words) == 2:
            _url(number, words[1])
        self._logs.append(key)

    def _witness(self, number: int, words: Sequence[str]) -> None:
        if len(words) not in (2, 3):
            raise _bad(number, "expected: witness <name> <vkey> [url]")
        key = typed_key(FORMAT, number, words[1], KeyUse.COSIGNER)
        if any(key.key == other.key for other in self._witnesses):
            raise _bad(number, "repeats a witness key")
        if key.name in self._names.values():
            raise _bad(number, "repeats a key name: a policy has one key for each witness")
        self._name(number, words[0], key.name)
        self._witnesses.append(Witness(key.name, key.key, 0, MAX_TIME))
        if len(words) == 3:
            self._urls[key.name] = _url(number, words[2])

    def _bls(self, number: int, words: Sequence[str]) -> None:
        """Ours, beside C2SP: the key with which a witness takes part in aggregated signatures, and its proof."""
        if len(words) != 3:
            raise _bad(number, "expected: bls <witness> <key> <possession>, both base64")
        at = next((i for i, w in enumerate(self._witnesses) if w.name == self._names.get(words[0])), None)
        if at is None or self._witnesses[at].bls is not None:
            raise _bad(number, "expected a witness of an earlier line that has no BLS key yet")
        key = BlsKey(_b64(number, words[1]), _b64(number, words[2]))
        if not bls.available():
            raise _bad(
                number, "BLS keys need the extra `bls`: their possession must be checked before they are believed"
            )
        if not bls.verify_possession(key.key, key.possession):
            raise _bad(number, "possession of the key is not proven")
        self._witnesses[at] = replace(self._witnesses[at], bls=key)

    def _group(self, number: int, words: Sequence[str]) -> None:
        if len(words) < 3:
            raise _bad(number, "expected: group <name> <all|any|k> <member>...")
        name, rule, members = words[0], words[1], list(words[2:])
        if len(set(members)) != len(members) or self._used & set(members):
            raise _bad(number, "a name is a member of one group at most, once")
        if not set(members) <= set(self._names):
            raise _bad(number, "a member is not defined on an earlier line")
        if name in self._names.values():
            raise _bad(number, "a group has the name of a witness's key")
        threshold = {"all": len(members), "any": 1}.get(rule)
        if threshold is None:
            if not (rule.isascii() and rule.isdigit() and len(rule) < 4 and not rule.startswith("0")):
                raise _bad(number, "expected all, any or a number")
            threshold = int(rule)
        if not 1 <= threshold <= len(members):
            raise _bad(number, "the number must be from 1 to the number of members")
        self._name(number, name, name)
        self._used |= set(members)
        self._groups.append(Group(name, threshold, tuple(self._names[m] for m in members)))

    def _end(self, number: int, words: Sequence[str]) -> None:
        if len(words) != 1 or self._quorum is not None:
            raise _bad(number, "expected exactly one line: quorum <name>")
        if words[0] != NONE and words[0] not in self._names:
            raise _bad(number, "the quorum is not defined on an earlier line")
        self._quorum = words[0]

    def _name(self, number: int, name: str, stands_for: str) -> None:
        if name == NONE or name in self._names:
            raise _bad(number, "the name is taken")
        self._names[name] = stands_for


def _b64(number: int, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _bad(number, "expected base64") from None


def _url(number: int, text: str) -> str:
    """A submission prefix, without the slash at its end."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # brackets that do not close, a port that is none
        raise _bad(number, "expected an http(s) address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise _bad(number, "expected an http(s) address without query and without a password")
    return text.rstrip("/")


def _bad(number: int, detail: str) -> Malformed:
    return Malformed(FORMAT, f"line {number}", detail)
