"""Documents: milliseconds a page for PDF, OFD and the code's picture, warm, of a marriage certificate."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Figure
from certs.documents.codes import code_png
from certs.documents.ofd.writer import render
from certs.documents.pages import page_for
from certs.documents.pdf import code_for_page, render_pdf
from certs.kinds import kind_by_number
from tests.support import kit
from verifier import package
from verifier.code import encode_url

ROUNDS = 30
FACES = Path(__file__).parent / "faces.json"


def _faces() -> list[dict[str, str]]:
    """Faces that differ in every personal value: a typesetter that remembers the last page must not look fast."""
    base = json.loads(FACES.read_text())
    return [
        base | {"holder_name": f"示例{chr(0x4E00 + 7 * i)}", "spouse_name": f"样本{chr(0x5E00 + 11 * i)}",
                "zihao": f"J990101-2025-{i + 1:06d}"}
        for i in range(ROUNDS)
    ]  # fmt: skip


def _best(work: Callable[[int], object]) -> tuple[float, float]:
    """(median, best) milliseconds of one call, over inputs that differ; two calls warm up."""
    taken = []
    for i in range(ROUNDS):
        start = time.perf_counter()
        work(i)
        taken.append(1000 * (time.perf_counter() - start))
    warm = sorted(taken[2:])
    return warm[len(warm) // 2], warm[0]


def figures() -> Iterator[Figure]:
    """Without signing, sealing and the log, which are the same whatever the page shows."""
    kind, mzc = kind_by_number(1), kit.holder_file()
    texts = [encode_url("minzheng.example", kit.statement(kit.claims(cti=bytes([i]) * 16))) for i in range(ROUNDS)]
    pages = [page_for(kind, face, lang="zh-en", specimen=True) for face in _faces()]
    codes = [code_for_page(text) for text in texts]
    median, best = _best(
        lambda i: render_pdf(pages[i], code_text=texts[i], holder_file=mzc, issued_at=1_790_000_000 + i)
    )
    yield Figure("PDF/A-3a of a marriage certificate, median", median, "ms", target="≤ 5", note=f"best {best:.1f}")
    median, best = _best(
        lambda i: package.write(
            render(pages[i], code=codes[i], holder_file=mzc, custom={}, issued_at=1_790_000_000 + i)
        )
    )
    yield Figure("OFD of the same, median, code drawn before", median, "ms", target="≤ 2", note=f"best {best:.1f}")
    median, best = _best(lambda i: code_for_page(texts[i]))
    yield Figure("the code for print, read back, median", median, "ms", target="≤ 2", note=f"best {best:.1f}")
    median, best = _best(lambda i: code_png(texts[i]))
    yield Figure("the code's PNG for a screen, median", median, "ms", target="≤ 2", note=f"best {best:.1f}")
