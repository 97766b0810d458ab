"""The organisations' electronic seals: each made once by the maker's key, kept as a file, used for every OFD.

data/seals/<kid of the seal key>.esl     SESeal (GB/T 38540), public: it travels in every document
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.db.repositories.pki import X509Row
from api.db.repositories.trust import KeyRow
from api.db.uow import Database
from api.errors import InstanceDamaged
from api.files import write_once
from api.services.keychoice import current
from api.services.pki import SignerOf
from certs.documents.sealpicture import seal_picture
from certs.documents.view import SealPicture
from certs.ports import Clock, Signer
from certs.seal.object import Picture, SealOrder, make_seal
from verifier.errors import VerifierError
from verifier.ses import Seal

_SM2: Final = 65  # bytes of a public key
SPECIMEN_REGION: Final = "99"
"""Of social credit codes: not assigned in GB/T 2260, so everything of it is a sample and says so."""


@dataclass(frozen=True, slots=True)
class SealKit:
    """What sealing a document takes. `seal`: DER of the SESeal; `certificate`: DER, of the key that `signer` holds."""

    seal: bytes
    certificate: bytes
    signer: Signer = field(repr=False)
    picture: SealPicture = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Found:
    seal_row: KeyRow
    maker_row: KeyRow
    signer: X509Row
    maker: X509Row


class SealService:
    """`names`: what a seal reads, by social credit code. `signer_of` opens a key and takes a thread."""

    def __init__(
        self, database: Database, directory: Path, names: Mapping[str, str], signer_of: SignerOf, clock: Clock
    ) -> None:
        self._database, self._directory, self._names = database, directory, names
        self._signer_of, self._clock = signer_of, clock
        self._kits: dict[bytes, SealKit] = {}

    async def kit(self, uscc: str) -> SealKit:
        """The organisation's seal under its present key. Raises InstanceDamaged, KeyStoreError, SelfCheckFailed."""
        found = await self._find(uscc)
        kit = self._kits.get(found.seal_row.kid)
        if kit is None:
            kit = self._kits[found.seal_row.kid] = await asyncio.to_thread(self._open, uscc, found)
        return kit

    async def _find(self, uscc: str) -> _Found:
        async with self._database.read() as work:
            rows, certificates = await work.trust.keys(), await work.pki.certificates()
        signing = current(rows, self._clock())
        seal = signing.get((uscc, "seal", _SM2))
        maker = next((row for (_, purpose, _), row in signing.items() if purpose == "maker"), None)
        if seal is None or maker is None:
            raise InstanceDamaged("no seal key is in force for this organisation, or no maker's: see `mzt keys list`")
        by_kid = {row.kid: row for row in certificates if row.revoked_at is None}
        if seal.kid not in by_kid or maker.kid not in by_kid:
            raise InstanceDamaged("a seal key has no certificate: run `mzt init`")
        return _Found(seal, maker, by_kid[seal.kid], by_kid[maker.kid])

    def _open(self, uscc: str, found: _Found) -> SealKit:
        name = self._names[uscc]
        picture = seal_picture(name, specimen=uscc[2:4] == SPECIMEN_REGION)
        self._directory.mkdir(mode=0o755, exist_ok=True)
        path = self._directory / f"{found.seal_row.kid.hex()}.esl"
        der = path.read_bytes() if path.is_file() else self._make(uscc, name, picture, found)
        der = write_once(path, der, 0o644)
        try:
            listed = Seal.parse(der).lists(found.signer.der)
        except VerifierError:
            listed = False
        if not listed:
            raise InstanceDamaged(f"seals/{path.name} is not the seal of that key: remove it, and it is made anew")
        return SealKit(der, found.signer.der, self._signer_of(found.seal_row), picture)

    def _make(self, uscc: str, name: str, picture: SealPicture, found: _Found) -> bytes:
        now = self._clock()
        until = min(found.signer.not_after, found.maker.not_after)
        order = SealOrder(
            esid=f"{uscc}-{found.seal_row.kid.hex()}",
            name=name,
            signers=[found.signer.der],
            picture=Picture(picture.png, round(picture.width_mm), round(picture.height_mm)),
            made_at=now,
            valid_from=now,
            valid_until=until,
        )
        return make_seal(order, maker=self._signer_of(found.maker_row), certificate=found.maker.der)
