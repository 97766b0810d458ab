"""A reader that goes away early gets no traceback and no status that reads as an answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import kit
from verifier.cli import EXIT_OUTPUT


def test_closed_pipe_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "trust.cbor").write_bytes(kit.signed_bundle())
    (tmp_path / "c.mzc").write_bytes(kit.holder_file())
    command = [sys.executable, "-m", "verifier", "--trust", str(tmp_path / "trust.cbor"), "--json"]
    command += [str(tmp_path / "c.mzc")] * 400  # more than a pipe holds
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == EXIT_OUTPUT
