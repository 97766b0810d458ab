"""`mzt`: the operator's command line.

Exit status: 0 done, 1 done but rows were rejected or checks differ, 2 failed, 64 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from api.commands import charity_arguments, client_arguments
from api.commands.common import EXIT_FAILED, EXIT_USAGE, err
from api.db.faults import DatabaseUnsuitable
from api.errors import ServiceError, SettingsError
from api.settings import Settings, from_environment
from certs.errors import CertsError
from chain.errors import AlreadyLocked, ChainFault
from verifier.errors import VerifierError

Command = Callable[[Settings, argparse.Namespace], Awaitable[int]]
_BESIDE = (
    "send its API what you want (docs/api.md), or stop it; "
    "`mzt keys`, `admin`, `party`, `sealing`, `token` and `audit` work beside it"
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mzt", description="Minzheng Trust: operate an instance (MZ_DATA_DIR).")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _instance(commands)
    _registry(commands)
    _document(commands)
    _erase(commands)
    _events(commands)
    _sealing(commands)
    _ledger(commands)
    _witness(commands)
    _chain(commands)
    _keys(commands)
    client_arguments.add(commands)
    charity_arguments.add(commands)
    demo = commands.add_parser("demo", help="run the main job on the example data and verify it as a stranger")
    demo.add_argument("--out", default="out/demo", help="directory for what it writes (default out/demo)")
    demo.add_argument("--examples", default="examples", help="directory of the example CSV files")
    demo.set_defaults(run="api.demo.run:demo")
    return parser


def _instance(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = commands.add_parser("init", help="make the instance; safe to repeat")
    init.add_argument("--institution", help="JSON file (default: a synthetic institution)")
    init.add_argument("--adopt-validators", action="store_true", help="record the chain's validators anew")
    init.set_defaults(run="api.commands.instance:init")
    serve = commands.add_parser("serve", help="serve API and pages")
    serve.add_argument("--without-pages", action="store_true", help="start although the verify page is not built")
    serve.set_defaults(run="api.commands.instance:serve")
    status = commands.add_parser("status", help="state of database, keys, log and chain")
    status.set_defaults(run="api.commands.instance:status")
    token = commands.add_parser("token", help="access tokens").add_subparsers(required=True, metavar="action")
    create = token.add_parser("create", help="make a token and print it once")
    create.add_argument("organisation", help="slug or social credit code")
    create.add_argument("--days", type=int, default=90)
    create.set_defaults(run="api.commands.instance:token_create")
    revoke = token.add_parser("revoke", help="withdraw a token")
    revoke.add_argument("token_id", help="the 16 hexadecimal digits in the middle of the token")
    revoke.set_defaults(run="api.commands.instance:token_revoke")


def _registry(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    imports = commands.add_parser(
        "import", aliases=["issue-batch"], help="issue or archive a CSV, NDJSON or XLSX file; safe to repeat"
    )
    imports.add_argument("file")
    imports.add_argument("--kind", required=True, help="marriage, divorce, donation …")
    imports.add_argument("--archive", action="store_true", help="old registrations: recorded, without certificates")
    imports.add_argument("--dry-run", action="store_true", help="do everything and undo it; only the report stays")
    imports.add_argument("--encoding", choices=("auto", "utf-8", "gb18030"), default="auto")
    imports.add_argument("--resume", action="store_true", help="go on where an earlier run of this file stopped")
    imports.add_argument("--report", metavar="FILE", help="every row that was not taken: .csv or .ndjson")
    imports.add_argument("--lang", choices=("zh", "en"), default="zh")
    imports.add_argument("--as", dest="as_", metavar="ORGANISATION", help="only rows of this one")
    imports.set_defaults(run="api.commands.import_:run")
    metadata = commands.add_parser(
        "metadata", help="a certificate's metadata (GB/T 36903) as JSON; holds personal data"
    )
    metadata.add_argument("cti")
    metadata.add_argument("--directory", action="store_true", help="the directory entry (GB/T 36902) instead")
    metadata.add_argument("--batch", default="", help="batch number of the directory entry")
    metadata.add_argument("--as", dest="as_", metavar="ORGANISATION")
    metadata.set_defaults(run="api.commands.metadata:metadata")
    case = commands.add_parser("casefile", help="write everything about one certificate for a court, signed")
    case.add_argument("cti")
    case.add_argument("file", help="e.g. case.zip; made with mode 0600")
    case.add_argument("--case", required=True, metavar="REFERENCE", help="the court's order; recorded, sealed")
    case.add_argument("--as", dest="as_", metavar="ORGANISATION")
    case.set_defaults(run="api.commands.casefile:run")
    revoke = commands.add_parser("revoke", help="make certificates not valid")
    revoke.add_argument("cti", nargs="+")
    revoke.add_argument("--reason", default="", help="sealed with the event, never published")
    revoke.add_argument("--as", dest="as_", metavar="ORGANISATION")
    revoke.set_defaults(run="api.commands.registry:revoke")


def _document(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    document = commands.add_parser("document", help="a certificate as PDF or OFD, stated by its issuer and sealed")
    document.add_argument("cti")
    document.add_argument("out", help="file to write; its ending says which format")
    document.add_argument("--format", choices=("pdf", "ofd"))
    document.add_argument("--lang", choices=("zh-en", "zh", "en"), default="zh-en")
    document.add_argument("--purpose", help="makes it an annotated copy (加注件), for this purpose …")
    document.add_argument("--recipient", help="… and this recipient")
    document.add_argument("--days", type=int, default=30, help="for which such a copy may be used (default 30)")
    document.add_argument("--photo", metavar="FILE", help="JPEG or PNG for the photograph's place")
    document.add_argument("--as", dest="as_", metavar="ORGANISATION")
    document.set_defaults(run="api.commands.document:run")


def _erase(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    erase = commands.add_parser("erase", help="destroy the content of records for good; receipts stay")
    erase.add_argument("cti", nargs="+")
    reasons = ("RETENTION_ENDED", "HOLDER_REQUEST", "ISSUED_IN_ERROR", "STATUTORY_ORDER")
    erase.add_argument("--reason", required=True, choices=reasons)
    erase.add_argument("--registration", action="store_true", help="the registration file too; by statutory order only")
    erase.add_argument("--out", metavar="DIRECTORY", help="write the receipts there")
    erase.add_argument("--as", dest="as_", metavar="ORGANISATION")
    erase.set_defaults(run="api.commands.erasing:erase")


def _events(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("event", help="judgments, deaths, corrections; who is married").add_subparsers(
        required=True, metavar="action"
    )
    record = actions.add_parser("record", help="record events, one JSON object a line; safe to repeat")
    state = actions.add_parser("state", help="state of people on a day as known at a moment, one question a line")
    for action, name in ((record, "record"), (state, "state")):
        action.add_argument("file", help="- reads the standard input")
        action.add_argument("--as", dest="as_", metavar="ORGANISATION", help="for this office only")
        action.set_defaults(run=f"api.commands.event:{name}")


def _sealing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("sealing", help="keys that seal records; beside a running service").add_subparsers(
        required=True, metavar="action"
    )
    actions.add_parser("status", help="how many records are under which key").set_defaults(
        run="api.commands.sealing:status"
    )
    rotate = actions.add_parser("rotate", help="a new key, and every record's data key wrapped under it")
    rotate.add_argument("--resume", action="store_true", help="make no new key; finish a run that was cut short")
    rotate.set_defaults(run="api.commands.sealing:rotate")
    actions.add_parser("scrub", help="rewrite the tables, so that no freed space holds what was erased").set_defaults(
        run="api.commands.sealing:scrub"
    )
    destroy = actions.add_parser("destroy", help="delete a retired key that nothing is under any more")
    destroy.add_argument("key", help="its id, 8 hexadecimal digits")
    destroy.set_defaults(run="api.commands.sealing:destroy")


def _ledger(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    publish = commands.add_parser("publish", help="sign status lists that changed")
    publish.add_argument("--force", action="store_true", help="sign all of them")
    publish.set_defaults(run="api.commands.ledger:publish")
    commands.add_parser("checkpoint", help="sequence, sign, print").set_defaults(run="api.commands.ledger:checkpoint")
    commands.add_parser("anchor", help="take the log to the chain").set_defaults(run="api.commands.ledger:anchor")
    audit = commands.add_parser("audit", help="derive everything again; exit 0 clean, 1 fault, 2 incomplete")
    audit.add_argument("--json", metavar="FILE", help="write the report as JSON; - for the output")
    audit.add_argument("--since", metavar="SIZE|TIME", help="begin at a checkpoint, which is verified first")
    source = audit.add_mutually_exclusive_group()
    source.add_argument("--export", metavar="DIR", help="a static export (mzt log export) instead of the database")
    source.add_argument("--data-dir", metavar="DIR", help="a backup: a copied data directory")
    source.add_argument("--database-url", metavar="URL", help="a backup: another database, beside this data directory")
    audit.add_argument("--pin", metavar="HEX", help="with --export: fingerprint of the trust root (trust-root.hex)")
    audit.add_argument("--offline", action="store_true", help="ask neither chain nor witnesses (exit 2 at best)")
    audit.add_argument("--processes", type=int, help="for signatures (default: one a core)")
    audit.set_defaults(run="api.commands.audit:run")
    log = commands.add_parser("log", help="the log itself").add_subparsers(required=True, metavar="action")
    static = log.add_parser("export", help="write or bring up to date a directory that any web server can serve")
    static.add_argument("directory")
    static.set_defaults(run="api.commands.log_export:run")
    export = commands.add_parser("export", help="write public artefacts and holders' files")
    export.add_argument("directory")
    export.add_argument("--cti", action="append", default=[], help="also this certificate's holder's file")
    export.set_defaults(run="api.commands.export:export")


def _witness(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("witness", help="cosign other bodies' logs").add_subparsers(
        required=True, metavar="action"
    )
    init = actions.add_parser("init", help="make a witness; safe to repeat")
    init.add_argument("name", help="its key name, an address without https://, e.g. witness.north.example/w1")
    init.add_argument("--bls", action="store_true", help="also a key for aggregated signatures (extra `bls`)")
    init.add_argument("--alg", choices=("sm2", "ed25519", "both"), default="sm2")
    serve = actions.add_parser("serve", help="serve add-checkpoint (C2SP tlog-witness)")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    serve.add_argument("--until-eof", action="store_true", help="stop when standard input ends, so with its parent")
    vkey = actions.add_parser("vkey", help="print its verifier keys")
    for action, name in ((init, "init"), (serve, "serve"), (vkey, "vkey")):
        action.add_argument("--dir", default="var/witness", help="its directory (default var/witness)")
        action.set_defaults(run=f"api.commands.witness:{name}")
    line = actions.add_parser("log-line", help="print the line by which a witness follows this instance's log")
    line.set_defaults(run="api.commands.log_line:log_line")


def _chain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    chain = commands.add_parser("chain", help="the chain that anchors go to").add_subparsers(
        required=True, metavar="action"
    )
    init = chain.add_parser("init", help="write a Besu QBFT network as files; safe to repeat")
    init.add_argument("--out", required=True, help="directory, made with mode 0700")
    init.add_argument("--validators", type=int, default=4, help="4 or more (default 4)")
    init.add_argument("--development", action="store_true", help="one validator, which bears no fault")
    init.add_argument("--chain-id", type=int, default=990010)
    init.add_argument("--account", action="append", default=[], help="may send (default: this instance's submitter)")
    init.add_argument("--subnet", default="172.28.240.0/24", help="of the containers")
    init.add_argument("--rpc-port", type=int, default=8545, help="of the first validator, on 127.0.0.1")
    init.set_defaults(run="api.commands.chain:init")
    status = chain.add_parser("status", help="nodes, health, the log on the chain")
    status.set_defaults(run="api.commands.chain:status")


def _keys(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = commands.add_parser("keys", help="signing keys and their X.509 certificates").add_subparsers(
        required=True, metavar="action"
    )
    listing = keys.add_parser("list", help="keys in use, the days they have left; --all: every key there was")
    listing.add_argument("--all", action="store_true")
    rotate = keys.add_parser("rotate", help="let a new key follow; a running service takes it up")
    rotate.add_argument(
        "purpose", choices=("issuer", "status", "seal", "log", "maker", "answer", "ca-sub", "ca-root", "root")
    )
    rotate.add_argument("organisation", nargs="?", help="of issuer, status, seal: slug or social credit code")
    rotate.add_argument("--ahead", type=int, default=0, metavar="DAYS", help="announce it now, use it so many days on")
    rotate.add_argument("--uri", help="a key that is there already, e.g. pkcs11:...; default: made here, in a file")
    rotate.add_argument("--ed25519", action="store_true", help="the log's second key (SHA-256 profile)")
    revoke = keys.add_parser("revoke", help="do not believe a key from a moment on; its successor signs at once")
    revoke.add_argument("kid", help="id of the key or its beginning, hexadecimal")
    revoke.add_argument("--since", metavar="TIME", help="2027-01-15T08:00:00Z (default: now)")
    revoke.add_argument("--reason", choices=("compromise", "superseded", "cessation"), default="compromise")
    renew = keys.add_parser("renew", help="a new X.509 certificate for the same key")
    renew.add_argument("kid")
    csr = keys.add_parser("csr", help="write a certification request (PKCS#10) for a key, for another authority")
    csr.add_argument("kid")
    csr.add_argument("file")
    export = keys.add_parser("export", help="write certificates and revocation lists to a directory")
    export.add_argument("directory")
    keys.add_parser("check", help="open every key, check every chain and list; exit 1 if something is wrong")
    for name, parser in keys.choices.items():
        parser.set_defaults(run=f"api.commands.keys:{'list_' if name == 'list' else name}")


def _command(reference: str) -> Command:
    """Imported when chosen: `mzt token` need not wait for the web framework and the chain."""
    module, _, name = reference.partition(":")
    command: Command = getattr(__import__(module, fromlist=[name]), name)
    return command


def run(argv: Sequence[str]) -> int:
    """Run one command and give its exit status."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse's own: 0 for --help, 2 for usage
        return EXIT_USAGE if stop.code else 0
    try:
        settings = from_environment(os.environ)
        return asyncio.run(_run(_command(arguments.run), settings, arguments))
    except SettingsError as error:
        err.print(f"mzt: {error}", highlight=False)
        return EXIT_USAGE
    except AlreadyLocked as error:
        err.print(f"mzt: AlreadyLocked: {error}: mostly the running service; {_BESIDE}", highlight=False)
        return EXIT_FAILED
    except (ServiceError, CertsError, ChainFault, VerifierError, DatabaseUnsuitable, OSError) as error:
        said = str(error) or (type(error).__doc__ or "").partition("\n")[0]
        err.print(f"mzt: {type(error).__name__}: {said}", highlight=False)
        return EXIT_FAILED


async def _run(command: Command, settings: Settings, arguments: argparse.Namespace) -> int:
    return await command(settings, arguments)


def main() -> None:
    """Entry point of the `mzt` script."""
    sys.exit(run(sys.argv[1:]))
