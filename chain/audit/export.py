"""The audit of a static export: what anybody can do who has the files and the pin of the trust root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from chain.audit.anchors import DAY
from chain.audit.catalogue import LEDGER, REGISTER
from chain.audit.cosignatures import check_cosignatures, check_proofs
from chain.audit.files import ExportFiles
from chain.audit.ledger import LedgerPass
from chain.audit.model import Checks, Report
from chain.audit.notes import LogKeys, check_notes
from chain.audit.ports import CheckpointRow, CosignatureRow, Job, Progress, ProofFact, Verify
from chain.audit.tree import Tree
from chain.log.tiles import encode_address
from verifier.anchor import AnchorObservation
from verifier.checkpoint import SignedNote
from verifier.cose import sig_structure
from verifier.cosignature import Cosignature, cosigner_key_id
from verifier.errors import Malformed, VerifierError
from verifier.finality.proof import AnchorProof
from verifier.policy import TrustBundle
from verifier.quorum import WitnessPolicy
from verifier.status_list import StatusList

_ALSO: Final = frozenset({"status lists"})
_NOT_HERE: Final = frozenset({"schema", "head"})
CATALOGUE: Final = (
    *(row for row in LEDGER if row[1] not in _NOT_HERE),
    *(row for row in REGISTER if row[1] in _ALSO),
    (5, "head", "the newest checkpoint is that of all files"),
)


def audit_export(directory: Path, pin: str | None, verify: Verify, progress: Progress, now: int) -> Report:
    """Every check that the files allow; `now` in seconds UTC. Raises Corrupt if there is no checkpoint to go by."""
    files, checks = (
        ExportFiles(directory),
        Checks(CATALOGUE),
    )
    origin = files.note.checkpoint.origin
    bundle = _bundle(directory, pin, checks)
    log = None if bundle is None else bundle.log(origin)
    if log is None:
        checks["log"].fault("trust-bundle.cbor", "", "logs", "does not name the log of the checkpoint")
        for check in checks.all():
            if check.name not in ("log", "trust bundles"):
                check.cannot("without the log's hash and keys nothing can be derived")
        return Report(f"export {directory.name}", origin, now, files.size, b"", 0, checks.all())
    assert bundle is not None
    checks["log"].counted += 1
    walk = LedgerPass(log.tree, files, checks, progress, total=files.size)
    walk.run(0)
    good = walk.size == files.size
    checks["entries"].expect(good, "tile/entries", walk.size, "", "missing, short or unreadable from here on")
    good = (walk.size, walk.root) == (files.size, files.note.checkpoint.root)
    checks["head"].expect(good, "checkpoint", files.size, "root", "differs from the entries'")
    _partial(files, walk.tree, checks)
    check_notes(LogKeys(origin, log.tree, log.keys), files.checkpoints(0), checks, verify)
    rows = {row.size: row for row in files.checkpoints(0)}
    _cosignatures(rows, bundle.witnesses, checks, verify, now)
    checks["witnesses"].cannot("an export cannot be compared with what witnesses remember: ask them")
    _anchors(directory, rows, bundle, checks, origin)
    _status_lists(directory, bundle, checks, verify, now)
    return Report(f"export {directory.name}", origin, now, walk.size, walk.root, 0, checks.all())


def _bundle(directory: Path, pin: str | None, checks: Checks) -> TrustBundle | None:
    check = checks["trust bundles"]
    try:
        check.counted += 1
        found = TrustBundle.parse((directory / "trust-bundle.cbor").read_bytes(), pin)
    except (OSError, VerifierError) as error:
        check.fault("trust-bundle.cbor", "", "", f"does not verify ({type(error).__name__})")
        return None
    if pin is None:
        check.cannot("no root was pinned: the bundle vouches for itself")
    return found


def _partial(files: ExportFiles, tree: Tree, checks: Checks) -> None:
    """Partial tiles of the newest checkpoint, from the entries and from the full tiles below."""
    check = checks["tiles"]
    for level, address, data in files.partial_tiles():
        place = f"{level}/{encode_address(address)}"
        check.counted += 1
        wanted = _hashes(files, tree, level, address.start, address.stop)
        if data is None:
            check.fault("tile", place, "", "missing")
        elif wanted is not None:
            check.expect(data == wanted, "tile", place, "data", "differs from the entries'")


def _hashes(files: ExportFiles, tree: Tree, level: int, start: int, stop: int) -> bytes | None:
    if level == 0:
        bodies = [body for page in files.entries(start) for _, _, body, _ in page][: stop - start]
        return b"".join(map(tree.leaf, bodies)) if len(bodies) == stop - start else None
    roots = []
    for row in files.tiles(level - 1, start):
        hashes = [row.data[i : i + 32] for i in range(0, len(row.data), 32)]
        roots.append(tree.block(hashes).root)
    return b"".join(roots) if len(roots) == stop - start else None


def _cosignatures(
    rows: Mapping[int, CheckpointRow], policy: WitnessPolicy | None, checks: Checks, verify: Verify, now: int
) -> None:
    """Lines of the notes, as rows. Lines of strangers prove nothing and are left out."""
    found: list[CosignatureRow] = []
    ids = {} if policy is None else {cosigner_key_id(w.name, w.key): w.name for w in policy.witnesses}
    for size, row in sorted(rows.items()):
        try:
            lines = [line for line in SignedNote.parse(row.note).signatures if ids.get(line.key_id) == line.name]
            for c in map(Cosignature.from_line, lines):
                found.append(CosignatureRow(size, c.name, c.key_id, c.signature, c.time))
        except Malformed:
            continue  # the check of the notes has named it

    def find(sizes: Sequence[int]) -> Mapping[int, CheckpointRow]:
        return {size: rows[size] for size in sizes if size in rows}

    policies = [] if policy is None else [policy]
    check_cosignatures(iter(found), policies, find, checks["cosignatures"], verify, as_of=now)


def _anchors(
    directory: Path, rows: Mapping[int, CheckpointRow], bundle: TrustBundle, checks: Checks, origin: str
) -> None:
    """Observations fit the checkpoints; proofs prove them. Without a proof an observation is the operator's word."""
    check, proofs = checks["anchors"], list[ProofFact]()
    known = {(c.chain_id, c.contract) for c in bundle.chains}
    for path in sorted(directory.glob("anchors/*.cbor")):
        name, proof = path.name, path.name.endswith(".proof.cbor")
        try:
            if proof:
                said = AnchorProof.parse(path.read_bytes())
                proofs.append(ProofFact(said.size, said.chain_id, said.contract, path.read_bytes()))
                continue
            seen = AnchorObservation.parse(path.read_bytes())
        except VerifierError as error:
            checks["anchor proofs" if proof else "anchors"].fault("anchors", name, "", str(error))
            continue
        check.counted += 1
        check.expect(name == f"{seen.size}.cbor", "anchors", name, "size", "differs from the name")
        check.expect(seen.origin == origin, "anchors", name, "origin", "is another log's")
        check.expect((seen.chain_id, seen.contract) in known, "anchors", name, "contract", "no trust bundle names it")
        row = rows.get(seen.size)
        good = row is not None and row.root == seen.root
        check.expect(good, "anchors", name, "root", "is not that of a checkpoint here")
        if not path.with_name(f"{seen.size}.proof.cbor").is_file():
            check.cannot("observations without a proof are the operator's word: ask the chain")

    def find(sizes: Sequence[int]) -> Mapping[int, CheckpointRow]:
        return {size: rows[size] for size in sizes if size in rows}

    check_proofs(iter(proofs), bundle.chains, find, checks["anchor proofs"], origin=origin)


def _status_lists(directory: Path, bundle: TrustBundle, checks: Checks, verify: Verify, now: int) -> None:
    """Signed by a key that the bundle allows for it, and not too old."""
    check = checks["status lists"]
    for path in sorted(directory.glob("status-lists/*.cbor")):
        check.counted += 1
        name = path.name
        try:
            parsed = StatusList.parse(path.read_bytes())
        except VerifierError as error:
            check.fault("status-lists", name, "", str(error))
            continue
        check.expect(parsed.uri.rpartition("/")[2] == path.stem, "status-lists", name, "uri", "differs from the name")
        key = bundle.issuer_key(parsed.iss, parsed.sign1.kid)
        if key is None or not key.status_lists or not key.not_before <= parsed.iat < key.not_after:
            check.fault("status-lists", name, "", "no key of the trust bundle could sign it then")
            continue
        message = sig_structure(parsed.sign1.protected, parsed.sign1.payload or b"")
        (good,) = verify([Job(key.key.crv, key.key.public, parsed.sign1.signature, message)])
        check.expect(good, "status-lists", name, "", "signature does not verify")
        check.expect(now < parsed.exp, "status-lists", name, "exp", f"has run out {(now - parsed.exp) // DAY} days ago")
