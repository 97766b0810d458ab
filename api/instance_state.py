"""An instance on the disk: whether it was made, whether it is whole, whose it is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from api.db import migrate
from api.errors import InstanceDamaged, NotInitialised
from api.files import write_once
from api.institution import SYNTHETIC, Institution
from api.settings import EMBEDDED_CHAIN, Settings
from chain.log.model import LogIdentity
from verifier.merkle import TreeHash

DONE: Final = "initialised"
_TREE: Final = {"sm3": TreeHash.SM3, "sha256": TreeHash.SHA256}


def identity_of(settings: Settings) -> LogIdentity:
    return LogIdentity(settings.log_origin, _TREE[settings.log_profile])


def is_initialised(settings: Settings) -> bool:
    return (settings.data_dir / DONE).is_file()


def may_initialise(settings: Settings) -> bool:
    """Whether a start may make the instance by itself: the directory is new or empty, or holds one cut short.

    Anything else in it is somebody's, or the wrong mount.
    """
    directory = settings.data_dir
    return not directory.exists() or not any(directory.iterdir()) or (directory / "institution.json").is_file()


def private_database(settings: Settings) -> None:
    """SQLite makes files that everybody may read, and its journals take the mode of the database."""
    path = migrate.database_path(settings.database_url)
    if path is not None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def nothing_lost(settings: Settings) -> None:
    """Once an instance was complete, what is missing is lost, and making it anew would hide that.

    A new passphrase or sealing key could open nothing; a new database would be a fork of the register.
    """
    if not is_initialised(settings):
        return
    parts = ["institution.json", "passphrase", "keys/sealing", "keys/lookup", "keys/submitter"]
    path = migrate.database_path(settings.database_url)
    missing = [part for part in parts if not (settings.data_dir / part).is_file()]
    if path is not None and not path.is_file():
        missing.append(path.name)
    journal = settings.data_dir / "chain" / "journal"
    if settings.chain == EMBEDDED_CHAIN and not (journal.is_file() and journal.stat().st_size):
        missing.append("chain/journal")  # the chain would begin anew, and remember nothing of this log
    if missing:
        raise InstanceDamaged(f"missing: {', '.join(missing)}; restore them from a backup")


async def log_kept(settings: Settings) -> None:
    """An empty database under a finished instance is a lost one, be it a file or a server's: the log would begin anew,
    and that is a fork. Raises InstanceDamaged."""
    if not is_initialised(settings):
        return
    if not await asyncio.to_thread(migrate.holds_log, settings.database_url, settings.log_origin):
        raise InstanceDamaged(f"missing: the log {settings.log_origin} in the database; restore it from a backup")


async def require_current(settings: Settings) -> None:
    await log_kept(settings)
    if not await asyncio.to_thread(migrate.is_current, settings.database_url):
        raise NotInitialised("the database has an older schema: run `mzt init`")


def institution_of(data_dir: Path, given: Institution | None) -> Institution:
    wanted = (given or SYNTHETIC).encode()
    stored = write_once(data_dir / "institution.json", wanted)
    if given is not None and stored != wanted:
        raise InstanceDamaged("this directory belongs to another institution")
    return Institution.parse(stored)
