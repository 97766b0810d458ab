"""The audit of a database: every check of the catalogue, from one snapshot, the chain and the witnesses.

Reads only. The parts that need no key say what anybody could find out from the data; those that need the instance's
keys (sealed salts, keyed hashes) are INCOMPLETE without them and never left out in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from api.db.audit_reader import SqlLedger, logs
from api.db.audit_schema import check_file, check_schema
from api.db.log_tables import checkpoint
from api.db.tables import status_publication
from api.institution import Institution
from api.services.audit_accesses import ACCESSES, PURPOSES, check_accesses, check_purposes
from api.services.audit_charity import BOOKS, check_charity_books
from api.services.audit_charity_donations import DONATIONS, check_charity_donations
from api.services.audit_charity_epochs import EPOCHS, check_charity_epochs
from api.services.audit_charity_money import MONEY, check_charity_money
from api.services.audit_clients import check_clients
from api.services.audit_consents import CONSENTS, HOLDERS, check_consents, check_holders
from api.services.audit_context import Bundle, Context, Secrets, Verifying
from api.services.audit_erasure import check_erasures
from api.services.audit_imports import CASES, IMPORTS, check_cases, check_imports
from api.services.audit_register import check_certificates, check_events, check_totals
from api.services.audit_registrations import check_registrations
from api.services.audit_renditions import check_renditions
from api.services.audit_rest import check_answers, check_foreign, read_staged
from api.services.audit_status import check_bits, check_lists
from api.services.audit_traces import check_traces
from api.services.audit_trust import check_bundles, check_keys, check_parties, read_bundles
from api.services.audit_webhooks import check_webhooks
from api.services.audit_x509 import check_x509
from chain.anchor.evm_audit import read_anchor_tx
from chain.audit.anchors import ChainView, Seen, check_anchors, check_witnesses
from chain.audit.catalogue import ALL
from chain.audit.cosignatures import check_cosignatures, check_proofs
from chain.audit.ledger import LedgerPass
from chain.audit.model import Checks, Report
from chain.audit.notes import LogKeys, check_notes
from chain.audit.ports import CheckpointRow, Progress
from verifier.merkle import TreeHash
from verifier.policy import ChainTrust, LogTrust


@dataclass(frozen=True, slots=True)
class Since:
    """Begin at the largest checkpoint of at most `size` entries, or signed by `time` (seconds UTC)."""

    size: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an audit is told beside the database. `now` None: a backup, judged at the last second that it knows of.

    `chain` and `seen` are what was read from outside, `silent` why it was not; `broken`: what contradicts itself there,
    such as an embedded chain's journal. `pin`: fingerprint of the trust root.
    """

    source: str
    origin: str
    now: int | None
    pin: str | None = None
    secrets: Secrets | None = None
    institution: Institution | None = None
    keys_directory: Path | None = None
    chain: ChainView | None = None
    silent: str = "the chain was not asked"
    broken: str = ""
    seen: Sequence[Seen] = ()
    since: Since | None = None
    publish_within: int = 3600


def audit(connection: Connection, inputs: Inputs, verify: Verifying, progress: Progress) -> Report:
    """Run every check. A file that cannot be read further is a fault of the check that was reading it."""
    checks, run = Checks(ALL), None
    try:
        run = _Audit(connection, inputs, checks, verify, progress)
        run.ledger()
        run.register()
    except DatabaseError as error:
        checks["schema"].fault("database", "", "", f"cannot be read further: {type(error.orig).__name__}")
    walk = None if run is None else run.walk
    size, root = (0, b"") if walk is None else (walk.size, walk.root)
    as_of, base = (0, 0) if run is None else (run.as_of, run.base)
    for check in checks.all():
        if run is None or check.name not in run.done:
            check.cannot("what it hangs on is missing")
    return Report(inputs.source, inputs.origin, as_of, size, root, base, checks.all())


class _Audit:
    def __init__(
        self, connection: Connection, inputs: Inputs, checks: Checks, verify: Verifying, progress: Progress
    ) -> None:
        self._connection, self._inputs, self._checks = connection, inputs, checks
        self._verify, self._progress = verify, progress
        self.walk: LedgerPass | None = None
        self.as_of = inputs.now or 0
        self.base = 0
        self.done: set[str] = set()
        self._context: Context | None = None

    # -- log, checkpoints, witnesses, anchors

    def ledger(self) -> None:
        """From the schema to the witnesses; leaves a context for the register if there is enough to go on."""
        inputs, checks = self._inputs, self._checks
        if not self._readable():
            return
        self.as_of = self._as_of()
        self._did("trust bundles")
        bundles = read_bundles(self._connection, checks["trust bundles"], inputs.pin)
        trusted = [log for b in bundles for log in b.parsed.logs if log.origin == inputs.origin]
        mine = self._log(trusted)
        if mine is None:
            return
        ledger, tree = mine
        start = self._start(ledger)
        walk = self._walk(ledger, tree, start)
        if walk is None:
            return
        since = 0 if start is None else start.size
        keys = LogKeys(inputs.origin, tree, tuple({k.key.kid: k for log in trusted for k in log.keys}.values()))
        self._did("checkpoints")
        check_notes(keys, ledger.checkpoints(since), checks, self._verify)
        if not bundles:
            return
        self._others(ledger, bundles, since, walk.size)
        self._context = Context(
            self._connection, ledger, checks, bundles, self._verify, self._progress, self.as_of,
            walk.tree.leaf, walk.size, self.base, inputs.secrets, inputs.institution, inputs.keys_directory,
            inputs.publish_within,
        )  # fmt: skip

    def _readable(self) -> bool:
        """Whether tables, columns and types are such that rows can be read; nothing is guessed."""
        self._did("schema")
        check = self._checks["schema"]
        check_schema(self._connection, check)
        return not any(f.field or f.table in ("alembic_version", "table") for f in check.first)

    def _walk(self, ledger: SqlLedger, tree: TreeHash, start: CheckpointRow | None) -> LedgerPass | None:
        """The pass over the log; None if there is nothing to stand on."""
        head = ledger.head()
        walk = LedgerPass(tree, ledger, self._checks, self._progress, total=0 if head is None else head.size)
        self.walk = walk
        self._did("entries", "tiles", "head")
        if start is not None and not walk.resume(start):
            return None
        self.base = walk.size
        walk.run(0 if start is None else start.size)
        twice = ledger.repeated_idem()
        self._checks["entries"].expect(twice is None, "entry", twice, "idem", "stands for two entries")
        return walk

    def _others(self, ledger: SqlLedger, bundles: Sequence[Bundle], since: int, size: int) -> None:
        """Whoever else has signed or remembers: witnesses, validators, the chain."""
        checks = self._checks
        policies = [b.parsed.witnesses for b in bundles if b.parsed.witnesses is not None]
        self._did("cosignatures", "anchor proofs", "witnesses", "anchors")
        lines, find = ledger.cosignatures(since), ledger.checkpoints_of
        check_cosignatures(lines, policies, find, checks["cosignatures"], self._verify, as_of=self.as_of)
        chains = [c for b in bundles for c in b.parsed.chains]
        check_proofs(ledger.proofs(), chains, find, checks["anchor proofs"], origin=self._inputs.origin)
        self._outside(ledger, chains, size, watched=bool(policies))

    def register(self) -> None:
        """Everything that hangs on the register's own tables."""
        context = self._context
        if context is None:
            return
        for name, work in (
            ("outbox", read_staged),
            ("trust bundles", check_bundles),
            ("certificates", check_certificates),
            ("status events", check_events),
            ("status bits", check_bits),
            ("status lists", check_lists),
            ("registrations", check_registrations),
            ("renditions", check_renditions),
            ("erasures", check_erasures),
            ("clients", check_clients),
            (ACCESSES, check_accesses),
            (PURPOSES, check_purposes),
            (HOLDERS, check_holders),
            (CONSENTS, check_consents),
            (CONSENTS, check_traces),
            (BOOKS, check_charity_books),
            (EPOCHS, check_charity_epochs),
            (DONATIONS, check_charity_donations),
            (MONEY, check_charity_money),
            ("foreign entries", check_foreign),
            ("donation totals", check_totals),
            ("keys", check_keys),
            ("x509", check_x509),
            ("parties", check_parties),
            ("answers", check_answers),
            (IMPORTS, check_imports),
            (CASES, check_cases),
            ("webhooks", check_webhooks),
        ):
            self._did(name)
            work(context)
        self._did("look-ups", "file")
        check_file(self._connection, self._checks["file"])

    def _did(self, *names: str) -> None:
        self.done.update(names)
        self._progress(names[0], 0, None)

    def _as_of(self) -> int:
        if self._inputs.now is not None:
            return self._inputs.now
        signed = self._connection.scalar(select(func.max(checkpoint.c.signed_at))) or 0
        published = self._connection.scalar(select(func.max(status_publication.c.issued_at))) or 0
        return max(signed, published)

    def _log(self, trusted: Sequence[LogTrust]) -> tuple[SqlLedger, TreeHash] | None:
        """The log's rows, and the hash that the signed bundle says; None if there is no such log."""
        self._did("log")
        check, found = self._checks["log"], logs(self._connection)
        check.counted += len(found)
        mine = next((row for row in found if row.origin == self._inputs.origin), None)
        if mine is None:
            check.fault("log", "", "origin", "no log of this origin")
            return None
        ledger, known = SqlLedger(self._connection, mine.log_id), {tree.value: tree for tree in TreeHash}
        check.expect(bool(trusted), "log", mine.log_id, "origin", "no trust bundle names this log")
        if not check.expect(
            mine.hash_alg in known, "log", mine.log_id, "hash_alg", "is no hash that this release knows"
        ):
            return None
        good = all(log.tree.value == mine.hash_alg for log in trusted)
        check.expect(good, "log", mine.log_id, "hash_alg", "differs from the trust bundle's")
        if ledger.head() is None:
            check.fault("log", mine.log_id, "log_id", "has no head: its rows are under another number")
            return None
        if len(found) > 1:
            check.note(f"{len(found) - 1} other logs in this database are not audited by this run")
        return ledger, trusted[-1].tree if trusted else known[mine.hash_alg]

    def _start(self, ledger: SqlLedger) -> CheckpointRow | None:
        since = self._inputs.since
        if since is None:
            return None
        found = ledger.start_at(since.size, since.time)
        check = self._checks["entries"]
        if found is None:
            check.note("no checkpoint is that old: everything is checked")
        else:
            edge = found.size - found.size % 256
            check.note(
                f"from checkpoint {found.size} on: entries before {edge}, their tiles and records are not re-checked"
            )
        return found

    def _outside(self, ledger: SqlLedger, chains: Sequence[ChainTrust], size: int, *, watched: bool) -> None:
        """Chain and witnesses. Whoever could not be asked makes the audit incomplete."""
        inputs, check = self._inputs, self._checks["anchors"]
        if inputs.broken:
            check.fault("chain", "", "journal", inputs.broken)
        elif inputs.chain is None:
            check.cannot(inputs.silent)
        seen, chain = inputs.seen, inputs.chain
        if inputs.now is None:  # a backup: the outside has gone on since, and should have
            chain = None if chain is None else replace(chain, before=min(chain.before, ledger.largest_anchor()))
            seen = [s for s in seen if s.failed or s.size <= size]
        known = frozenset((c.chain_id, c.contract) for c in chains)
        rows, find = ledger.anchors(), ledger.checkpoints_of
        check_anchors(rows, find, chain, known, read_anchor_tx, check, origin=inputs.origin)
        witnesses = self._checks["witnesses"]
        if watched and not inputs.seen:
            witnesses.cannot("witnesses were not asked")
        roots = {size: row.root for size, row in ledger.checkpoints_of([s.size for s in seen]).items()}
        check_witnesses(seen, size, roots.get, witnesses)
