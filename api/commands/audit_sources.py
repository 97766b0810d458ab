"""Where `mzt audit` reads from: this instance, a copied data directory, or another database; chain and witnesses."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile

from api import witnesslink
from api.chainlink import connect
from api.clock import system_entropy
from api.errors import InstanceDamaged
from api.instance_state import identity_of
from api.institution import Institution
from api.keyring import KeyDirectory
from api.sealingring import RingDirectory
from api.services.audit_context import Secrets
from api.settings import EMBEDDED_CHAIN, Settings, for_directory
from certs.ports import Clock
from certs.sealing import HmacLookupKey, Sm4Sealer
from chain.anchor.port import AnchorPort
from chain.audit.anchors import ChainView, Seen
from chain.errors import ChainFault
from chain.log.guard import Observer
from chain.witness.observer import WitnessObserver
from verifier.cose import CoseKey
from verifier.errors import VerifierError


@dataclass(frozen=True, slots=True)
class Instance:
    """What lies beside a database in a data directory, as far as it is there."""

    settings: Settings
    pin: str | None
    institution: Institution | None
    secrets: Secrets | None
    keys_directory: Path | None


def backup_settings(settings: Settings, directory: Path) -> Settings:
    """Those of a copied data directory: its own database file, everything else as here."""
    there = for_directory(directory.resolve())
    return replace(settings, data_dir=there.data_dir, database_url=there.database_url)


def beside(settings: Settings) -> Instance:
    """Read what is there; what is absent makes checks incomplete, what is damaged raises InstanceDamaged."""
    root, keys = settings.data_dir, settings.data_dir / "keys"
    pin = root / "trust-root.hex"
    institution = root / "institution.json"
    there = (keys / "sealing").is_file() and (keys / "lookup").is_file()
    return Instance(
        settings,
        pin.read_text("ascii").strip() if pin.is_file() else None,
        Institution.parse(institution.read_bytes()) if institution.is_file() else None,
        _secrets(root) if there else None,
        keys if keys.is_dir() else None,
    )


def _secrets(data_dir: Path) -> Secrets:
    keys = KeyDirectory(data_dir, system_entropy)
    sealer = Sm4Sealer.following(RingDirectory(data_dir), system_entropy)
    return Secrets(sealer, HmacLookupKey(keys.secret("lookup", 32)))


async def ask_chain(settings: Settings, clock: Clock, origin: str) -> ChainView:
    """What the chain shows of the log now. Raises ChainFault or InstanceDamaged if it cannot be asked."""
    with _chain_settings(settings) as readable:
        async with _port(readable, clock) as port:
            head = await port.latest(origin)
            size = 0 if head is None else head.size
            events = tuple(e for e in await port.history(origin) if e.size <= size)
            place = port.capabilities()
    return ChainView(place.chain_id, place.contract, head, events, size)


@asynccontextmanager
async def _port(settings: Settings, clock: Clock) -> AsyncIterator[AnchorPort]:
    link = connect(settings, system_entropy(32), clock)  # a key of nobody: it only reads
    try:
        yield link.port
    finally:
        link.close()


@contextmanager
def _chain_settings(settings: Settings) -> Iterator[Settings]:
    """The embedded chain belongs to the process that has its lock, so a copy is opened: journal, and the state as far
    as it goes. Copied in this order the journal is never behind the state."""
    if settings.chain != EMBEDDED_CHAIN:
        yield settings
        return
    source = settings.data_dir / "chain"
    journal = source / "journal"
    if not (journal.is_file() and journal.stat().st_size):
        raise InstanceDamaged("chain/journal is missing: the embedded chain cannot be asked")
    with tempfile.TemporaryDirectory(prefix="mzt-audit-") as directory:
        target = Path(directory) / "chain"
        target.mkdir(mode=0o700)
        state = source / "journal.state"
        if state.is_file():
            _copy_state(state, target / state.name)
        copyfile(journal, target / "journal")
        copyfile(source / "place.json", target / "place.json")
        yield replace(settings, data_dir=Path(directory))


def _copy_state(state: Path, target: Path) -> None:
    """A cache: one that cannot be copied is left out, and built again from the journal."""
    try:
        origin = sqlite3.connect(f"{state.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        with closing(origin), closing(sqlite3.connect(target)) as copy:
            origin.backup(copy)
    except sqlite3.DatabaseError:
        target.unlink(missing_ok=True)


async def ask_witnesses(settings: Settings, keys: Sequence[CoseKey]) -> tuple[Seen, ...]:
    """What each witness of the operator's policy file remembers. Empty without a policy. `keys`: the log's own."""
    identity = identity_of(settings)
    link = witnesslink.connect(settings, identity, keys)
    if link is None:
        return ()
    try:
        mine = [(w, link.urls[w.name]) for w in link.policy.witnesses if w.name in link.urls]
        observers = [WitnessObserver(w, url, link.log, link.transport) for w, url in mine]
        return await seen_by(observers, identity.origin)
    finally:
        await link.transport.close()


async def seen_by(observers: Sequence[Observer], origin: str) -> tuple[Seen, ...]:
    """Ask each; one that does not answer says so in its result."""
    found = []
    for observer in observers:
        try:
            head = await observer.seen(origin)
        except (ChainFault, VerifierError) as error:
            found.append(Seen(observer.name, failed=type(error).__name__))
            continue
        found.append(Seen(observer.name) if head is None else Seen(observer.name, head.size, head.root))
    return tuple(found)
