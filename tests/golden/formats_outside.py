"""tlog-proof text of a SHA-256 log, and the aggregated line of a quorum."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

from tests.golden.other_signers import ED25519_KEY
from tests.support import bls, kit
from tests.support import rfc9162_reference as rfc
from verifier.aggregate import QuorumSignature, aggregate_key_id, aggregate_message
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote, note_key_id
from verifier.merkle import TreeHash, inclusion_path
from verifier.tlog_proof import HEADER, TlogProof

ORIGIN = "log.minzheng.example/sha256-2026"
BODIES = [bytes([i]) * 38 for i in range(11)]
SECRETS = (501, 502, 503)
TIME = kit.AT - kit.DAY + 90


def _note() -> SignedNote:
    leaves = [rfc.leaf(rfc.sha256, body) for body in BODIES]
    point = Checkpoint(ORIGIN, len(leaves), rfc.root(rfc.sha256, leaves))
    signature = ED25519_KEY.sign(point.note_text().encode())
    return SignedNote(point, (NoteSignature(ORIGIN, note_key_id(ORIGIN, ED25519_KEY.key), signature),))


def _node(level: int, index: int) -> bytes:
    width = 1 << level
    return rfc.root(rfc.sha256, [rfc.leaf(rfc.sha256, b) for b in BODIES[index * width : (index + 1) * width]])


def tlog_proofs() -> dict[str, Any]:
    note = _note()
    path = tuple(inclusion_path(TreeHash.SHA256, 6, len(BODIES), _node))
    good = TlogProof(6, path, note)
    leaf = rfc.leaf(rfc.sha256, BODIES[6]).hex()
    other = rfc.leaf(rfc.sha256, BODIES[5]).hex()
    text = good.encode().decode()
    accepted = {
        "in-the-middle": (good, leaf, True),
        "with-extra": (replace(good, extra=b"vrf"), leaf, True),
        "of-a-neighbour": (good, other, False),
        "index-of-a-neighbour": (replace(good, index=7), leaf, False),
        "path-shortened": (replace(good, path=path[:-1]), leaf, False),
        "path-in-other-order": (replace(good, path=path[::-1]), leaf, False),
        "checkpoint-of-other-root": (
            replace(good, note=replace(note, checkpoint=replace(note.checkpoint, root=bytes(32)))), leaf, False,
        ),
    }  # fmt: skip
    hash_line = b64encode(path[0]).decode()
    refused = {
        "version-2": text.replace("@v1", "@v2"),
        "without-header": text.removeprefix(HEADER + "\n"),
        "index-with-leading-zero": text.replace("index 6", "index 06"),
        "index-missing": text.replace("index 6\n", ""),
        "extra-after-index": text.replace("index 6\n", "index 6\nextra dnJm\n"),
        "hash-of-31-bytes": text.replace(hash_line, b64encode(path[0][:31]).decode()),
        "hash-not-canonical": text.replace(hash_line, hash_line[:-2] + chr(ord(hash_line[-2]) + 1) + "="),
        "crlf": text.replace("\n", "\r\n"),
        "checkpoint-missing": text.partition("\n\n")[0] + "\n\n",
        "trailing-line": text + "x\n",
    }
    key = {"crv": "ed25519", "public_hex": ED25519_KEY.key.public.hex()}
    return {
        "key": key,
        "origin": ORIGIN,
        "accepted": [
            {"name": n, "text": p.encode().decode(), "leaf": w, "verifies": v} for n, (p, w, v) in accepted.items()
        ],
        "refused": [{"name": n, "text": t} for n, t in refused.items()],
    }


def quorum_signatures() -> dict[str, Any]:
    point = _note().checkpoint
    keys = [bls.public_key(secret) for secret in SECRETS]
    message = aggregate_message(point.note_text(), TIME)

    def signed(signers: tuple[int, ...], what: bytes = message) -> QuorumSignature:
        total = bls.aggregate([bls.sign(SECRETS[i], what) for i in signers])
        bitmap = sum(1 << i for i in signers)
        return QuorumSignature("registries", aggregate_key_id("registries", keys), TIME, bitmap, total)

    good = signed((0, 2))
    cases = {
        "two-of-three": (good, True),
        "all-three": (signed((0, 1, 2)), True),
        "one": (signed((1,)), True),
        "other-bitmap": (replace(good, bitmap=0b011), False),
        "one-signer-too-many": (replace(good, bitmap=0b111), False),
        "time-one-later": (replace(good, time=TIME + 1), False),
        "of-other-root": (signed((0, 2), aggregate_message(replace(point, root=bytes(32)).note_text(), TIME)), False),
        "infinity": (replace(good, signature=b"\xc0" + bytes(95)), False),
        "infinity-in-other-spelling": (replace(good, signature=b"\xff" * 96), False),
        "proof-of-possession": (replace(signed((0,)), signature=bls.possession(SECRETS[0])), False),
    }
    line = good.to_line()
    refused = {
        "one-byte-short": replace(line, signature=line.signature[:-1]),
        "one-byte-long": replace(line, signature=line.signature + b"\0"),
        "bitmap-of-nobody": replace(line, signature=line.signature[:8] + bytes(8) + line.signature[16:]),
        "bit-of-no-witness": replace(good, bitmap=0b1101).to_line(),
    }
    return {
        "keys_hex": [key.hex() for key in keys],
        "possessions_hex": [bls.possession(secret).hex() for secret in SECRETS],
        "accepted": [
            {"name": n, "note": SignedNote(point, (q.to_line(),)).encode().decode(), "bitmap": q.bitmap, "verifies": v}
            for n, (q, v) in cases.items()
        ],
        "refused": [{"name": n, "note": SignedNote(point, (w,)).encode().decode()} for n, w in refused.items()],
    }
