"""A witness's directory: made once, opened by one process at a time.

<dir>/passphrase          0600, guards copies of the keys that travel alone
<dir>/keys/<alg>.key      encrypted Ed25519 or SM2 key (certs/keys/keyfile.py)
<dir>/keys/bls.key        encrypted BLS12-381 key, if this witness takes part in aggregated signatures
<dir>/witness.db          what was cosigned last for each log
<dir>/logs.txt            the operator's list of logs (chain/witness/known_logs.py); read at start
<dir>/name                key name, e.g. witness.north.example/w1; written last, so that it says: complete
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from api.clock import system_clock, system_entropy
from api.db.witness_store import create_file, open_store
from api.errors import InstanceDamaged, NotInitialised
from api.files import private_directory, read_private, write_durably, write_once
from api.logs import log
from api.metrics import WitnessMetrics
from certs.keys import (
    BlsSigner,
    create_bls_key,
    create_ed25519_key,
    create_software_key,
    open_bls_key,
    open_ed25519_key,
    open_signer,
)
from certs.keys.keyfile import SCRYPT_N
from chain.filelock import FileLock
from chain.log.signing import public_key_of
from chain.ports import Clock, LogSigner
from chain.witness.core import Witness
from chain.witness.known_logs import parse_known_logs
from chain.witness.limits import OriginLimiter
from chain.witness.model import Cosigner, Evidence
from chain.witness.rounds import RoundWitness
from verifier.checkpoint import KeyUse, NoteKey

ALGORITHMS = ("ed25519", "sm2")
BURST, PER_SECOND = 60, 2.0  # cosignatures for one log; ours makes at most one checkpoint a second
_EMPTY_LIST = b"# log <vkey> <sm3|sha-256>     one line a key; see docs/runbooks/witness.md\n"


@dataclass(frozen=True, slots=True)
class OpenWitness:
    """A witness that holds its directory's lock."""

    witness: Witness
    metrics: WitnessMetrics
    keys: tuple[NoteKey, ...]
    rounds: RoundWitness | None


async def create(
    directory: Path, name: str, algorithms: Sequence[str], *, bls: bool = False, scrypt_n: int = SCRYPT_N
) -> None:
    """Make a witness, or finish making it. Raises InstanceDamaged for another name or lost files, Malformed.

    `bls`: with a key for aggregated signatures; raises SignerUnavailable without the extra.
    """
    private_directory(directory)
    with FileLock(directory / "lock"):
        known = directory / "name"
        if known.is_file():
            _nothing_lost(directory)
            if known.read_text() != f"{name}\n":
                raise InstanceDamaged("this directory belongs to a witness of another name")
            return
        if _any_key(directory) and not (directory / "witness.db").is_file():
            raise InstanceDamaged("keys, but no witness.db: what they have cosigned is forgotten; retire this witness")
        # Before the keys, so that keys without a memory are known for remains, and not for a beginning.
        await create_file(directory / "witness.db")
        private_directory(directory / "keys")
        passphrase = write_once(directory / "passphrase", secrets.token_urlsafe(32).encode()).decode("ascii")
        for algorithm in algorithms:
            path = directory / "keys" / f"{algorithm}.key"
            if not path.exists():
                await asyncio.to_thread(_make_key, path, algorithm, passphrase, scrypt_n)
        if bls and not _bls_file(directory).exists():
            await asyncio.to_thread(create_bls_key, _bls_file(directory), passphrase, system_entropy, n=scrypt_n)
        _vkeys(name, await asyncio.to_thread(_signers, directory))  # a name that no note can carry is refused here
        write_once(directory / "logs.txt", _EMPTY_LIST)
        write_durably(known, f"{name}\n".encode())


@asynccontextmanager
async def open_witness(directory: Path, *, clock: Clock = system_clock) -> AsyncIterator[OpenWitness]:
    """The witness of a directory. Raises NotInitialised, InstanceDamaged, AlreadyLocked, Malformed (its list)."""
    _complete(directory)
    with FileLock(directory / "lock"):
        name = _name(directory)
        logs = parse_known_logs((directory / "logs.txt").read_bytes())
        signers = await asyncio.to_thread(_signers, directory)
        metrics = WitnessMetrics()
        store = await open_store(directory / "witness.db")
        try:
            cosigners = [Cosigner(name, signer) for signer in signers]
            limiter = OriginLimiter(BURST, PER_SECOND, time.monotonic)
            witness = Witness(logs, cosigners, store, clock, limiter, lambda e: _cry(metrics, e))
            share = await asyncio.to_thread(bls_key, directory)
            rounds = None if share is None else RoundWitness(name, share, logs, store, clock)
            yield OpenWitness(witness, metrics, _vkeys(name, signers), rounds)
        finally:
            await store.close()


def vkeys(directory: Path) -> tuple[NoteKey, ...]:
    """Public keys of a witness, for policies. Works beside a running one."""
    _complete(directory)
    return _vkeys(_name(directory), _signers(directory))


def bls_key(directory: Path) -> BlsSigner | None:
    """The key for aggregated signatures, if the witness has one. Raises SignerUnavailable without the extra `bls`."""
    path = _bls_file(directory)
    if not path.is_file():
        return None
    return open_bls_key(path, read_private(directory / "passphrase").decode("ascii"))


def _bls_file(directory: Path) -> Path:
    return directory / "keys" / "bls.key"


def _complete(directory: Path) -> None:
    if not (directory / "name").is_file():
        raise NotInitialised(f"{directory} holds no witness: run `mzt witness init`")
    _nothing_lost(directory)


def _nothing_lost(directory: Path) -> None:
    """A database made anew would cosign a second history, a key made anew would be another witness."""
    missing = [part for part in ("passphrase", "witness.db", "logs.txt") if not (directory / part).is_file()]
    if not any(_key_files(directory)):
        missing.append("keys")
    if missing:
        raise InstanceDamaged(f"missing: {', '.join(missing)}; retire this witness or restore it, see its runbook")


def _name(directory: Path) -> str:
    return (directory / "name").read_text(encoding="utf-8").rstrip("\n")


def _key_files(directory: Path) -> list[Path]:
    return [path for a in ALGORITHMS if (path := (directory / "keys" / f"{a}.key")).is_file()]


def _any_key(directory: Path) -> bool:
    return bool(_key_files(directory)) or _bls_file(directory).is_file()


def _make_key(path: Path, algorithm: str, passphrase: str, scrypt_n: int) -> None:
    make = create_ed25519_key if algorithm == "ed25519" else create_software_key
    make(path, passphrase, system_entropy, n=scrypt_n)


def _signers(directory: Path) -> list[LogSigner]:
    passphrase = read_private(directory / "passphrase").decode("ascii")
    signers: list[LogSigner] = []
    for path in _key_files(directory):
        if path.stem == "ed25519":
            signers.append(open_ed25519_key(path, passphrase))
        else:
            signers.append(open_signer(f"software:{path.resolve()}", lambda: passphrase, process=False))
    return signers


def _vkeys(name: str, signers: Sequence[LogSigner]) -> tuple[NoteKey, ...]:
    return tuple(NoteKey(name, public_key_of(signer), KeyUse.COSIGNER) for signer in signers)


def _cry(metrics: WitnessMetrics, evidence: Evidence) -> None:
    """What a witness is for. Sizes and the log's name; the notes themselves are in the table `evidence`."""
    metrics.evidence.labels("yes" if evidence.proven else "no").inc()
    log("inconsistent", level=logging.ERROR, origin=evidence.origin, size=evidence.size, proven=evidence.proven)
