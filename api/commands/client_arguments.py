"""Arguments of `mzt admin` and `mzt party`."""

from __future__ import annotations

import argparse

_ALGS = ("sm2", "es256")
Subparsers = argparse._SubParsersAction


def add(commands: Subparsers[argparse.ArgumentParser]) -> None:
    _admin(commands.add_parser("admin", help="administrators: made and ended on this machine"))
    _purposes(commands.add_parser("purposes", help="who may ask what: show, propose, approve"))
    _access(commands.add_parser("access", help="the log of accesses, by the audit administrator's key"))
    _party(commands.add_parser("party", help="relying parties and their keys, by an administrator's key"))


def _admin(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action")
    keygen = actions.add_parser("keygen", help="make an administrator's key file; prints the public key")
    keygen.add_argument("file", help="made with mode 0600, encrypted under a PIN")
    _pin(keygen)
    new = actions.add_parser("add", help="register an administrator; beside a running service")
    new.add_argument("admin_id", help="a staff number, no name")
    new.add_argument("role", choices=("system", "security", "audit"))
    key = actions.add_parser("key", help="one more key for an administrator")
    key.add_argument("admin_id")
    for parser in (new, key):
        parser.add_argument("public_key", help="130 hexadecimal digits, 04…, as `mzt admin keygen` prints it")
        parser.add_argument("--alg", choices=_ALGS, default="sm2")
        parser.add_argument("--days", type=int, default=365)
    revoke = actions.add_parser("revoke", help="end an administrator and his keys, for good")
    revoke.add_argument("admin_id")
    actions.add_parser("list", help="who is one, who was")
    for name, action in actions.choices.items():
        action.set_defaults(run=f"api.commands.admin:{'list_' if name == 'list' else name}")


def _purposes(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action")
    actions.add_parser("show", help="the catalogue in force").add_argument("--server", metavar="URL")
    for name, what in (("propose", "sign and send another version"), ("approve", "sign the version that waits")):
        action = actions.add_parser(name, help=f"{what} (security or system administrator)")
        action.add_argument("file", help="the document (docs/purposes.md)")
        action.add_argument("admin_id")
        _signed(action)
    for name, action in actions.choices.items():
        action.set_defaults(run=f"api.commands.purposes:{name}")


def _access(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--uscc", help="of one party only")
    for name in ("since", "until", "before"):
        parser.add_argument(f"--{name}", type=int, help="an ordinal" if name == "before" else "UTC seconds")
    _signed(parser)
    parser.set_defaults(run="api.commands.purposes:access")


def _party(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action")
    new = actions.add_parser("add", help="register a relying party (system administrator)")
    new.add_argument("uscc")
    new.add_argument("--zh", required=True, help="its name in Chinese")
    new.add_argument("--en", required=True, help="its name in English")
    new.add_argument("--category", required=True, help="of the purpose catalogue: bank, court, notary …")
    new.add_argument("--contact", required=True, help="of an office, shown to holders; never a person's")
    for name, who in (("suspend", "security"), ("resume", "security")):
        action = actions.add_parser(name, help=f"{name} a relying party ({who} administrator)")
        action.add_argument("uscc")
    listing = actions.add_parser("list", help="all relying parties and their keys; on this machine, without a key")
    listing.set_defaults(run="api.commands.party:list_")
    for name in ("add", "suspend", "resume"):
        _signed(actions.choices[name])
        actions.choices[name].set_defaults(run=f"api.commands.party:{name}")
    _key(actions.add_parser("key", help="a party's keys"))
    tls = actions.add_parser("tls", help="a party's TLS certificates").add_subparsers(required=True, metavar="action")
    certificate = tls.add_parser("add", help="register a client certificate, PEM (system administrator)")
    certificate.add_argument("uscc")
    certificate.add_argument("file")
    _signed(certificate)
    certificate.set_defaults(run="api.commands.party:tls_add")


def _key(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action")
    new = actions.add_parser("add", help="register a key (system administrator); another one releases it")
    new.add_argument("uscc")
    new.add_argument("public_key", help="130 hexadecimal digits, 04…")
    new.add_argument("--purpose", choices=("sign", "encrypt"), default="sign")
    new.add_argument("--alg", choices=_ALGS, default="sm2")
    new.add_argument("--days", type=int, default=365)
    for name, who in (("release", "security"), ("revoke", "system or security")):
        actions.add_parser(name, help=f"{name} a key or TLS certificate ({who} administrator)").add_argument("keyid")
    for name, action in actions.choices.items():
        _signed(action)
        action.set_defaults(run=f"api.commands.party:key_{name}")


def _signed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", required=True, metavar="FILE", help="the administrator's key file")
    parser.add_argument("--server", metavar="URL", help="of the service (default: MZ_HOST and MZ_PORT here)")
    parser.add_argument("--authority", metavar="HOST", help="the service's public name, if it differs from the URL's")
    _pin(parser)


def _pin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pin-file", metavar="FILE", help="holds the PIN; without it, it is asked for")
