"""Run every benchmark, print a table, leave out/bench.json."""

from __future__ import annotations

import json
import os
import platform
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import (
    assess,
    audit,
    bulk,
    charity_audit,
    charity_scale,
    charity_service,
    charity_tree,
    codes,
    documents,
    gas,
    http_load,
    imports,
    issue,
    ledger,
    peers,
    status,
    web_page,
)
from bench.measure import Figure


def machine() -> str:
    """One line that says where the figures come from."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return f"{cpu}, {os.cpu_count()} vCPU, Python {platform.python_version()}, {ssl.OPENSSL_VERSION}"


def show(figures: Iterable[Figure], console: Console) -> list[Figure]:
    """Print each figure as it comes; return them all."""
    found = []
    for f in figures:
        found.append(f)
        ratio = f"{f.ratio:.2f} × {f.baseline}" if f.ratio is not None else ""
        target = f"[dim]target {f.target}[/dim]" if f.target else ""
        console.print(f"  {f.name:55} {f.value:>10,.1f} {f.unit:10} {ratio:28} {target} {f.note}")
    return found


PARTS = (
    ("Verification", "assess", assess.figures),
    ("Verification in bulk", "bulk", bulk.figures),
    ("Verification beside others", "peers", peers.figures),
    ("Questions over HTTP, 32 connections", "http", http_load.figures),
    ("Issuing", "issue", issue.figures),
    ("Importing", "import", imports.figures),
    ("Log core, and pymerkle in the same run", "ledger", ledger.figures),
    ("Audit", "audit", audit.figures),
    ("Charity: the line of fen", "charity-tree", charity_tree.figures),
    ("Charity: the public audit", "charity-audit", charity_audit.figures),
    ("Charity ledger, donations over HTTP", "charity", charity_service.figures),
    ("Charity ledger, a large fund", "charity-scale", charity_scale.figures),
    ("Status lists", "status", status.figures),
    ("Code pictures", "codes", codes.figures),
    ("Documents", "documents", documents.figures),
    ("Verify page in Chromium", "page", web_page.figures),
    ("Contract", "gas", gas.figures),
)


def main() -> None:
    """All parts, or those named on the command line: `python -m bench ledger`."""
    console = Console(width=150)
    console.print(Table.grid())
    console.print(f"[bold]{machine()}[/bold]")
    found: list[Figure] = []
    for title, name, part in PARTS:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        console.print(f"\n[bold]{title}[/bold]")
        found += show(part(), console)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(
        json.dumps({"machine": machine(), "figures": [f.as_json() for f in found]}, ensure_ascii=False, indent=1)
    )
    console.print("\nleft in out/bench.json")


main()
