"""Keys of an instance: SM2 signing keys in encrypted files, and the two secrets that seal and find records.

    data/passphrase          0600, made once. It lies beside what it protects: it guards copies of the keys that travel
                             alone, not the machine. A hardware module, chosen by URI, is what takes its place
    data/keys/<name>.key     encrypted SM2 keys: root, log, <slug>-issuer, <slug>-status
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
from certs.keys import SoftwareSigner, create_software_key, open_signer
from certs.ports import Entropy

YEAR = 365 * 86400
_SCHEME = "software:"


@dataclass(frozen=True, slots=True)
class PlannedKey:
    """A key that the institution must have. `name` is its file, `years` how long it may sign."""

    name: str
    uscc: str
    purpose: str
    kinds: tuple[int, ...]
    years: int

    def row(self, signer: SoftwareSigner, now: int) -> KeyRow:
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
        path = self._directory / uri.removeprefix(_SCHEME)
        if not path.is_file():
            raise InstanceDamaged(f"{path.name} is missing, and the database knows its key")
        return open_signer(f"{_SCHEME}{path.resolve()}", self.passphrase)

    def open_or_create(self, name: str) -> SoftwareSigner:
        """For a key that no row knows yet. A file left by a run that was cut short is taken up, not replaced."""
        path = (self._directory / f"{name}.key").resolve()
        if path.exists():
            return open_signer(f"{_SCHEME}{path}", self.passphrase)
        return create_software_key(path, self.passphrase(), self._entropy)


def match(rows: Iterable[KeyRow], open_key: Callable[[str], SoftwareSigner]) -> dict[tuple[str, str], SoftwareSigner]:
    """Open every registered key, by (organisation, purpose). Raises InstanceDamaged if a file holds another key."""
    known = list(rows)
    # Opening a key costs scrypt 80 ms on purpose; it releases the interpreter, so eight of them need not take a second.
    with ThreadPoolExecutor(max_workers=4) as pool:
        opened = list(pool.map(open_key, [row.uri for row in known]))
    for row, signer in zip(known, opened, strict=True):
        if signer.kid != row.kid or signer.public_key != row.public_key:
            raise InstanceDamaged(f"the key file of {row.purpose} {row.uscc} holds another key than the database knows")
    return {(row.uscc, row.purpose): signer for row, signer in zip(known, opened, strict=True)}
