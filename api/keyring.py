"""Keys of an instance: SM2 signing keys in encrypted files, and the two secrets that seal and find records.

    data/passphrase          0600, made once. It lies beside what it protects: it guards copies of the keys that travel
                             alone, not the machine. A hardware module, chosen by URI, is what takes its place
    data/keys/<name>.key     encrypted SM2 keys: root, log, answer, ca-root, ca-sub, maker (of e-seals), <slug>-issuer,
                             <slug>-status, <slug>-seal; in the SHA-256 profile of the log also log-ed25519, an Ed25519
                             key. Their successors are <name>-2.key, <name>-3.key …
    data/keys/sealing        0600, 16 bytes hex: key-encryption key
    data/keys/lookup         0600, 32 bytes hex: HMAC key of look-ups, tokens, idempotency
    data/keys/submitter      0600, 32 bytes hex: secp256k1 key that sends anchors

A key that the database knows and the directory lacks is an error and never made anew: the second key of one name would
be another institution.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from api.db.repositories.trust import KeyRow
from api.errors import InstanceDamaged, NotFound
from api.files import private_directory, read_private, write_once
from api.institution import Institution
from api.services.keychoice import latest
from api.services.keys import Equipment
from certs.authority import Authority
from certs.civilday import day_start
from certs.keys import Ed25519Signer, create_ed25519_key, create_software_key, open_ed25519_key
from certs.keys import open_signer as open_sm2
from certs.keys.timed import HeldKey, TimedLogKey, TimedSigner
from certs.ports import Clock, Entropy, Signer

YEAR = 365 * 86400
LOG_ED25519 = "log-ed25519"
_SCHEME = "software:"
OPERATING = frozenset({"root", "log", "issuer", "status", "answer"})
"""Purposes whose keys a service opens when it starts. Those of the authorities and of seals are opened when used."""


@dataclass(frozen=True, slots=True)
class PlannedKey:
    """A key that the institution must have. `name` is its file, `years` how long it may sign."""

    name: str
    uscc: str
    purpose: str
    kinds: tuple[int, ...]
    years: int

    def row(self, signer: Signer | Ed25519Signer, now: int, uri: str | None = None) -> KeyRow:
        """`uri` None: the file of its name."""
        uri = uri or f"{_SCHEME}{self.name}.key"  # relative: a data directory may be moved
        # From the start of the day, as certificates are dated: the first are signed minutes after the key is made.
        times = (day_start(now), now + self.years * YEAR)
        return KeyRow(signer.kid, self.uscc, self.purpose, signer.public_key, uri, self.kinds, *times)


def planned(institution: Institution) -> list[PlannedKey]:
    """Root, log, X.509 authorities, maker of seals, answers; for each issuer a key for its kinds, its status lists, its
    seal. A key ends before the one that certifies it."""
    root = institution.root_uscc
    keys = [
        PlannedKey("root", root, "root", (), 20),
        PlannedKey("log", root, "log", (), 5),
        PlannedKey("ca-root", root, "ca-root", (), 20),
        PlannedKey("ca-sub", root, "ca-sub", (), 10),
        PlannedKey("maker", root, "maker", (), 5),
        PlannedKey("answer", root, "answer", (), 5),
    ]
    for organisation in institution.organisations:
        if organisation.kinds:
            keys.append(PlannedKey(f"{organisation.slug}-issuer", organisation.uscc, "issuer", organisation.kinds, 5))
            keys.append(PlannedKey(f"{organisation.slug}-status", organisation.uscc, "status", (), 5))
            keys.append(PlannedKey(f"{organisation.slug}-seal", organisation.uscc, "seal", (), 5))
    return keys


def planned_ed25519(institution: Institution) -> PlannedKey:
    """The log's second key in the SHA-256 profile, which the tools of other logs can check (C2SP, RFC 9942)."""
    return PlannedKey(LOG_ED25519, institution.root_uscc, "log", (), 5)


def is_ed25519(row: KeyRow) -> bool:
    """Ed25519 keys have 32 bytes, SM2 keys 65."""
    return len(row.public_key) == 32


class KeyDirectory:
    """`data/keys`, and the passphrase beside it."""

    def __init__(self, data_dir: Path, entropy: Entropy) -> None:
        self._data_dir, self._directory, self._entropy = data_dir, data_dir / "keys", entropy

    def create(self) -> None:
        """Make directory, passphrase and secrets, each unless it is there."""
        private_directory(self._directory)
        write_once(self._data_dir / "passphrase", secrets.token_urlsafe(32).encode())
        write_once(self._directory / "sealing", self._entropy(16).hex().encode())
        write_once(self._directory / "lookup", self._entropy(32).hex().encode())
        write_once(self._directory / "submitter", self._entropy(32).hex().encode())

    def passphrase(self) -> str:
        return read_private(self._data_dir / "passphrase").decode("ascii")

    def secret(self, name: str, length: int) -> bytes:
        """Raises InstanceDamaged."""
        try:
            value = bytes.fromhex(read_private(self._directory / name).decode("ascii"))
        except ValueError:
            raise InstanceDamaged(f"keys/{name} is not hexadecimal") from None
        if len(value) != length:
            raise InstanceDamaged(f"keys/{name} has another length")
        return value

    def open(self, uri: str) -> HeldKey:
        """The signer of a stored URI. Raises InstanceDamaged if its file is gone, KeyStoreError if it is unusable."""
        if not uri.startswith(_SCHEME):
            return open_sm2(uri, self.passphrase)
        return open_sm2(f"{_SCHEME}{self._path(uri)}", self.passphrase)

    def open_ed25519(self, uri: str) -> Ed25519Signer:
        """As `open`, for the log's Ed25519 key."""
        return open_ed25519_key(self._path(uri), self.passphrase())

    def open_or_create(self, name: str) -> HeldKey:
        """For a key that no row knows yet. A file left by a run that was cut short is taken up, not replaced."""
        path = (self._directory / f"{name}.key").resolve()
        if path.exists():
            return open_sm2(f"{_SCHEME}{path}", self.passphrase)
        return create_software_key(path, self.passphrase(), self._entropy)

    def open_or_create_ed25519(self, name: str) -> Ed25519Signer:
        """As `open_or_create`, for the log's Ed25519 key."""
        path = (self._directory / f"{name}.key").resolve()
        if path.exists():
            return open_ed25519_key(path, self.passphrase())
        return create_ed25519_key(path, self.passphrase(), self._entropy)

    def require(self, uri: str) -> None:
        """Raises InstanceDamaged if the file of a stored URI is not here. Of a key in a token nothing is asked."""
        if uri.startswith(_SCHEME):
            self._path(uri)

    def _path(self, uri: str) -> Path:
        path = self._directory / uri.removeprefix(_SCHEME)
        if not path.is_file():
            raise InstanceDamaged(f"{path.name} is missing, and the database knows its key")
        return path.resolve()


class SuccessorMaker:
    """`api.services.keyadmin.KeyMaker` over the directory: files `<name>-2.key`, `<name>-3.key` …"""

    def __init__(self, institution: Institution, directory: KeyDirectory, clock: Clock) -> None:
        self._plans = {(p.uscc, p.purpose): p for p in planned(institution)}
        self._ed25519, self._directory, self._clock = planned_ed25519(institution), directory, clock

    def successor(self, row: KeyRow, number: int, at: int, uri: str | None) -> KeyRow:
        """A key left by a run that was cut short before its row was written is taken up."""
        plan = self._ed25519 if is_ed25519(row) else self._plans.get((row.uscc, row.purpose))
        if plan is None:
            raise NotFound("no organisation of this instance has a key of that purpose")
        plan = replace(plan, name=f"{plan.name}-{number + 1}")
        signer: Signer | Ed25519Signer
        if uri is not None:
            signer = self._directory.open(uri)
        elif is_ed25519(row):
            signer = self._directory.open_or_create_ed25519(plan.name)
        else:
            signer = self._directory.open_or_create(plan.name)
        return plan.row(signer, at, uri)


class Keyring:
    """The instance's signers, each opened once, checked against its row, and bound to its time. Thread-safe enough for
    what uses it: `open` from one thread at a time."""

    def __init__(self, directory: KeyDirectory, clock: Clock) -> None:
        self._directory, self._clock = directory, clock
        self._open: dict[bytes, TimedSigner | TimedLogKey] = {}

    def open(self, rows: Iterable[KeyRow]) -> None:
        """Open those that are not open. Raises InstanceDamaged if a file is gone or another key's, KeyStoreError."""
        wanted = [row for row in rows if row.kid not in self._open]
        # Opening a key costs scrypt 80 ms on purpose; it releases the interpreter, so ten need not take a second.
        with ThreadPoolExecutor(max_workers=4) as pool:
            for row, signer in zip(wanted, pool.map(self._one, wanted), strict=True):
                self._open[row.kid] = signer

    def signer(self, row: KeyRow) -> TimedSigner:
        """The SM2 signer of that row, opened now if it is not. Raises as `open`."""
        self.open([row])
        signer = self._open[row.kid]
        assert isinstance(signer, TimedSigner)  # a row of 65 bytes of public key, by `_one`
        return signer

    def log_key(self, row: KeyRow) -> TimedLogKey:
        """A signer of the log, SM2 or Ed25519. Raises as `open`."""
        self.open([row])
        return self._open[row.kid]

    def keep(self, kids: Iterable[bytes]) -> None:
        """Close every signer but these: the private half of a key that was followed by another leaves the memory."""
        for kid in self._open.keys() - set(kids):
            self._open.pop(kid).close()

    def close(self) -> None:
        self.keep(())

    def _one(self, row: KeyRow) -> TimedSigner | TimedLogKey:
        times = (row.not_before, row.not_after, self._clock)
        if is_ed25519(row):
            log_key = self._directory.open_ed25519(row.uri)
            _same(row, log_key)
            return TimedLogKey(log_key, *times)
        signer = self._directory.open(row.uri)
        _same(row, signer)
        return TimedSigner(signer, *times)


def _same(row: KeyRow, signer: Signer | Ed25519Signer) -> None:
    if signer.kid != row.kid or signer.public_key != row.public_key:
        raise InstanceDamaged(f"the key file of {row.purpose} {row.uscc} holds another key than the database knows")


def operating(rows: Iterable[KeyRow], now: int) -> Sequence[KeyRow]:
    """The keys that a service signs with all day, one in each slot."""
    return [row for row in latest(rows, now).values() if row.purpose in OPERATING]


def by_purpose(rows: Iterable[KeyRow], keyring: Keyring) -> Mapping[tuple[str, str], TimedSigner]:
    """SM2 signers by (organisation, purpose)."""
    return {(row.uscc, row.purpose): keyring.signer(row) for row in rows if not is_ed25519(row)}


def signer_of(signers: Mapping[tuple[str, str], TimedSigner], uscc: str, purpose: str) -> TimedSigner:
    """Raises InstanceDamaged where every key of that purpose was revoked and none followed."""
    found = signers.get((uscc, purpose))
    if found is None:
        raise InstanceDamaged(f"no {purpose} key of {uscc} is in force: `mzt keys rotate`")
    return found


def log_signers(rows: Iterable[KeyRow], keyring: Keyring) -> tuple[TimedLogKey, ...]:
    """Of the log. The first signs receipts too: in the SHA-256 profile the key which other logs' tools know."""
    mine = sorted((row for row in rows if row.purpose == "log"), key=lambda row: len(row.public_key))
    return tuple(keyring.log_key(row) for row in mine)


def equip(who: Institution, keyring: Keyring, clock: Clock, rows: Sequence[KeyRow]) -> Equipment:
    """Signers of the keys in force. Raises InstanceDamaged, KeyStoreError."""
    working = operating(rows, clock())
    keyring.open(working)
    signers = by_purpose(working, keyring)
    answer = signer_of(signers, who.root_uscc, "answer")
    return Equipment(_authorities(who, signers), log_signers(working, keyring), answer)


def _authorities(who: Institution, signers: Mapping[tuple[str, str], TimedSigner]) -> dict[str, Authority]:
    return {
        o.uscc: Authority(
            o.uscc,
            o.zh,
            signer_of(signers, o.uscc, "issuer"),
            o.type_codes,
            frozenset(o.regions),
            signer_of(signers, o.uscc, "status"),
        )
        for o in who.organisations
        if o.kinds
    }
