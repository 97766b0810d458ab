"""A real instance for browser tests: made, filled and served by `mzt`."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from verifier.credential import HolderFile

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instance:
    """A serving process, what it issued, and where it writes its log."""

    url: str
    certificates: dict[str, dict[str, Any]]  # "man", "woman" (withdrawn), "donation"
    file: bytes
    log: Path
    directory: Path

    def issue(self, kind: str, slug: str) -> str:
        """The first certificate of examples/<kind>.csv; its identifier."""
        record = {"kind": kind, "record": first_row(f"{kind}.csv")}
        headers = headers_of(self.directory, slug)
        answer = httpx.post(f"{self.url}/v1/certificates", json=record, headers=headers, timeout=60)
        return str(answer.raise_for_status().json()["certificates"][0]["cti"])

    def document(self, wanted: dict[str, Any], cti: str | None = None, slug: str = "registry-990101") -> bytes:
        """A certificate as PDF or OFD, from its issuer; the man's by default."""
        body = {"cti": cti or self.certificates["man"]["cti"], **wanted}
        headers = headers_of(self.directory, slug)
        answer = httpx.post(f"{self.url}/v1/certificates/document", json=body, headers=headers, timeout=60)
        return answer.raise_for_status().content


def first_row(name: str) -> dict[str, str]:
    with (ROOT / "examples" / name).open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.DictReader(lines))


def wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = re.search(r"(http://127\.0\.0\.1:\d+)/v", log.read_text(errors="replace"))
        if found:
            return found[1]
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)
    raise AssertionError("mzt serve did not say where it listens")


def headers_of(directory: Path, slug: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(directory / 'tokens' / f'{slug}.token').read_text().strip()}"}


def fill(url: str, directory: Path) -> tuple[dict[str, dict[str, Any]], bytes]:
    """Issue a marriage and a donation, withdraw one spouse's certificate, fetch the other's file."""
    registry, charity = headers_of(directory, "registry-990101"), headers_of(directory, "charity-990001")
    with httpx.Client(base_url=url, timeout=60) as client:

        def post(path: str, content: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
            return client.post(path, json=content, headers=headers).raise_for_status()

        record = {"kind": "marriage", "record": first_row("marriage-registrations.csv")}
        found = {c["role"]: c for c in post("/v1/certificates", record, registry).json()["certificates"]}
        donated = post("/v1/donations", {"record": first_row("donations.csv")}, charity).json()["certificates"]
        post("/v1/certificates/revoke", {"cti": [found["woman"]["cti"]], "reason": "re-issued"}, registry)
        deadline = time.monotonic() + 60
        while True:  # until the log has sequenced and signed, and the list has been published
            file = post("/v1/certificates/file", {"cti": found["man"]["cti"]}, registry).content
            answer = client.post("/v1/verify", json={"code": found["woman"]["code"]}).raise_for_status().json()
            if HolderFile.parse(file).receipts and answer["reason"] == "STATUS_NOT_VALID":
                return {**found, "donation": donated[0]}, file
            assert time.monotonic() < deadline, "no receipt, or the withdrawal was not published"
            time.sleep(0.3)


@contextmanager
def running(directory: Path) -> Iterator[Instance]:
    """An instance in that folder until the block ends."""
    settings = {"MZ_DATA_DIR": str(directory / "data"), "MZ_PORT": "0", "MZ_PUBLISH_SECONDS": "1", "COLUMNS": "200"}
    log = directory / "serve.log"
    with log.open("wb") as sink:
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=sink, stderr=sink)
    try:
        url = wait_for_address(log, process)
        certificates, file = fill(url, directory / "data")
        yield Instance(url, certificates, file, log, directory / "data")
    finally:
        process.terminate()
        process.wait(timeout=30)
