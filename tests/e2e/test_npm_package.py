"""The npm package as somebody installs it: packed, installed alone in an empty folder, and asked the golden vectors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import jsonschema_rs
import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"
VECTORS = ROOT / "tests" / "golden" / "assess"

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None or not (WEB / "node_modules" / "esbuild").exists(),
    reason="no npm, or `make web` not run",
)


def node(folder: Path, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        arguments, cwd=folder, input=given, capture_output=True, encoding="utf-8", check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(node(WEB, "node", "npm/pack.mjs", str(tmp_path_factory.mktemp("npm"))).strip())


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "package.json").write_text('{"type":"module","private":true}')
    node(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", str(tarball))
    shutil.copy(Path(__file__).with_name("npm_vectors.mjs"), folder / "run.mjs")
    return folder


def test_package_is_small_and_needs_nothing(tarball: Path) -> None:
    assert tarball.stat().st_size < 120_000
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
        listed = json.load(archive.extractfile("package/package.json"))  # type: ignore[arg-type]
    assert names == {"package.json", *listed["files"]}
    assert not {"dependencies", "scripts", "peerDependencies"} & listed.keys()


def chosen() -> list[dict[str, object]]:
    """A vector of every reason, none with an observation of an anchor, which `verify` does not take."""
    found: dict[str, list[dict[str, object]]] = {}
    for path in sorted(VECTORS.glob("*.json")):
        vector = json.loads(path.read_text())
        if not vector["anchor_b64"]:
            found.setdefault(vector["expected"]["reason"], []).append(vector)
    return [vector for group in found.values() for vector in group[:1]]


def test_installed_package_answers_as_the_wheel_does(installed: Path) -> None:
    vectors = chosen()
    assert len(vectors) > 30
    out = node(installed, "node", "run.mjs", given="".join(json.dumps(v) + "\n" for v in vectors)).splitlines()
    exported, reports = json.loads(out[0]), [json.loads(line) for line in out[1:]]
    assert [{"outcome": r["outcome"], "reason": r["reason"]} for r in reports] == [v["expected"] for v in vectors]
    schema = jsonschema_rs.validator_for(json.loads((ROOT / "verifier" / "report.schema.json").read_text("utf-8")))
    assert [e.message for r in reports for e in schema.iter_errors(r)] == []
    types = (WEB / "npm" / "index.d.ts").read_text("utf-8")
    assert sorted(re.findall(r"^export (?:class|function|const) (\w+)", types, re.MULTILINE)) == exported


def test_types_are_those_of_the_schema() -> None:
    """Every member of the report's schema is in the types, and none else."""
    types = (WEB / "npm" / "index.d.ts").read_text("utf-8")
    report = types.partition("export interface Report {")[2].partition("\n}")[0]
    members = re.findall(r"^  (\w+)\??:", report, re.MULTILINE)
    schema = json.loads((ROOT / "verifier" / "report.schema.json").read_text("utf-8"))
    assert set(members) == set(schema["properties"]) - {"input"}
