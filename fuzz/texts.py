"""Targets of what is text: codes, notes, keys, policies, signature fields, lines of bulk runs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
from collections.abc import Callable

from certs.consent import codes
from certs.errors import CertsError
from certs.purposes import default_document
from certs.purposes.parse import parse_catalogue
from certs.sealing import HmacLookupKey
from chain.errors import ChainFault
from chain.witness.known_logs import parse_known_logs
from chain.witness.policy_file import parse_policy_file
from chain.witness.request import AddCheckpoint, parse_size_body
from fuzz.model import Target, same
from fuzz.seeds import assessed, golden
from verifier.aggregate import QuorumSignature
from verifier.checkpoint import NoteKey, SignedNote
from verifier.code import b45decode, b45encode, b64url_decode, encode_code, encode_url, parse_code
from verifier.cosignature import Cosignature
from verifier.errors import VerifierError
from verifier.httpsig import Parameters, SignedRequest, digest_matches, prepare
from verifier.httpsig import Target as Asked
from verifier.items import read_ndjson
from verifier.online.errors import OnlineError
from verifier.online.webhook import check_webhook
from verifier.tlog_proof import TlogProof

_LOOKUP = HmacLookupKey(bytes(32))
_SECRET = base64.b64encode(bytes(32)).decode()
_NOW = 1_800_000_000


def _text(data: bytes) -> str:
    """Every string that a reader can be handed, lone surrogates among them."""
    return data.decode("utf-8", "surrogateescape")


def _code(data: bytes) -> None:
    text = _text(data)
    statement = parse_code(text)
    if text.startswith("MZ1:"):
        assert encode_code(statement) == text
    else:
        host = text.removeprefix("https://").partition("/")[0]
        assert encode_url(host, statement) == text


def _base45(data: bytes) -> None:
    assert b45encode(b45decode(_text(data))) == _text(data)


def _base64url(data: bytes) -> None:
    assert base64.urlsafe_b64encode(b64url_decode(_text(data))).rstrip(b"=") == data


def _note(data: bytes) -> None:
    found = SignedNote.parse(data)
    same(data, found.encode())
    for line in found.signatures:
        for kind in (Cosignature, QuorumSignature):
            try:
                assert kind.from_line(line).to_line() == line
            except VerifierError:
                continue


def _vkey(data: bytes) -> None:
    assert NoteKey.parse(_text(data)).encode() == _text(data)


def _tlog_proof(data: bytes) -> None:
    same(data, TlogProof.parse(data).encode())


def _add_checkpoint(data: bytes) -> None:
    same(data, AddCheckpoint.parse(data).encode())


def _httpsig(data: bytes) -> None:
    """The three fields, one a line; a third one that is empty is absent."""
    fields = [*data.decode("latin-1").split("\n", 2), "", ""][:3]
    found = SignedRequest.parse(fields[0], fields[1], fields[2] or None)
    found.timely(_NOW)
    found.base(Asked("POST", "minzheng.example", "/v1/match", "?"))
    if found.digest is not None:
        digest_matches(found.digest, b"{}")


def _bulk_lines(data: bytes) -> None:
    for task in read_ndjson(io.BytesIO(data)):
        assert task.error is not None or (task.code is None) != (task.file is None)


def _scanned(data: bytes) -> None:
    """What people type and scan at a counter: an answer or None."""
    for found in (codes.read_activation(_text(data)), codes.read_dynamic(_text(data))):
        assert found is None or found.isascii()
    codes.read_card(_text(data), _LOOKUP)
    codes.is_pin(_text(data))


def _webhook(data: bytes) -> None:
    """As our client reads it, signed by whoever made it: what is behind the signature is an operator's word."""
    mac = hmac.new(bytes(32), b"msg_0.%d." % _NOW + data, hashlib.sha256).digest()
    headers = {"webhook-id": "msg_0", "webhook-timestamp": str(_NOW)}
    headers["webhook-signature"] = f"v1,{base64.b64encode(mac).decode()}"
    check_webhook(f"whsec_{_SECRET}", headers, data, _NOW)


def _signed_fields() -> list[bytes]:
    made = []
    for body in (b"", b"{}"):
        asked = Asked("POST", "minzheng.example", "/v1/match", "")
        said = Parameters(_NOW, _NOW + 60, "A" * 22, "00112233445566ff", "sm2-sm3")
        fields = prepare(asked, body, said).signed(bytes(64))
        names = ("Signature-Input", "Signature", "Content-Digest")
        made.append("\n".join(fields.get(name, "") for name in names).encode())
    return made


def _policies() -> list[bytes]:
    """Both witnesses of the vectors, and none."""
    vkeys = [key.decode() for key in golden("formats/vkey.json", "vkey")]
    ours = [key for key in vkeys if key.startswith(("north.example/w1+", "south.example/w1+"))]
    lines = [f"witness {key.partition('+')[0]} {key} http://127.0.0.1:9" for key in ours[:2]]
    names = " ".join(key.partition("+")[0] for key in ours[:2])
    return ["\n".join([*lines, f"group both 2 {names}", "quorum both", ""]).encode(), b"quorum none\n"]


def _vectors(file: str, *members: str) -> Callable[[], list[bytes]]:
    return lambda: golden(f"formats/{file}.json", *members)


_BULK = b'{"id": "loan-7", "code": "MZ1:X"}\n{"file": "scans/8.pdf"}\n\n{"id": 5}\n'
_EVENT = b'{"type":"consent.withdrawn","timestamp":"2027-01-15T08:00:00Z","data":{"trx":"00","status":"withdrawn"}}'
_SCANS = [b"7K9M-0000-1111-ZZZZ", b"https://minzheng.example/h#" + b"A" * 22, b"MZ1C:" + b"A" * 31, b"135790"]
_KNOWN = (VerifierError, ChainFault)

TARGETS = (
    Target("code", _code, lambda: assessed("input_text")),
    Target("base45", _base45, _vectors("base45", "text")),
    Target("base64url", _base64url, _vectors("base64url", "text")),
    Target("checkpoint", _note, lambda: [*_vectors("checkpoint", "note")(), *_vectors("cosignature", "note")()]),
    Target("vkey", _vkey, _vectors("vkey", "vkey")),
    Target("tlog-proof", _tlog_proof, _vectors("tlog-proof", "text")),
    Target("add-checkpoint", _add_checkpoint, _vectors("add-checkpoint", "text", "held"), _KNOWN),
    Target("size-body", parse_size_body, lambda: [b"20852163\n", b"0\n"], _KNOWN),
    Target("policy-file", parse_policy_file, _policies, _KNOWN),
    Target("known-logs", parse_known_logs, lambda: [b"logs/v0\n", *_vectors("vkey", "vkey")()], _KNOWN),
    Target("http-signature", _httpsig, _signed_fields),
    Target("bulk-lines", _bulk_lines, lambda: [_BULK]),
    Target("scanned-codes", _scanned, lambda: _SCANS),
    Target("webhook", _webhook, lambda: [_EVENT], (OnlineError,)),
    Target("purpose-catalogue", parse_catalogue, lambda: [default_document()], (CertsError,), longest=1 << 17),
)
