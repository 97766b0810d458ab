"""What the checks of the register share: one snapshot, the trust there was, and the secrets if they may be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection

from api.db.audit_reader import SqlLedger
from api.institution import Institution
from certs.ports import LookupKey, Sealer
from chain.audit.model import Check, Checks
from chain.audit.ports import Job, Progress
from verifier.cose import CoseKey
from verifier.policy import IssuerKey, TrustBundle

NO_KEYS: Final = "salts are sealed, and the keys of this instance (keys/sealing, keys/lookup) were not given"
_ALONE: Final = 512  # signatures below which other processes are not worth their start
_SLICE: Final = 256


@dataclass(frozen=True, slots=True)
class Secrets:
    """Opens records and recomputes keyed hashes. Nothing that they show leaves the checks."""

    sealer: Sealer
    lookup: LookupKey


@dataclass(frozen=True, slots=True)
class Bundle:
    """A trust bundle's row and what it says."""

    row: Any
    parsed: TrustBundle


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the log of accesses says of a request or a device. `at`: seconds UTC; `subjects`: tags of whose it is."""

    at: int
    subjects: tuple[bytes, ...]


@dataclass(slots=True)
class Context:
    """`base`: entries before this index are not checked again. `as_of`: the second at which ages are judged."""

    connection: Connection
    ledger: SqlLedger
    checks: Checks
    bundles: tuple[Bundle, ...]
    verify: Verifying
    progress: Progress
    as_of: int
    leaf: Callable[[bytes], bytes]
    size: int
    base: int = 0
    secrets: Secrets | None = None
    institution: Institution | None = None
    keys_directory: Path | None = None
    publish_within: int = 3600
    known_entries: int = 0
    staged: dict[bytes, bytes] = field(default_factory=dict)  # what waits for the sequencer: key -> body
    totals: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    recorded: dict[tuple[str, str], list[Recorded]] = field(default_factory=dict)  # by action and reference

    def record(self, action: str, reference: str, event: Recorded) -> None:
        """Remember an event of the log of accesses for the checks of what it is about."""
        self.recorded.setdefault((action, reference), []).append(event)

    def recorded_as(self, action: str, reference: str) -> list[Recorded]:
        """In order of the log of accesses."""
        return self.recorded.get((action, reference), [])

    def named(self, action: str) -> set[str]:
        """References of all events of an action."""
        return {reference for known, reference in self.recorded if known == action}

    @property
    def trust(self) -> TrustBundle:
        """The newest bundle."""
        return self.bundles[-1].parsed

    def issuer_key(self, uscc: str, kid: bytes) -> IssuerKey | None:
        """As the newest bundle that names it says: a later one may have ended it.

        A compromise is told after it happened. What was signed in between nobody should believe, and it is no fault of
        the register: as far as the audit goes, the key ends with the bundle that tells.
        """
        found = (bundle.parsed.issuer_key(uscc, kid) for bundle in reversed(self.bundles))
        key = next((key for key in found if key is not None), None)
        if key is None or key.revoked_from is None:
            return key
        return replace(key, revoked_from=max(key.revoked_from, self._told(uscc, kid)))

    def _told(self, uscc: str, kid: bytes) -> int:
        """When the first bundle was issued that calls the key revoked."""
        for bundle in self.bundles:
            key = bundle.parsed.issuer_key(uscc, kid)
            if key is not None and key.revoked_from is not None:
                return bundle.parsed.issued_at
        return 0


def usable(key: IssuerKey | None, at: int) -> IssuerKey | None:
    """The key, if it was valid at `at` and not revoked before."""
    if key is None or not key.not_before <= at < key.not_after:
        return None
    return None if key.revoked_from is not None and at >= key.revoked_from else key


class Verifying:
    """Checks signatures, many of them in other processes. Implements `chain.audit.ports.Verify`."""

    def __init__(self, processes: int | None = None) -> None:
        self._processes = (cpu_count() or 1) if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, jobs: Iterable[Job]) -> list[bool]:
        """Answers in order."""
        work = list(jobs)
        if self._processes < 2 or len(work) < _ALONE:
            return verify_slice(work)
        if self._pool is None:
            # spawn: a fork would copy the lock of whichever thread of the database driver holds one just then
            self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"))
        parts = [work[at : at + _SLICE] for at in range(0, len(work), _SLICE)]
        return [good for part in self._pool.map(verify_slice, parts) for good in part]

    def __enter__(self) -> Verifying:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def verify_slice(jobs: list[Job]) -> list[bool]:
    """One process's share; keys are parsed once each."""
    keys: dict[tuple[int, bytes], CoseKey] = {}
    answers = []
    for job in jobs:
        place = job.crv, job.public
        key = keys.get(place)
        if key is None:
            key = keys[place] = CoseKey(*place)
        answers.append(key.verify(job.signature, job.message))
    return answers


def settle(claims: list[tuple[partial[None], Job]], verify: Verifying) -> None:
    """Check signatures together; call what belongs to each that is none."""
    for (report, _), good in zip(claims, verify(job for _, job in claims), strict=True):
        if not good:
            report()


def bad_signature(check: Check, table: str, position: object, column: str) -> partial[None]:
    """What `settle` calls for a signature that is none."""
    return partial(check.fault, table, position, column, "signature does not verify")
