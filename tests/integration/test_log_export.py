"""The static export: served by nothing but Python's file server, everything verifies from it with `verifier` alone."""

from __future__ import annotations

import base64
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import ExportRefused
from api.services.audit_context import Verifying
from api.services.log_export import Exported, LogExport
from api.settings import Settings
from chain.audit.export import audit_export
from chain.audit.model import Report
from chain.errors import Corrupt
from chain.log.model import LogIdentity
from chain.log.tiles import TileAddress, decode_bundle, encode_address, split_hashes
from tests.support.api_lab import NOW
from tests.support.audit_lab import FIRST_SIZE, make
from verifier.checkpoint import SignedNote
from verifier.merkle import TreeHash, consistency_path, inclusion_path, verify_consistency, verify_inclusion
from verifier.policy import TrustBundle

Get = Callable[[str], bytes]


async def export(settings: Settings, target: Path, identity: LogIdentity | None = None) -> Exported:
    engines = create_engines(settings.database_url)
    identity = identity or LogIdentity(settings.log_origin, TreeHash.SM3)
    try:
        return await LogExport(Database(engines, identity), identity, target).run(lambda *_: None)
    finally:
        await engines.dispose()


@pytest.fixture(scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        return await make(tmp_path_factory.mktemp("export") / "data", patch)


@pytest.fixture(scope="module")
async def files(instance: Settings) -> Path:
    target = instance.data_dir.with_name("log")
    await export(instance, target)
    return target


@pytest.fixture
def get(files: Path) -> Iterator[Get]:
    """GET from a plain file server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(files))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}/"

        def fetch(path: str) -> bytes:
            with urllib.request.urlopen(base + path, timeout=20) as answer:
                return bytes(answer.read())

        yield fetch
        server.shutdown()


class Reader:
    """Nodes of the tree from served tiles, full ones where there is one."""

    def __init__(self, get: Get, tree: TreeHash, size: int) -> None:
        self._get, self._tree, self._size = get, tree, size

    def tile(self, level: int, n: int) -> list[bytes]:
        width = min(256, (self._size >> 8 * level) - 256 * n)
        return split_hashes(self._get(f"tile/{level}/{encode_address(TileAddress(n, width))}"))

    def node(self, level: int, index: int) -> bytes:
        tile_level, rest = divmod(level, 8)
        n, offset = divmod(index << rest, 256)
        row = self.tile(tile_level, n)[offset : offset + (1 << rest)]
        while len(row) > 1:
            row = [self._tree.node(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]


def test_everything_verifies_from_the_served_files(get: Get, instance: Settings) -> None:
    pin = (instance.data_dir / "trust-root.hex").read_text().strip()
    bundle = TrustBundle.parse(get("trust-bundle.cbor"), pin)
    note = SignedNote.parse(get("checkpoint"))
    log = bundle.log(note.checkpoint.origin)
    assert log is not None
    assert note.verify(log.keys[0].name, log.keys[0].key)
    size, root = note.checkpoint.size, note.checkpoint.root
    reader = Reader(get, log.tree, size)
    bodies = [body for n in range(-(-size // 256)) for body in decode_bundle(
        get(f"tile/entries/{encode_address(TileAddress(n, min(256, size - 256 * n)))}")
    )]  # fmt: skip
    assert len(bodies) == size > 600
    for index in (0, 255, 256, 511, 512, size - 1):
        path = inclusion_path(log.tree, index, size, reader.node)
        assert verify_inclusion(log.tree, log.tree.leaf(bodies[index]), index, size, path, root)
        assert not verify_inclusion(log.tree, log.tree.leaf(bodies[index - 1]), index, size, path, root)
    old = SignedNote.parse(get(f"checkpoints/{FIRST_SIZE}")).checkpoint
    proof = consistency_path(log.tree, old.size, size, reader.node)
    assert verify_consistency(log.tree, old.size, old.root, size, root, proof)


def audited(files: Path, instance: Settings) -> Report:
    pin = (instance.data_dir / "trust-root.hex").read_text().strip()
    return audit_export(files, pin, Verifying(1), lambda *_: None, NOW + 7200)


def test_the_audit_of_an_export_is_incomplete_only_for_what_files_cannot_say(files: Path, instance: Settings) -> None:
    report = audited(files, instance)
    assert (report.outcome.value, report.first) == ("incomplete", None)
    unknown = {check.name for check in report.checks if check.unchecked}
    assert unknown == {"anchors", "witnesses"}


def flip(path: Path, at: int = -1) -> bytes:
    held = path.read_bytes()
    at %= len(held)
    path.write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
    return held


@pytest.mark.parametrize(
    ("name", "table", "position"),
    [
        ("tile/0/001", "tile", "0/1"),
        ("tile/0/002.p/145", "tile", "0/002.p/145"),
        ("tile/1/000.p/2", "tile", "1/000.p/2"),
        ("tile/entries/000", "tile", "0/0"),
        (f"checkpoints/{FIRST_SIZE}", "checkpoint", str(FIRST_SIZE)),
        (f"anchors/{FIRST_SIZE}.cbor", "anchors", f"{FIRST_SIZE}.cbor"),
        ("status-lists/1.cbor", "status-lists", "1.cbor"),
        ("trust-bundle.cbor", "log", ""),
    ],
)
def test_a_flipped_bit_of_a_file_is_named(
    files: Path, instance: Settings, name: str, table: str, position: str
) -> None:
    names = sorted(p.relative_to(files).as_posix() for p in files.rglob("*") if p.is_file())
    found = name if name in names else next(n for n in names if n.startswith(name.partition(".p/")[0] + ".p/"))
    held = flip(files / found, 40 if "anchors" in name else -1)
    try:
        first = audited(files, instance).first
    except Corrupt:
        first = None
    finally:
        (files / found).write_bytes(held)
    assert first is not None
    assert first.table in (table, "trust-bundle.cbor")
    assert first.position.partition(".p/")[0] == position.partition(".p/")[0]


def test_a_missing_bundle_is_named(files: Path, instance: Settings) -> None:
    path = files / "tile/entries/001"
    held = path.read_bytes()
    path.unlink()
    report = audited(files, instance)
    path.write_bytes(held)
    assert report.first is not None
    assert (report.first.table, report.first.position) == ("tile/entries", "256")


async def test_a_second_run_writes_nothing_twice_and_a_crash_leaves_the_old_checkpoint(
    instance: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "log"
    await export(instance, target)
    stamps = {p: p.stat().st_mtime_ns for p in target.rglob("*") if p.is_file() and p.name != "checkpoint"}
    again = await export(instance, target)
    assert again.files == 1
    assert stamps == {p: p.stat().st_mtime_ns for p in target.rglob("*") if p.is_file() and p.name != "checkpoint"}
    old = (target / "checkpoints" / str(FIRST_SIZE)).read_bytes()
    (target / "checkpoint").write_bytes(old)  # as a run that died before its last step leaves it
    (target / "tile/0/.002.part").write_bytes(b"half a ti")
    assert (await export(instance, target)).size == again.size
    assert SignedNote.parse((target / "checkpoint").read_bytes()).checkpoint.size == again.size


async def test_another_tree_is_never_mixed_in(instance: Settings, tmp_path: Path) -> None:
    target = tmp_path / "log"
    await export(instance, target)
    note = (target / "checkpoint").read_bytes()
    text = SignedNote.parse(note).checkpoint
    root = base64.b64encode(text.root)
    for changed, why in (
        (note.replace(root, base64.b64encode(bytes(32))), "another tree"),
        (note.replace(b"\n%d\n" % text.size, b"\n99999\n"), "rolled back"),
        (note.replace(text.origin.encode(), b"log.other.example/sm3"), "another log"),
        (b"no note", "not a signed note"),
    ):
        (target / "checkpoint").write_bytes(changed)
        with pytest.raises(ExportRefused, match=why):
            await export(instance, target)
    (target / "checkpoint").write_bytes((target / "checkpoints" / str(FIRST_SIZE)).read_bytes())
    flip(target / "tile/0/001")
    with pytest.raises(ExportRefused, match="tile/0/001 holds other bytes"):
        await export(instance, target)
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "letter.txt").write_text("mine")
    with pytest.raises(ExportRefused, match="something else"):
        await export(instance, strange)
