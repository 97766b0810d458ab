"""Sum trees with their paths, ranges and consistency proofs; epoch statements; receipt codes. Good ones and others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.golden.world import b64
from tests.support import kit
from tests.support.fund_story import BOOK_A, MADE, details, sealed, secret, story
from verifier import cbor, labels
from verifier.charity.epoch import Epoch
from verifier.charity.line import In, Inflow
from verifier.charity.opening import ReceiptCode
from verifier.charity.sumtree import (
    NodeReader,
    consistency_path,
    inclusion_path,
    levels_of,
    range_path,
    reader_of,
    root_of,
)
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

AMOUNTS = (10_000, 1, 250, (1 << 53) - 1, 77, 5_000_000, 3, 900, 41, 66_600, 7)
LEAVES = [Inflow(In.DONATION, 20_700 + i, sm3(bytes([i])), n).encode() for i, n in enumerate(AMOUNTS)]


def _tree(h: TreeHash) -> dict[str, Any]:
    size = len(LEAVES)
    reader = reader_of(levels_of(h, LEAVES))
    return {
        "name": h.value,
        "vds": h.vds,
        "roots": [{"size": n, "node_hex": root_of(h, LEAVES[:n]).encode().hex()} for n in range(size + 1)],
        "paths": [
            {"index": i, "start": sum(AMOUNTS[:i]), "path_hex": inclusion_path(h, i, size, reader).hex()}
            for i in range(size)
        ],
        "ranges": [_range(h, first, end, size, reader) for first, end in ((0, 11), (0, 1), (3, 5), (7, 10), (10, 11))],
        "consistency": [
            {"old": m, "new": size, "path_hex": consistency_path(h, m, size, reader).hex()} for m in range(1, size + 1)
        ],
    }


def _range(h: TreeHash, first: int, end: int, size: int, reader: NodeReader) -> dict[str, Any]:
    path = range_path(h, first, end, size, reader)
    return {"first": first, "end": end, "start": sum(AMOUNTS[:first]), "path_hex": path.hex()}


def sum_trees() -> dict[str, Any]:
    """`refused`: a leaf, its index and path that lead to no root; `size` is of the tree."""
    h = TreeHash.SM3
    reader = reader_of(levels_of(h, LEAVES))
    path = inclusion_path(h, 2, len(LEAVES), reader)
    leaf = LEAVES[2]
    full = path[:32] + ((1 << 63) - 1).to_bytes(8, "big") + path[40:]
    refused = {
        "leaf-of-nothing": (leaf[:-8] + bytes(8), 2, path),
        "leaf-negative": (leaf[:-8] + (1 << 63).to_bytes(8, "big"), 2, path),
        "leaf-of-7-bytes": (leaf[-7:], 2, path),
        "sum-negative": (leaf, 2, path[:32] + b"\xff" * 8 + path[40:]),
        "sum-overflowing": (leaf, 2, full),
        "path-too-short": (leaf, 2, path[:-40]),
        "path-too-long": (leaf, 2, path + path[:40]),
        "path-of-39-bytes": (leaf, 2, path[:-1]),
        "index-beyond-the-tree": (leaf, 11, path),
    }
    return {
        "description": "Sum trees over SM3 and SHA-256, of the same leaves. A node is hash 32 ‖ sum 8.",
        "leaves_hex": [item.hex() for item in LEAVES],
        "accepted": [_tree(h) for h in TreeHash],
        "refused": [
            {"name": name, "leaf_hex": data.hex(), "index": index, "size": len(LEAVES), "path_hex": proof.hex()}
            for name, (data, index, proof) in refused.items()
        ],
    }


def epochs() -> dict[str, Any]:
    claims = story().a.claims(iat=MADE)
    good = sealed(claims)
    m = cbor.decode(claims.encode())

    def raw(**changes: Any) -> bytes:
        private = m[-65600] | {int(key[1:]): value for key, value in changes.items()}
        return kit.CHARITY_KEY.sign1(labels.TYP_FUND_EPOCH, cbor.encode({**m, -65600: private}))

    inflows, outflows = m[-65600][3], m[-65600][4]
    later = replace(claims, epoch=2, previous=good.digest)
    refused = {
        "empty": b"",
        "truncated": good.encode()[:-1],
        "trailing-byte": good.encode() + b"\x00",
        "typ-of-rendition": kit.CHARITY_KEY.sign1(labels.TYP_RENDITION, claims.encode()),
        "epoch-0": raw(m1=0),
        "first-with-a-previous": raw(m7=bytes(32)),
        "second-without-a-previous": raw(m1=2),
        "unknown-tree": raw(m2=7),
        "more-out-than-in": raw(m4=[outflows[0], outflows[1], inflows[2] + 1]),
        "more-settled-than-paid": raw(m5=[bytes(32), outflows[2], 1]),
        "leaves-of-nothing": raw(m3=[inflows[0], inflows[1], inflows[0] - 1]),
        "total-without-leaves": raw(m4=[0, outflows[1], 5]),
        "total-beyond-63-bits": raw(m3=[inflows[0], inflows[1], 1 << 63]),
        "total-negative": raw(m3=[inflows[0], inflows[1], -1]),
        "root-of-31-bytes": raw(m3=[inflows[0], bytes(31), inflows[2]]),
        "head-of-two": raw(m3=inflows[:2]),
        "member-too-many": raw(m9=0),
        "book-of-15-bytes": kit.CHARITY_KEY.sign1(labels.TYP_FUND_EPOCH, cbor.encode({**m, 7: bytes(15)})),
    }
    named: dict[str, Epoch] = {
        "logged": good,
        "not-logged": sealed(claims, logged=False),
        "second": sealed(later, logged=False),
    }
    return {
        "description": "Epoch statements of a fund's book. `digest`: SM3 of the statement, which the next one names.",
        "book_hex": BOOK_A.hex(),
        "accepted": [
            {"name": n, "epoch_b64": b64(e.encode()), "number": e.claims.epoch, "digest_hex": e.digest.hex()}
            for n, e in named.items()
        ],
        "refused": [{"name": n, "epoch_b64": b64(data)} for n, data in refused.items()],
    }


def receipt_codes() -> dict[str, Any]:
    """Codes in both forms, and slips: no one of them may pass for a code."""
    codes = [ReceiptCode(details(n, 1, 0).donation, secret(n)) for n in range(3)]
    text, url = codes[0].text(), codes[0].url("minzheng.example")
    refused = {
        "empty": "",
        "prefix-only": "MZD1:",
        "one-character-else": text[:20] + ("A" if text[20] != "A" else "B") + text[21:],
        "two-exchanged": text[:10] + text[11] + text[10] + text[12:],
        "last-missing": text[:-1],
        "group-missing": text[:-3],
        "one-more": text + "0",
        "lower-case": text.lower(),
        "code-of-a-certificate": "MZ1:" + text[5:],
        "address-without-tls": url.replace("https:", "http:"),
        "address-of-a-certificate": url.replace("/d#", "/v#"),
        "address-cut": url[:-1],
        "address-with-padding": url + "==",
        "another-character-at-the-end": url[:-1] + ("A" if url[-1] != "A" else "B"),
        "check-of-zeros": ReceiptCode(bytes(16), bytes(16)).url("minzheng.example")[:-3] + "AAA",
    }
    assert text[10] != text[11]
    return {
        "description": "Receipt codes: donation 16 ‖ secret 16 ‖ the first 2 bytes of SM3.",
        "accepted": [
            {
                "name": f"code-{n}",
                "donation_hex": c.donation.hex(),
                "secret_hex": c.secret.hex(),
                "text": c.text(),
                "url": c.url("minzheng.example"),
            }
            for n, c in enumerate(codes)
        ],
        "details": [
            {"details_hex": d.encode().hex(), "secret_hex": secret(n).hex(), "ref_hex": d.commitment(secret(n)).hex()}
            for n, d in sorted(story().given.items())
        ],
        "refused": [{"name": n, "text": code} for n, code in refused.items()],
    }
