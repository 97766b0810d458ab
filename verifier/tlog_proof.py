"""C2SP tlog-proof: one text file that proves an entry's place in a log, checkpoint and cosignatures included.

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

    log.minzheng.example/sha256-2026
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — log.minzheng.example/sha256-2026 <base64>

The format fixes SHA-256, so only logs of the SHA-256 profile give it out. It says the same as our COSE receipt plus
cosigned note; it is here for the tools of other transparency logs. `extra` is signed by nobody.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from .checkpoint import MAX_NOTE_BYTES, SignedNote
from .errors import Malformed
from .fields import base64_text
from .merkle import MAX_PATH, TreeHash, verify_inclusion
from .policy import LogTrust

FORMAT: Final = "tlog-proof"
HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES: Final = 4096
MAX_BYTES: Final = MAX_NOTE_BYTES + 16 * 1024
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A parsed, *unverified* proof. `path` are 32-byte hashes, leaf side first."""

    index: int
    path: tuple[bytes, ...]
    note: SignedNote
    extra: bytes | None = None

    def encode(self) -> bytes:
        """File bytes (.tlog-proof)."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(h).decode() for h in self.path]
        return ("\n".join(lines) + "\n\n").encode() + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Parse strictly: re-encoding gives the same bytes. Raises Malformed."""
        if len(data) > MAX_BYTES:
            raise Malformed(FORMAT, "too-large")
        head, separator, note = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed(FORMAT, "ascii") from None
        if not separator or lines.pop(0) != HEADER:
            raise Malformed(FORMAT, "header")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = base64_text(FORMAT, lines.pop(0).removeprefix("extra "))
            if len(extra) > MAX_EXTRA_BYTES:
                raise Malformed(FORMAT, "extra", "too long")
        found = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if found is None:
            raise Malformed(FORMAT, "index")
        if len(lines) > MAX_PATH:
            raise Malformed(FORMAT, "path", "too long")
        path = tuple(base64_text(FORMAT, line) for line in lines)
        if any(len(h) != 32 for h in path):
            raise Malformed(FORMAT, "path")
        return cls(int(found[1]), path, SignedNote.parse(note), extra)

    def verify(self, log: LogTrust, leaf_hash: bytes) -> bool:
        """Whether `leaf_hash` stands at `index` in a tree that a key of `log` signed.

        A note carries no time of its own: that the key was valid then is for the caller to know (a COSE receipt has a
        signed time). Witnesses: `verifier.cosignature.cosigners(proof.note, …)`.
        """
        checkpoint = self.note.checkpoint
        if log.tree is not TreeHash.SHA256 or checkpoint.origin != log.origin:
            return False
        if not verify_inclusion(log.tree, leaf_hash, self.index, checkpoint.size, self.path, checkpoint.root):
            return False
        return any(self.note.verify(key.name, key.key) for key in log.keys)
