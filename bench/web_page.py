"""The verify page in a headless Chromium: what a check takes, what a browser has to load.

`python -m bench.web_page` prints the same as JSON. Needs the built page (make web) and a Chromium (tests/e2e).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from api.web.routes import is_built
from bench.measure import Figure
from tests.e2e import chromium, pictures, server, world

ROUNDS = 100
BUDGET_KB = 150

# All that the page does with a code once trust bundle and status list are there: twice through the signature, since a
# forged code must not even cause a request, and the status list parsed, inflated and verified anew.
CHECKS = """async ([code, rounds]) => {
  const { TrustBundle, Verifier } = await import('/static/verifier.js');
  const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const bundle = await bytes('/v1/trust-bundle'), list = await bytes('/v1/status-lists/1');
  const trust = new TrustBundle(bundle), at = Math.floor(Date.now() / 1000), times = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const first = new Verifier(trust).assess(code, { at });
    const report = new Verifier(trust, [list]).assess(code, { at });
    times.push(performance.now() - start);
    if (first.levels.L1 !== 'OK' || report.outcome !== 'PASSED') throw new Error(report.reason);
  }
  return times;
}"""

# From the click on "check" to the verdict in the document, with the status list asked of the server.
SCREEN = """async ([code, rounds]) => {
  const times = [], result = document.getElementById('result');
  for (let i = 0; i < rounds; i++) {
    document.getElementById('text').value = code;
    const shown = new Promise((done) => {
      const seen = new MutationObserver(() => { if (result.querySelector('.verdict')) { seen.disconnect(); done(); } });
      seen.observe(result, { childList: true });
    });
    const start = performance.now();
    document.querySelector('#paste button').click();
    await shown;
    times.push(performance.now() - start);
    if (!result.querySelector('.PASSED')) throw new Error('not passed');
    document.getElementById('again').click();
  }
  return times;
}"""

# Compressed bytes of the page and of every asset it has loaded, the decoder's worker included.
WEIGHT = """() => performance.getEntries()
  .filter((e) => e.entryType === 'navigation' || (e.entryType === 'resource' && e.name.includes('/static/')))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


@dataclass(frozen=True)
class Measured:
    """Milliseconds and bytes over the wire."""

    first_check: float
    check: float
    screen: float
    start_bytes: int
    all_bytes: int


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def measure() -> Measured | str:
    """The figures, or why there are none."""
    if not is_built():
        return "the verify page is not built (make web)"
    with tempfile.TemporaryDirectory() as scratch:
        found = chromium.find(Path(scratch))
        if found is None:
            return "no Chromium that starts"
        issued = world.build()
        with server.running(server.application(issued)) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found.executable, args=list(chromium.FLAGS), env=dict(found.environment)
            )
            try:
                return _measure(browser.new_page(), site.url, issued)
            finally:
                browser.close()


def _measure(page: Page, url: str, issued: world.World) -> Measured:
    page.goto(f"{url}/v", wait_until="networkidle")
    start: int = page.evaluate(WEIGHT)
    code = issued.codes["marriage"]
    image = pictures.png(pictures.code_image(code, 300))
    page.set_input_files("#file", {"name": "code.png", "mimeType": "image/png", "buffer": image})
    page.wait_for_selector(".PASSED")
    page.click("#again")
    everything: int = page.evaluate(WEIGHT)
    times: list[float] = page.evaluate(CHECKS, [code, ROUNDS])
    screen: list[float] = page.evaluate(SCREEN, [code, ROUNDS // 4])
    return Measured(times[0], _median(times), _median(screen), start, everything)


def figures() -> Iterator[Figure]:
    """For `python -m bench`."""
    m = measure()
    if isinstance(m, str):
        yield Figure("check of a code in the browser", float("nan"), "ms", target="≤ 50", note=f"not measured: {m}")
        return
    yield Figure(
        "check of a code in the browser, median", m.check, "ms", target="≤ 50", note=f"first {m.first_check:.1f}"
    )
    yield Figure("from click to verdict on the screen, median", m.screen, "ms", note="status list fetched")
    yield Figure("page weight at start", m.start_bytes / 1000, "kB", note="compressed")
    yield Figure(
        "page weight with the QR decoder", m.all_bytes / 1000, "kB", target=f"≤ {BUDGET_KB}", note="compressed"
    )


def main() -> int:
    found = [f.as_json() for f in figures()]
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
