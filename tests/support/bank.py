"""What a relying party has: the wheel alone, in an environment with nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(target: Path) -> Path:
    """Build verifier/pyproject.toml into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=ROOT / "verifier", check=True, capture_output=True, timeout=120)
    (built,) = target.glob("*.whl")
    return built


def install_alone(wheel: Path, folder: Path) -> Path:
    """An empty environment with the wheel; gives its bin folder."""
    venv.create(folder, with_pip=False)
    install = ["pip", "--python", str(folder / "bin" / "python"), "install", "-q", "--no-index", "--no-deps"]
    command = [sys.executable, "-m", *install, "--disable-pip-version-check", str(wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "bin"
