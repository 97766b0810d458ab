"""The arrows between the packages, and what the verifier may not touch."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERIFIER = sorted(p for p in (ROOT / "verifier").rglob("*.py") if "dist" not in p.parts)
# The edge reads clock and files and prints; nothing else does. What only its users may do is in the folder `online`.
EDGE = {f"verifier/{name}.py" for name in ("bulk", "cli", "facade", "inputs", "items", "progress")}
ONLINE = "verifier/online/"
BANNED_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "os.environ",
    "os.getenv",
    "os.system",
    "random.random",
    "secrets.token_bytes",
    "os.urandom",
}
OPTIONAL = ("verifier/hazmat/bls.py", "py_arkworks_bls12381")  # the one accelerator file: the extra `bls`
BANNED_BUILTINS = {"eval", "exec", "open", "input", "print", "__import__", "compile", "breakpoint"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_import_contracts() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout


def test_no_stranger_owns_our_package_names() -> None:
    """`verifier` and `api` are generic: a distribution of that name in the environment could be imported instead."""
    owners = packages_distributions()
    for package in ("api", "certs", "chain", "contracts", "verifier"):
        assert set(owners.get(package, [])) <= {"minzheng-trust"}


@pytest.mark.parametrize("path", VERIFIER, ids=name)
def test_verifier_imports_are_relative_or_standard_library(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            top = module.partition(".")[0]
            if (name(path), top) != OPTIONAL:
                assert top in sys.stdlib_module_names, f"{module} in line {node.lineno}"


PURE = [p for p in VERIFIER if name(p) not in EDGE and not name(p).startswith(ONLINE)]


@pytest.mark.parametrize("path", PURE, ids=name)
def test_verifier_reads_no_clock_environment_or_file(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in BANNED_CALLS, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in BANNED_BUILTINS, f"line {node.lineno}"


@pytest.mark.parametrize("path", VERIFIER, ids=name)
def test_verifier_never_catches_everything(path: Path) -> None:
    """A broad except would turn a slip of ours into a verdict."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            assert not {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} & {"Exception", "BaseException"}


def test_files_stay_small() -> None:
    sizes = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in VERIFIER)
    assert sizes[len(sizes) // 2] <= 150
    assert sizes[-1] <= 600


def test_nothing_that_the_service_imports_raises_the_recursion_limit() -> None:
    """py-evm does, to 100,000: then `[[[[…` in one request overflows the C stack, and the process is gone."""
    code = "import sys; before = sys.getrecursionlimit(); import api.main, api.cli, api.bootstrap; "
    code += "assert 'eth' in sys.modules; print(sys.getrecursionlimit() - before)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
