"""`mzt admin`: administrators are made and ended on the machine, under the institution's root; beside a service."""

from __future__ import annotations

import argparse
import getpass
import json
from collections.abc import Mapping
from pathlib import Path

from api.beside import open_administration
from api.clock import system_clock, system_entropy
from api.commands.common import EXIT_OK, out
from api.errors import KeyRefused
from api.settings import Settings
from certs.keys import create_software_key
from certs.keys.keyfile import MIN_PASSPHRASE

DAY = 86400


def pin(arguments: argparse.Namespace, *, twice: bool = False) -> str:
    """From the file, else from whoever sits there. Raises KeyRefused for a short one, or two that differ."""
    if arguments.pin_file is not None:
        text = Path(arguments.pin_file).read_text(encoding="utf-8").strip()
    else:
        text = getpass.getpass("PIN: ")
        if twice and getpass.getpass("PIN again: ") != text:
            raise KeyRefused("the two PINs differ")
    if len(text) < MIN_PASSPHRASE:  # what the key file itself asks for
        raise KeyRefused(f"a PIN has {MIN_PASSPHRASE} characters or more")
    return text


async def keygen(_: Settings, arguments: argparse.Namespace) -> int:
    """An SM2 key in a new file, on the administrator's own machine."""
    key = create_software_key(Path(arguments.file).absolute(), pin(arguments, twice=True), system_entropy)
    out.print(key.public_key.hex(), highlight=False)
    return EXIT_OK


async def add(settings: Settings, arguments: argparse.Namespace) -> int:
    """The operator has compared the public key with the administrator in person."""
    return await _operate(settings, "admin-add", {"role": arguments.role} | _key(arguments))


async def key(settings: Settings, arguments: argparse.Namespace) -> int:
    """One more key: it follows the one that ends."""
    return await _operate(settings, "admin-key", _key(arguments))


async def revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """The id is never given again."""
    return await _operate(settings, "admin-revoke", {"admin_id": arguments.admin_id})


async def list_(settings: Settings, _: argparse.Namespace) -> int:
    """One line an administrator and key."""
    async with open_administration(settings) as opened:
        known = await opened.service.administrators()
    now = system_clock()
    for admin, keys in known:
        state = "" if admin.revoked_at is None else "ended"
        out.print(f"{admin.admin_id:32} {admin.role:9} {state}".rstrip(), highlight=False)
        for one in keys:
            out.print(f"    {one.keyid} {'good' if one.good(now) else 'not good'}", highlight=False)
    return EXIT_OK


def _key(arguments: argparse.Namespace) -> dict[str, str | int]:
    now = system_clock()
    return {
        "admin_id": arguments.admin_id,
        "alg": arguments.alg,
        "public_key": arguments.public_key.lower(),
        "not_before": now,
        "not_after": now + arguments.days * DAY,
    }


async def _operate(settings: Settings, action: str, said: Mapping[str, str | int]) -> int:
    body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    async with open_administration(settings) as opened:
        await opened.service.operate(opened.root(), opened.issuer, action, body)
    out.print(f"{action}: {said['admin_id']}", highlight=False)
    return EXIT_OK
