"""The folder that `mz-trust` fills and `mz-verify --cache` reads: pinned, replaced whole or not at all, never set back.

    root                   the pin                              written once, by `init`
    trust-bundle.cbor      signed by that root                  replaced by a later sequence only
    status-lists/<n>.cbor  signed by an issuer of the bundle    replaced by a list issued later only
    state.json             {"format": 1, "url": "https://…",
                            "bundle": {"sequence": 7, "etag": "…", "fresh_until": 1800003600},
                            "lists": {"1": {"iat": 1800000000, "etag": "…", "fresh_until": 1800003600}}}

The highest sequence and the latest time that were seen are remembered apart from the files: deleting a file does not
make the past acceptable again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..cose import Sign1
from ..errors import VerifierError
from ..inputs import CACHE_BUNDLE, CACHE_ROOT, CACHE_STATUS, MAX_TRUST_BYTES, UsageError, read_file
from ..labels import TYP_TRUST_BUNDLE
from ..policy import TrustBundle
from ..report import Reason
from ..status_list import StatusList
from ..statuses import StatusLists
from .errors import BadAnswer, Misconfigured, Rollback

STATE: Final = "state.json"
_PIN: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Seen:
    """What is remembered of one artefact. `mark`: sequence of the bundle, issue time of a list."""

    mark: int = -1
    etag: str = ""
    fresh_until: int = 0

    def to_json(self, name: str) -> dict[str, Any]:
        return {name: self.mark, "etag": self.etag, "fresh_until": self.fresh_until}

    @classmethod
    def from_json(cls, value: Any, name: str) -> Seen:
        if not isinstance(value, dict) or type(value.get(name)) is not int or type(value.get("fresh_until")) is not int:
            raise Misconfigured("cache: state.json is damaged")
        return cls(value[name], str(value.get("etag", "")), value["fresh_until"])


@dataclass(slots=True)
class Cache:
    """An opened cache folder."""

    folder: Path
    url: str
    root: str
    bundle: Seen = field(default_factory=Seen)
    lists: dict[str, Seen] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, url: str, root: str) -> Cache:
        """A new one. Raises Misconfigured where there is one of another service or root."""
        root = root.lower()
        if not _PIN.fullmatch(root):
            raise Misconfigured("root: expected 64 hexadecimal digits")
        if (folder / STATE).exists():
            known = cls.open(folder)
            if (known.url, known.root) != (url, root):
                raise Misconfigured("cache: belongs to another service or root; use another folder")
            return known
        (folder / CACHE_STATUS).mkdir(parents=True, exist_ok=True)
        _replace(folder / CACHE_ROOT, root.encode() + b"\n")
        made = cls(folder, url, root)
        made.save()
        return made

    @classmethod
    def open(cls, folder: Path) -> Cache:
        """Raises Misconfigured."""
        try:
            root = read_file(folder / CACHE_ROOT, 256).decode("ascii", "replace").strip()
            state: Any = json.loads(read_file(folder / STATE, MAX_TRUST_BYTES))
        except (UsageError, ValueError):
            raise Misconfigured("cache: none here; run `mz-trust init`") from None
        if not isinstance(state, dict) or state.get("format") != 1 or not _PIN.fullmatch(root):
            raise Misconfigured("cache: state.json is damaged")
        lists = {str(n): Seen.from_json(v, "iat") for n, v in dict(state.get("lists", {})).items()}
        return cls(folder, str(state.get("url")), root, Seen.from_json(state.get("bundle"), "sequence"), lists)

    def save(self) -> None:
        """Write the state, at once."""
        state = {
            "format": 1,
            "url": self.url,
            "bundle": self.bundle.to_json("sequence"),
            "lists": {n: seen.to_json("iat") for n, seen in sorted(self.lists.items())},
        }
        _replace(self.folder / STATE, json.dumps(state, indent=1).encode() + b"\n")

    def trust(self) -> TrustBundle | None:
        """The bundle that is held, None if there is none. Raises BadAnswer if it is damaged."""
        path = self.folder / CACHE_BUNDLE
        if not path.exists():
            return None
        try:
            return TrustBundle.parse(read_file(path, MAX_TRUST_BYTES), self.root)
        except (VerifierError, UsageError) as e:
            raise BadAnswer(f"the trust bundle that is held: {e}") from None

    def take_bundle(self, data: bytes) -> TrustBundle:
        """Put a fetched bundle in place. Raises BadAnswer if it is not of the pinned root, Rollback if it is older."""
        try:
            found = TrustBundle.parse(data, self.root)
        except VerifierError as e:
            raise BadAnswer(str(e)) from None
        if found.sequence < self.bundle.mark:
            raise Rollback(f"trust bundle: sequence {found.sequence} after {self.bundle.mark}")
        held = self.folder / CACHE_BUNDLE
        if found.sequence == self.bundle.mark and held.exists() and _content(data) != _content(held.read_bytes()):
            raise Rollback(f"trust bundle: two of sequence {found.sequence}")
        self.bundle.mark = found.sequence
        self.save()  # before the file: what is remembered is never behind what is held
        _replace(held, data)
        return found

    def take_list(self, number: str, uri: str, data: bytes, trust: TrustBundle) -> StatusList:
        """Put a fetched status list in place. Raises BadAnswer, Rollback."""
        try:
            found = StatusList.parse(data)
        except VerifierError as e:
            raise BadAnswer(str(e)) from None
        checked = StatusLists(trust, [data]).find(found.iss, found.uri, found.iat)
        if isinstance(checked, Reason) or found.uri != uri:
            raise BadAnswer(f"status list {number}: not signed by an issuer of the trust bundle for this address")
        seen = self.lists.setdefault(number, Seen())
        if found.iat < seen.mark:
            raise Rollback(f"status list {number}: issued before the one that is held")
        seen.mark = found.iat
        self.save()
        _replace(self.list_path(number), data)
        return found

    def list_path(self, number: str) -> Path:
        """Where a list is held."""
        return self.folder / CACHE_STATUS / f"{int(number)}.cbor"

    def held_lists(self) -> dict[str, StatusList]:
        """Lists on disk by number; damaged ones are left out."""
        found = {}
        for path in (self.folder / CACHE_STATUS).glob("*.cbor"):
            with suppress(VerifierError, UsageError):
                found[path.stem] = StatusList.parse(read_file(path, MAX_TRUST_BYTES))
        return found

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One updater at a time, where the system has file locks; the files are whole without, too."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        with (self.folder / "lock").open("wb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Misconfigured("cache: another update is under way") from None
            yield


def _content(data: bytes) -> bytes:
    """What a bundle says; its signature may differ, for signing is randomised."""
    return Sign1.parse(data, typ=TYP_TRUST_BUNDLE).payload or b""


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, also if the power fails: file, rename, folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
