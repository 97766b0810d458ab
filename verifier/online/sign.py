"""`python -m minzheng_verify.online.sign`: the fields of one signed request, as options for curl.

    python -m minzheng_verify.online.sign --key bank.key --pin-file pin POST https://minzheng.example/v1/match body.json
    curl --config request.curl                     # what the line above wrote
    python -m minzheng_verify.online.sign --key bank.key --public       # what administrators register

What is written is good for a minute and for one request, and holds no secret. The body is sent as the file has it.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ..inputs import MAX_TRUST_BYTES, UsageError, read_file
from .errors import Misconfigured
from .keys import SoftwareSigner, algorithm, keyid
from .session import Session
from .transport import Transport

MAX_PIN: Final = 1024


def _public(args: argparse.Namespace) -> list[str]:
    key = _signer(args).key
    return [f"alg: {algorithm(key)}", f"keyid: {keyid(key)}", f"public key: {key.public.hex()}"]


def _signer(args: argparse.Namespace) -> SoftwareSigner:
    pin = read_file(args.pin_file, MAX_PIN).decode().rstrip("\r\n") if args.pin_file else getpass.getpass("PIN: ")
    return SoftwareSigner.open(args.key, pin)


def _options(args: argparse.Namespace) -> list[str]:
    if args.method is None or args.url is None:
        raise Misconfigured("expected a method and an address")
    parts = urlsplit(args.url)
    transport = Transport(f"{parts.scheme}://{parts.netloc}", authority=args.authority)
    if not parts.path or parts.query or parts.fragment:
        raise Misconfigured("address: expected https://host[:port]/path")
    body = b"" if args.body is None else read_file(args.body, MAX_TRUST_BYTES)
    headers = Session(transport, _signer(args)).headers(args.method, parts.path, body)
    lines = [("url", args.url), ("request", args.method)]
    lines += [("header", f"{name}: {value}") for name, value in {"Host": transport.authority, **headers}.items()]
    if args.body is not None:
        lines.append(("data-binary", f"@{args.body}"))
    return [f"{name} = {_quoted(value)}" for name, value in lines]


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def run(argv: Sequence[str]) -> int:
    """Writes the options; gives the exit status."""
    p = argparse.ArgumentParser(prog="mz-sign", description="Sign one HTTP request for curl --config.")
    p.add_argument("--key", required=True, type=Path, help="encrypted PKCS#8, SM2 or P-256")
    p.add_argument("--pin-file", type=Path, help="first line is the PIN; asked for where it is left out")
    p.add_argument("--authority", help="what the service calls itself, if the address is another")
    p.add_argument("--public", action="store_true", help="tell the public half instead, for registration")
    p.add_argument("method", choices=("GET", "POST"), nargs="?")
    p.add_argument("url", nargs="?")
    p.add_argument("body", nargs="?", type=Path)
    args = p.parse_args(argv)
    try:
        lines = _public(args) if args.public else _options(args)
    except (Misconfigured, UsageError) as e:
        sys.stderr.write(f"mz-sign: {e}\n")
        return 64
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
