"""The trust bundle: made from the key register, signed by the root, numbered, logged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from api.db.repositories.trust import BundleRow, KeyRow
from api.db.uow import Database, Work
from api.errors import NotInitialised
from api.institution import Institution
from api.services.pki import believed
from certs.ports import Clock, Entropy, Signer
from chain.log.model import LogIdentity
from verifier.answerkeys import AnswerKey
from verifier.cose import CoseKey, encode_sign1, sig_structure
from verifier.hazmat.sm3 import sm3
from verifier.labels import CRV_SM2
from verifier.manifest import KindManifest
from verifier.policy import ChainTrust, Issuer, IssuerKey, LogKey, LogTrust, TrustBundle
from verifier.quorum import WitnessPolicy
from verifier.receipt import entry_body, entry_commitment

RENEW_BEFORE = 30 * 86400  # seconds before its end at which a bundle is made anew


@dataclass(frozen=True, slots=True)
class TrustInputs:
    """What a bundle states, beside the key register. `chain` is None while no contract is deployed, `witnesses` without
    a policy."""

    institution: Institution
    identity: LogIdentity
    chain: ChainTrust | None
    lifetime: int
    witnesses: WitnessPolicy | None = None
    earlier_chains: tuple[ChainTrust, ...] = ()  # under validators it had before: their proofs stay good
    kinds: tuple[KindManifest, ...] = ()


class TrustService:
    """Keeps the parsed latest bundle: it is needed by every self-check and every verification."""

    def __init__(self, database: Database, inputs: TrustInputs, root: Signer, clock: Clock, entropy: Entropy) -> None:
        self._database, self._inputs, self._root = database, inputs, root
        self._clock, self._entropy = clock, entropy
        self._lock = asyncio.Lock()
        self._parsed: TrustBundle | None = None
        self.on_change: list[Callable[[], None]] = []

    @property
    def root_fingerprint(self) -> str:
        """What relying parties pin: SM3 of the root's COSE_Key, hexadecimal."""
        return self.bundle.root_fingerprint

    @property
    def bundle(self) -> TrustBundle:
        """Raises NotInitialised before `ensure`."""
        if self._parsed is None:
            raise NotInitialised("no trust bundle yet: run `mzt init`")
        return self._parsed

    async def latest(self) -> BundleRow:
        async with self._database.read() as work:
            row = await work.trust.latest()
        if row is None:
            raise NotInitialised("no trust bundle yet: run `mzt init`")
        return row

    async def ensure(self) -> TrustBundle:
        """The bundle in force, made anew if keys, log or chain changed or it runs out soon."""
        async with self._lock:
            async with self._database.write() as work:
                row = await self._renew(work)
            self._parsed = TrustBundle.parse(row.signed)
        for changed in self.on_change:
            changed()
        return self._parsed

    async def _renew(self, work: Work) -> BundleRow:
        now = self._clock()
        last = await work.trust.latest()
        blank = replace(self._statement(await work.trust.keys(), 0, 0, 1), authorities=await believed(work))
        subject = sm3(blank.encode_payload())
        if last is not None and last.subject == subject and last.expires_at - now > RENEW_BEFORE:
            return last
        sequence = 1 if last is None else last.sequence + 1
        stated = replace(blank, sequence=sequence, issued_at=now, expires=now + self._inputs.lifetime)
        payload, protected = stated.encode_payload(), stated.protected_header()
        signed = encode_sign1(protected, {}, payload, self._root.sign(sig_structure(protected, payload)))
        TrustBundle.parse(signed)  # a bundle that does not verify must not be stored
        salt = self._entropy(32)
        row = BundleRow(sequence, signed, subject, salt, stated.issued_at, stated.expires)
        await work.trust.add(row)
        idem = sm3(b"mz-trust-bundle\x00" + sequence.to_bytes(8, "big"))[:16]
        await work.log.stage(idem, entry_body(entry_commitment(salt, signed)))
        return row

    def _statement(self, keys: Sequence[KeyRow], sequence: int, issued_at: int, expires: int) -> TrustBundle:
        inputs = self._inputs
        issuers = tuple(
            Issuer(o.uscc, o.zh, o.en, tuple(_issuer_key(k) for k in keys if k.uscc == o.uscc and _signs(k)))
            for o in sorted(inputs.institution.organisations, key=lambda o: o.uscc)
            if o.kinds
        )
        log_keys = tuple(
            LogKey(k.cose_key, inputs.identity.origin, k.not_before, k.not_after) for k in keys if k.purpose == "log"
        )
        logs = (LogTrust(inputs.identity.origin, inputs.identity.hash, log_keys),)
        chains = inputs.earlier_chains if inputs.chain is None else (*inputs.earlier_chains, inputs.chain)
        root = CoseKey(CRV_SM2, self._root.public_key)
        answers = tuple(
            AnswerKey(k.uscc, k.cose_key, k.not_before, k.not_after, k.revoked_from)
            for k in keys
            if k.purpose == "answer"
        )
        return TrustBundle(
            sequence, issued_at, expires, root, issuers, logs, chains, inputs.witnesses, inputs.kinds, answers=answers
        )


def _signs(key: KeyRow) -> bool:
    return key.purpose in ("issuer", "status", "seal")


def _issuer_key(key: KeyRow) -> IssuerKey:
    times = (key.not_before, key.not_after)
    lists, seals = key.purpose == "status", key.purpose == "seal"
    return IssuerKey(key.cose_key, *times, frozenset(key.kinds), lists, key.revoked_from, seals)
