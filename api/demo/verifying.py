"""Step 4 of the demo: every file and every code, three ways; then everything that must not pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from api.chainlink import unreachable
from api.demo import forging
from api.demo.checks import FAILED, INDETERMINATE, NOT_VALID, OK, PASSED, SINGLE, Check, Expected
from api.demo.making import REVOKED_STEM, Item
from api.demo.stranger import Client, Desk, Verdict, serving
from api.files import write_whole
from api.main import create_app
from api.services.anchors import AnchorService
from api.services.service import Service
from api.services.verification import VerificationService
from certs.documents.codes import read_code

Progress = Callable[[], None]


def _expected(item: Item) -> Expected:
    return OK if item.valid else NOT_VALID


def _checks(group: str, names: Iterable[str], expected: Iterable[Expected], verdicts: Iterable[Verdict]) -> list[Check]:
    rows = zip(names, expected, verdicts, strict=True)
    return [Check(group, name, wanted, *verdict) for name, wanted, verdict in rows]


def decode_codes(items: Sequence[Item], out: Path) -> list[str]:
    """The codes as a scanner reads them: from the pictures, not from our memory."""
    codes = []
    for item in items:
        with Image.open(out / item.folder / f"{item.stem}.png") as picture:
            codes.append(read_code(picture))
    return codes


def offline(items: Sequence[Item], codes: Sequence[str], out: Path) -> list[Check]:
    """`mz-verify` on every file, at its default level, at L4 and at L5, and on every code."""
    desk = Desk(out / "trust-bundle.cbor", (out / "status-list.cbor",))
    anchored = replace(desk, anchors=(out / "anchor.cbor",), level="L5")
    names = [f"{item.folder}/{item.stem}" for item in items]
    files = [str(out / item.folder / f"{item.stem}.mzc") for item in items]
    wanted = [_expected(item) for item in items]
    valid = [name for name, item in zip(names, items, strict=True) if item.valid]
    pdf, ofd = ([str(out / f"{name}.{suffix}") for name in valid] for suffix in ("pdf", "ofd"))
    return [
        *_checks("mz-verify, PDF", valid, [OK] * len(valid), desk.verify(pdf)),
        *_checks("mz-verify, OFD with e-seal", valid, [OK] * len(valid), desk.verify(ofd)),
        *_checks("mz-verify, file", names, wanted, desk.verify(files)),
        *_checks("mz-verify, file, witnessed (L4)", names, wanted, replace(desk, level="L4").verify(files)),
        *_checks("mz-verify, file, anchored (L5)", names, wanted, anchored.verify(files)),
        *_checks("mz-verify, code from picture", names, wanted, desk.verify(codes)),
    ]


async def through_api(service: Service, items: Sequence[Item], codes: Sequence[str], out: Path) -> list[Check]:
    """The same over HTTP, with what the server knows; then with the chain switched off."""
    names = [f"{item.folder}/{item.stem}" for item in items]
    wanted = [_expected(item) for item in items]
    files = [(out / item.folder / f"{item.stem}.mzc").read_bytes() for item in items]
    async with serving(create_app(service)) as port:
        by_file, by_code = await asyncio.to_thread(_ask_all, port, files, codes)
    checks = [
        *_checks("API, file, anchored (L5)", names, wanted, by_file),
        *_checks("API, code", names, wanted, by_code),
    ]
    return checks + await _chain_off(service, next(f for f, i in zip(files, items, strict=True) if i.valid))


def _ask_all(port: int, files: Sequence[bytes], codes: Sequence[str]) -> tuple[list[Verdict], list[Verdict]]:
    client = Client(port)
    try:
        return [client.verify_file(data, "L5") for data in files], [client.verify_code(code) for code in codes]
    finally:
        client.close()


async def _chain_off(service: Service, good: bytes) -> list[Check]:
    link = unreachable(service.chain.capabilities())
    anchors = AnchorService(service.database, service.identity, link.port, service.clock)
    verification = VerificationService(service.database, service.identity, service.trust, anchors, service.clock)
    dark = replace(service, chain=link.port, anchors=anchors, verification=verification)
    try:
        async with serving(create_app(dark)) as port:
            at_l5, at_l3 = await asyncio.to_thread(_ask_dark, port, good)
    finally:
        link.close()
    return [
        Check(SINGLE, "the chain switched off, L5 asked for", Expected(INDETERMINATE, "ANCHOR_MISSING"), *at_l5),
        Check(SINGLE, "the chain switched off, L3 asked for", OK, *at_l3),
    ]


def _ask_dark(port: int, good: bytes) -> tuple[Verdict, Verdict]:
    client = Client(port)
    try:
        return client.verify_file(good, "L5"), client.verify_file(good, "L3")
    finally:
        client.close()


def negative(service: Service, items: Sequence[Item], codes: Sequence[str], out: Path) -> list[Check]:
    """What must go wrong, each with the outcome and reason that it must have."""
    now = service.clock()
    folder = out / "negative"
    good, other = [item for item in items if item.folder == "certificates" and item.valid][:2]
    revoked = next(item for item in items if item.stem == REVOKED_STEM)
    path = {item.stem: out / item.folder / f"{item.stem}.mzc" for item in (good, other, revoked)}
    data, second = path[good.stem].read_bytes(), path[other.stem].read_bytes()
    code = codes[items.index(good)]
    authority = service.makers.authorities[good.certificate.issuer]
    desk = Desk(out / "trust-bundle.cbor", (out / "status-list.cbor",))
    forging.other_anchor(out / "anchor.cbor", folder / "anchor-other-root.cbor")
    forged = {
        "changed-byte": forging.changed_byte(data),
        "changed-disclosure": forging.changed_disclosure(data),
        "unknown-issuer": forging.unknown_issuer(data, now),
        "wrong-kind": forging.wrong_kind(data, authority, now),
        "other-log": forging.other_log(data, now),
        "borrowed-receipt": forging.borrowed_receipt(data, second),
        "without-receipt": forging.without_receipt(data),
    }
    for name, content in forged.items():
        write_whole(folder / f"{name}.mzc", content)
    documents = forging.documents(out / good.folder / good.stem, out / other.folder / other.stem, folder)

    def check(name: str, at: Desk, given: str, outcome: str, reason: str) -> Check:
        return Check(SINGLE, name, Expected(outcome, reason), *at.verify([given])[0])

    def file(name: str) -> str:
        return str(folder / f"{name}.mzc")

    genuine = str(path[good.stem])
    stale = replace(desk, at=now + service.settings.schedule.status_life + 60)
    code_desk = replace(desk, level="L1")
    l5 = replace(desk, level="L5")
    forked = replace(l5, anchors=(folder / "anchor-other-root.cbor",))
    return [
        check("a changed byte", desk, file("changed-byte"), FAILED, "SIGNATURE_INVALID"),
        check("a changed disclosure", desk, file("changed-disclosure"), FAILED, "DISCLOSURE_INVALID"),
        *(check(name, desk, str(path), *expected) for name, path, expected in documents),
        check("a revoked certificate", desk, str(path[revoked.stem]), FAILED, "STATUS_NOT_VALID"),
        check("a key not allowed for that kind", code_desk, file("wrong-kind"), FAILED, "KEY_NOT_ALLOWED_FOR_KIND"),
        check("the receipt of another certificate", desk, file("borrowed-receipt"), FAILED, "RECEIPT_INVALID"),
        check("an anchor with another root", forked, genuine, FAILED, "ANCHOR_MISMATCH"),
        check("a changed character in a code", desk, forging.changed_code(code), FAILED, "SIGNATURE_INVALID"),
        check("an unknown issuer", code_desk, file("unknown-issuer"), INDETERMINATE, "ISSUER_UNKNOWN"),
        check("a stale status list", stale, genuine, INDETERMINATE, "STATUS_STALE"),
        check("no status list", replace(desk, statuses=()), genuine, INDETERMINATE, "STATUS_MISSING"),
        check("a receipt of another log", desk, file("other-log"), INDETERMINATE, "RECEIPT_LOG_UNKNOWN"),
        check("no receipt", desk, file("without-receipt"), INDETERMINATE, "RECEIPT_MISSING"),
        check("no anchor, offline, L5 asked for", l5, genuine, INDETERMINATE, "ANCHOR_MISSING"),
        check("the genuine one beside all these", desk, genuine, PASSED, "OK"),
    ]
