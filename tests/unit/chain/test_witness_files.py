"""The operators' two files: C2SP tlog-policy, and the list of logs that a witness follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.witness.known_logs import parse_known_logs
from chain.witness.policy_file import parse_policy_file
from tests.support.kit import LOG_KEY, OTHER_LOG_KEY, TestSigner
from verifier.checkpoint import KeyUse, NoteKey
from verifier.errors import Malformed
from verifier.merkle import TreeHash

LOG = NoteKey("log.example/a", LOG_KEY.key, KeyUse.LOG).encode()
LOG2 = NoteKey("log.example/a", OTHER_LOG_KEY.key, KeyUse.LOG).encode()
ED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def witness(name: str) -> str:
    return NoteKey(f"witness.{name}.example/w", TestSigner(name.encode()).key, KeyUse.COSIGNER).encode()


W = {name: witness(name) for name in "abcdef"}
WITNESSES = "".join(f"witness {n} {W[n]} https://{n}.example/\n" for n in "abcdef")


def test_nested_groups_of_a_policy() -> None:
    text = (
        "# a comment\n\n"
        f"log {LOG} https://log.example\n \tlog\t{ED}\n" + WITNESSES + "group inner 2 a b c\n"
        "  # another\ngroup either any d e\n"
        "group both all inner either\nquorum both\n"
    )
    found = parse_policy_file(text.encode())
    assert [key.name for key in found.logs] == ["log.example/a", "PeterNeumann"]
    assert found.policy is not None
    names = {n: f"witness.{n}.example/w" for n in "abcdef"}
    assert found.urls == {names[n]: f"https://{n}.example" for n in "abcdef"}
    for who, reached in (("abd", True), ("ab", False), ("ade", False), ("abcf", False), ("bce", True), ("", False)):
        assert found.policy.reached({names[n] for n in who}) is reached
    assert not found.policy.reached({"inner", "either", "both"})  # names of groups are no cosigners


def test_quorums_of_one_and_of_none() -> None:
    one = parse_policy_file(f"witness a {W['a']}\nquorum a\n".encode()).policy
    assert one is not None
    assert one.reached({"witness.a.example/w"})
    assert parse_policy_file(b"quorum none\n").policy is None
    assert parse_policy_file(f"witness a {W['a']}\nquorum none\n".encode()).policy is None


BAD = {
    "no quorum": WITNESSES,
    "two quorums": WITNESSES + "quorum a\nquorum a\n",
    "quorum of nobody": WITNESSES + "quorum x\n",
    "quorum before its group": WITNESSES + "quorum g\ngroup g 1 a\n",
    "unknown word": WITNESSES + "quorun a\n",
    "no newline at the end": WITNESSES + "quorum a",
    "carriage return": WITNESSES + "quorum a\r\n",
    "no such member": WITNESSES + "group g 1 x\nquorum g\n",
    "later member": WITNESSES + "group g 1 h\ngroup h 1 a\nquorum g\n",
    "itself as member": WITNESSES + "group g 1 g\nquorum g\n",
    "none as member": WITNESSES + "group g 1 none\nquorum g\n",
    "none as name": f"witness none {W['a']}\nquorum none\n",
    "member twice": WITNESSES + "group g 1 a a\nquorum g\n",
    "member of two groups": WITNESSES + "group g 1 a b\ngroup h 1 a c\nquorum g\n",
    "empty group": WITNESSES + "group g any\nquorum g\n",
    "threshold 0": WITNESSES + "group g 0 a\nquorum g\n",
    "threshold above": WITNESSES + "group g 3 a b\nquorum g\n",
    "threshold in hex": WITNESSES + "group g 0x1 a b\nquorum g\n",
    "threshold with zero": WITNESSES + "group g 01 a b\nquorum g\n",
    "threshold in another script": WITNESSES + "group g ２ a b\nquorum g\n",
    "name taken": WITNESSES + "group a 1 b\nquorum a\n",
    "group named like a key": WITNESSES + "group witness.a.example/w 1 b\nquorum a\n",
    "one key under two names": f"witness a {W['a']}\nwitness b {W['a']}\nquorum a\n",
    "a log's key as witness": f"witness a {LOG}\nquorum a\n",
    "a witness's key as log": f"log {W['a']}\nquorum none\n",
    "log twice": f"log {LOG}\nlog {LOG}\nquorum none\n",
    "no key": "witness a\nquorum a\n",
    "broken key": f"witness a {W['a'][:-4]}AAA=\nquorum a\n",
    "address with password": f"witness a {W['a']} https://u:p@a.example\nquorum a\n",
    "address without scheme": f"witness a {W['a']} a.example\nquorum a\n",
    "four words": f"witness a {W['a']} https://a.example x\nquorum a\n",
}


@pytest.mark.parametrize("name", BAD)
def test_policies_that_are_refused(name: str) -> None:
    with pytest.raises(Malformed):
        parse_policy_file(BAD[name].encode())


def test_the_list_of_logs() -> None:
    logs = parse_known_logs(f"# ours\nlog {LOG} sm3\nlog {LOG2} sm3\n\nlog {ED} sha-256\n".encode())
    assert [(log.origin, log.tree, len(log.keys)) for log in logs] == [
        ("log.example/a", TreeHash.SM3, 2),
        ("PeterNeumann", TreeHash.SHA256, 1),
    ]
    assert parse_known_logs(b"") == ()
    for bad in (
        f"log {LOG}\n",
        f"log {LOG} sha3\n",
        f"log {LOG} SM3\n",
        f"log {LOG} sm3\nlog {LOG} sm3\n",
        f"log {LOG} sm3\nlog {LOG2} sha-256\n",  # one log, one hash
        f"log {W['a']} sm3\n",
        f"Log {LOG} sm3\n",
        f"log {LOG} sm3 https://log.example\n",
    ):
        with pytest.raises(Malformed):
            parse_known_logs(bad.encode())


@given(st.binary(max_size=200))
def test_no_bytes_break_them(data: bytes) -> None:
    for parse in (parse_known_logs, parse_policy_file):
        try:
            parse(data)
        except Malformed:
            continue
