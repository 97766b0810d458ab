"""The file of logs that a witness follows: `log` lines of C2SP tlog-policy, with the tree's hash where a URL would be.

    # the civil affairs log of the province
    log log.minzheng.example/sm3-2026+1f2e3d4c+/1NNMi1TTTMt… sm3
    log example.com/other+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW sha-256

One line a key. Several lines with one key name are the keys of one log, which has one hash. The hash stands in the
witness's own file and nowhere in the protocol: a proof must never choose how it is checked.
"""

from __future__ import annotations

from typing import Final

from chain.witness.lines import records
from chain.witness.model import KnownLog
from verifier.checkpoint import KeyUse, NoteKey
from verifier.errors import Malformed, Unsupported
from verifier.merkle import TreeHash

FORMAT: Final = "known-logs"
MAX_LOGS: Final = 1024


def parse_known_logs(data: bytes) -> tuple[KnownLog, ...]:
    """Parse the file. Raises Malformed with the line's number."""
    logs: dict[str, KnownLog] = {}
    for number, words in records(FORMAT, data):
        if words[0] != "log" or len(words) != 3:
            raise Malformed(FORMAT, f"line {number}", "expected: log <vkey> <sm3|sha-256>")
        key = log_key(FORMAT, number, words[1])
        try:
            tree = TreeHash(words[2])
        except ValueError:
            raise Malformed(FORMAT, f"line {number}", "tree hash: expected sm3 or sha-256") from None
        before = logs.get(key.name)
        if before is not None and (before.tree is not tree or key.key in before.keys):
            raise Malformed(FORMAT, f"line {number}", "repeats a key, or gives its log another hash")
        keys = (key.key,) if before is None else (*before.keys, key.key)
        logs[key.name] = KnownLog(key.name, tree, keys)
        if len(logs) > MAX_LOGS:
            raise Malformed(FORMAT, "too-many")
    return tuple(logs.values())


def log_key(format: str, number: int, text: str) -> NoteKey:
    """A vkey that signs checkpoints. Raises Malformed with the line's number."""
    return typed_key(format, number, text, KeyUse.LOG)


def typed_key(format: str, number: int, text: str, use: KeyUse) -> NoteKey:
    """A vkey of that use. Raises Malformed with the line's number."""
    try:
        key = NoteKey.parse(text)
    except (Malformed, Unsupported) as error:
        raise Malformed(format, f"line {number}", str(error)) from None
    if key.use is not use:
        raise Malformed(format, f"line {number}", f"expected a {use.value} key")
    return key
