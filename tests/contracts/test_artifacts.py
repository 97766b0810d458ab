"""The committed artifacts are what the committed sources compile to, and the loader reads nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts import loader
from contracts.loader import ArtifactError, load_artifact

FOLDER = Path(__file__).parents[2] / "contracts"


@pytest.mark.parametrize("name", ["AnchorRegistry", "test/SM3Harness"])
def test_artifact_names_the_committed_sources(name: str) -> None:
    artifact = load_artifact(name)
    assert artifact.compiler.startswith("solc 0.8.37+")
    assert artifact.evm_version == "paris"
    assert len(artifact.deployed_bytecode) < 24_576  # EIP-170
    for file, digest in artifact.source_sha256:
        assert hashlib.sha256((FOLDER / "solidity" / file).read_bytes()).hexdigest() == digest, file


def test_a_fresh_compilation_gives_the_same_bytes() -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules/solc").is_dir():
        pytest.skip("node or the pinned solc is not installed; run npm ci in contracts/")
    run = subprocess.run([node, "build.mjs", "--check"], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_build_refuses_unknown_arguments() -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules/solc").is_dir():
        pytest.skip("node or the pinned solc is not installed; run npm ci in contracts/")
    run = subprocess.run([node, "build.mjs", "--chek"], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "unknown argument --chek" in run.stderr


def test_tools_are_pinned_without_a_registry_host() -> None:
    package = json.loads((FOLDER / "package.json").read_text())
    assert package["devDependencies"] == {"solc": "0.8.37"}
    assert package["optionalDependencies"] == {"@foundry-rs/anvil-linux-amd64": "1.7.1"}
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_errors_are_read_from_the_abi() -> None:
    errors = load_artifact().error_types()
    assert errors["InconsistentHistory"] == ("uint64", "uint64")
    assert errors["AlreadyAnchored"] == ("bytes32", "uint64")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"contractName": "X"}', '{"contractName":"X","compiler":"c","settings":{"evmVersion":"paris"},'
     '"sources":{},"abi":[],"bytecode":"6080","deployedBytecode":"0x60"}'],
)  # fmt: skip
def test_damaged_artifacts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts/X.json").write_text(text)
    monkeypatch.setattr(loader, "files", lambda _package: tmp_path)
    with pytest.raises(ArtifactError, match="artifact of X is damaged"):
        load_artifact("X")
    with pytest.raises(ArtifactError, match="no compiled contract Y"):
        load_artifact("Y")
