"""Keys of an instance: SM2 signing keys in encrypted files, and the two secrets that seal and find records.

    data/passphrase          0600, made once. It lies beside what it protects: it guards copies of the keys that travel
                             alone, not the machine. A hardware module, chosen by URI, is what takes its place
    data/keys/<name>.key     encrypted SM2 keys: root, log, <slug>-issuer, <slug>-status; in the SHA-256 profile of the
                             log also log-ed25519, an Ed25519 key
    data/keys/sealing        0600, 16 bytes hex: key-encryption key
    data/keys/lookup         0600, 32 bytes hex: HMAC key of look-ups, tokens, idempotency
    data/keys/submitter      0600, 32 bytes hex: secp256k1 key that sends anchors

A key that the database knows and the directory lacks is an error and never made anew: the second key of one name would
be another institution.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from api.db.repositories.trust import KeyRow
from api.errors import InstanceDamaged
from api.files import private_directory, read_private, write_once
from api.institution import Institution
from certs.civilday import day_start
from certs.keys import Ed25519Signer, SoftwareSigner, create_ed25519_key, create_software_key, open_ed25519_key
from certs.keys import open_signer as open_sm2
from certs.ports import Entropy

YEAR = 365 * 86400
LOG_ED25519 = "log-ed25519"
_SCHEME = "software:"


@dataclass(frozen=True, slots=True)
class PlannedKey:
    """A key that the institution must have. `name` is its file, `years` how long it may sign."""

    name: str
    uscc: str
    purpose: str
    kinds: tuple[int, ...]
    years: int

    def row(self, signer: SoftwareSigner | Ed25519Signer, now: int) -> KeyRow:
        uri = f"{_SCHEME}{self.name}.key"  # relative: a data directory may be moved
        # From the start of the day, as certificates are dated: the first are signed minutes after the key is made.
        times = (day_start(now), now + self.years * YEAR)
        return KeyRow(signer.kid, self.uscc, self.purpose, signer.public_key, uri, self.kinds, *times)


def planned(institution: Institution) -> list[PlannedKey]:
    """Root, log, and for each issuer one key for its kinds and another for its status lists."""
    keys = [
        PlannedKey("root", institution.root_uscc, "root", (), 20),
        PlannedKey("log", institution.root_uscc, "log", (), 5),
    ]
    for organisation in institution.organisations:
        if organisation.kinds:
            keys.append(PlannedKey(f"{organisation.slug}-issuer", organisation.uscc, "issuer", organisation.kinds, 5))
            keys.append(PlannedKey(f"{organisation.slug}-status", organisation.uscc, "status", (), 5))
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

    def open(self, uri: str) -> SoftwareSigner:
        """The signer of a stored URI. Raises InstanceDamaged if its file is gone, KeyStoreError if it is unusable."""
        return open_sm2(f"{_SCHEME}{self._path(uri)}", self.passphrase)

    def open_ed25519(self, uri: str) -> Ed25519Signer:
        """As `open`, for the log's Ed25519 key."""
        return open_ed25519_key(self._path(uri), self.passphrase())

    def open_or_create(self, name: str) -> SoftwareSigner:
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
        """Raises InstanceDamaged if the file of a stored URI is not here."""
        self._path(uri)

    def _path(self, uri: str) -> Path:
        path = self._directory / uri.removeprefix(_SCHEME)
        if not path.is_file():
            raise InstanceDamaged(f"{path.name} is missing, and the database knows its key")
        return path.resolve()


def match(rows: Iterable[KeyRow], open_key: Callable[[str], SoftwareSigner]) -> dict[tuple[str, str], SoftwareSigner]:
    """Open every registered SM2 key, by (organisation, purpose). Raises InstanceDamaged if a file holds another key."""
    known = [row for row in rows if not is_ed25519(row)]
    # Opening a key costs scrypt 80 ms on purpose; it releases the interpreter, so eight of them need not take a second.
    with ThreadPoolExecutor(max_workers=4) as pool:
        opened = list(pool.map(open_key, [row.uri for row in known]))
    for row, signer in zip(known, opened, strict=True):
        _same(row, signer)
    return {(row.uscc, row.purpose): signer for row, signer in zip(known, opened, strict=True)}


def match_ed25519(rows: Iterable[KeyRow], open_key: Callable[[str], Ed25519Signer]) -> Ed25519Signer | None:
    """The log's Ed25519 key, None in the SM3 profile. Raises InstanceDamaged."""
    found = [row for row in rows if is_ed25519(row)]
    if not found:
        return None
    if len(found) != 1:
        raise InstanceDamaged("the database knows more than one Ed25519 key of the log")
    signer = open_key(found[0].uri)
    _same(found[0], signer)
    return signer


def _same(row: KeyRow, signer: SoftwareSigner | Ed25519Signer) -> None:
    if signer.kid != row.kid or signer.public_key != row.public_key:
        raise InstanceDamaged(f"the key file of {row.purpose} {row.uscc} holds another key than the database knows")
