"""`mz-trust`: fetch trust bundle and status lists, explicitly, into a folder that `mz-verify --cache` reads offline.

    mz-trust --cache /var/lib/mz init --url https://minzheng.example --root 3f0c…
    mz-trust --cache /var/lib/mz update          # from cron, as often as the lists' ttl
    mz-trust --cache /var/lib/mz status

Exit status: 0 done; 1 something that was sent is refused (another root, wrong signature, older than what is held); 2
(`status`) something is missing or past its end; 64 wrong usage; 75 the service could not be reached, try again later.
What was held stays in place in every case.
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from ..inputs import MAX_TRUST_BYTES
from ..policy import TrustBundle
from ..report import iso
from .cache import Cache, Seen
from .errors import BadAnswer, Misconfigured, OnlineError, Problem, Unanswered, Unreachable, problem
from .transport import HttpAnswer, Origin, Transport, tls_context

EXIT_REFUSED: Final = 1
EXIT_STALE: Final = 2
EXIT_USAGE: Final = 64
EXIT_TEMPORARY: Final = 75
MAX_INDEX: Final = 1 << 20
MAX_LISTS: Final = 10_000
_LIST_PATH: Final = re.compile(r"/v1/status-lists/([1-9][0-9]{0,6})")
_MAX_AGE: Final = re.compile(r"(?:^|[ ,])max-age=([0-9]{1,9})")
_LONGEST: Final = 86_400  # however long a server says: what is fetched is asked for again within a day


class Updater:
    """One update. `now`: seconds UTC; `force`: ask although what is held is still fresh."""

    def __init__(self, cache: Cache, transport: Transport, now: int, *, force: bool = False) -> None:
        self._cache = cache
        self._transport = transport
        self._now = now
        self._force = force
        self.done: list[str] = []
        self.refused: list[str] = []

    def run(self) -> None:
        """Bundle first, then every list that it can vouch for; one list that is refused does not keep the others away.

        Raises Unreachable, Unanswered or Problem if the service cannot be asked, BadAnswer if its bundle is refused.
        """
        trust = self._bundle()
        for number, uri in self._index():
            try:
                self._list(number, uri, trust)
            except BadAnswer as e:
                self.refused.append(str(e))
        self._cache.save()

    def _bundle(self) -> TrustBundle:
        held = self._cache.trust()
        answer = self._fetch("/v1/trust-bundle", self._cache.bundle, held is not None)
        if answer is None:
            if held is None:
                raise BadAnswer("trust bundle: not sent")
            return held
        found = self._cache.take_bundle(answer.body)
        self._remember(self._cache.bundle, answer, _LONGEST)
        self.done.append(f"trust bundle, sequence {found.sequence}")
        return found

    def _index(self) -> list[tuple[str, str]]:
        answer = self._ask("/v1/status-lists", {}, MAX_INDEX)
        try:
            uris = json.loads(answer.body)["status_lists"]
            found = [(_LIST_PATH.fullmatch(urlsplit(uri).path), uri) for uri in uris]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise BadAnswer("list of status lists: not of its form") from None
        if len(found) > MAX_LISTS or any(match is None for match, _ in found):
            raise BadAnswer("list of status lists: not of its form")
        return [(match[1], uri) for match, uri in found if match is not None]

    def _list(self, number: str, uri: str, trust: TrustBundle) -> None:
        # From the service that was configured, whatever host the address names: nobody's list of addresses decides
        # whom this machine talks to. The signed list says which address it is for.
        seen = self._cache.lists.setdefault(number, Seen())
        answer = self._fetch(f"/v1/status-lists/{number}", seen, self._cache.list_path(number).exists())
        if answer is not None:
            found = self._cache.take_list(number, uri, answer.body, trust)
            self._remember(seen, answer, found.ttl)
            self.done.append(f"status list {number}, issued {iso(found.iat)}")

    def _fetch(self, path: str, seen: Seen, held: bool) -> HttpAnswer | None:
        """An answer with new bytes, or None if what is held is fresh or the same."""
        if held and not self._force and self._now < seen.fresh_until:
            return None
        asked = {"If-None-Match": seen.etag} if held and seen.etag else {}
        answer = self._ask(path, asked, MAX_TRUST_BYTES)
        if answer.status != 304:
            return answer
        self._remember(seen, answer, _LONGEST)
        return None

    def _remember(self, seen: Seen, answer: HttpAnswer, longest: int) -> None:
        """Only once the bytes were accepted: what was refused is asked for again. `longest`: seconds."""
        age = _MAX_AGE.search(answer.headers.get("cache-control", ""))
        seen.fresh_until = self._now + min(int(age[1]) if age else 0, longest, _LONGEST)
        etag = answer.headers.get("etag", "")
        seen.etag = etag if re.fullmatch(r'"[!#-~]{1,100}"', etag) else ""

    def _ask(self, path: str, headers: dict[str, str], limit: int) -> HttpAnswer:
        answer = self._transport.request("GET", path, {"Accept-Encoding": "identity", **headers}, limit=limit)
        if answer.status == 200 or (answer.status == 304 and "If-None-Match" in headers):
            return answer
        if answer.status >= 400:
            raise problem(answer.status, {}, answer.headers.get("retry-after"))
        raise BadAnswer(f"{path}: unexpected status {answer.status}")


def describe(cache: Cache, now: int) -> tuple[dict[str, Any], bool]:
    """What the cache holds, and whether all of it can be used at `now`."""
    trust = cache.trust()
    bundle = None
    fresh = trust is not None and trust.issued_at <= now < trust.expires
    if trust is not None:
        bundle = {"sequence": trust.sequence, "issued_at": iso(trust.issued_at), "expires": iso(trust.expires)}
    lists = []
    held = cache.held_lists()
    for number in sorted(cache.lists.keys() | held.keys(), key=int):
        found = held.get(number)
        usable = found is not None and now < found.exp
        fresh = fresh and usable
        times = {} if found is None else {"issued_at": iso(found.iat), "expires": iso(found.exp), "issuer": found.iss}
        lists.append({"number": int(number), "usable": usable, **times})
    whole = {"url": cache.url, "root": cache.root, "usable": fresh, "trust_bundle": bundle, "status_lists": lists}
    return whole, fresh


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="mz-trust", description="Fetch trust bundle and status lists for mz-verify.")
    p.add_argument("--cache", required=True, type=Path, metavar="DIR")
    commands = p.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="say once whom to ask, and whose signature counts")
    init.add_argument("--url", required=True, help="https://host[:port]")
    init.add_argument("--root", required=True, metavar="PIN", help="SM3 of the root key, as you were handed it")
    update = commands.add_parser("update", help="fetch what is newer")
    update.add_argument("--force", action="store_true", help="ask although what is held is fresh")
    update.add_argument("--authorities", metavar="FILE", help="PEM of the TLS authorities, instead of the system's")
    commands.add_parser("status", help="what is held, as JSON; nothing is fetched")
    return p


def _update(cache: Cache, now: int, force: bool, tls: ssl.SSLContext | None) -> int:
    transport = Transport(cache.url, tls=tls)
    updater = Updater(cache, transport, now, force=force)
    try:
        with cache.locked():
            updater.run()
    finally:
        transport.close()
        for line in updater.done:
            sys.stdout.write(line + "\n")
        if not updater.done and not updater.refused:
            sys.stdout.write("nothing new\n" if force else "nothing new, or held for less than an hour: --force asks\n")
        for line in updater.refused:
            sys.stderr.write(f"mz-trust: refused: {line}\n")
    return EXIT_REFUSED if updater.refused else 0


def run(argv: Sequence[str], clock: Callable[[], float] = time.time) -> int:
    """One command; gives the exit status."""
    try:
        args = _parser().parse_args(argv)
    except SystemExit as e:
        return EXIT_USAGE if e.code else 0
    now = int(clock())
    try:
        if args.command == "init":
            Origin.parse(args.url)
            Cache.create(args.cache, args.url, args.root)
            return 0
        cache = Cache.open(args.cache)
        if args.command == "status":
            whole, fresh = describe(cache, now)
            sys.stdout.write(json.dumps(whole, indent=1) + "\n")
            return 0 if fresh else EXIT_STALE
        tls = tls_context(authorities=args.authorities) if args.authorities else None
        return _update(cache, now, args.force, tls)
    except (Unreachable, Unanswered, Problem) as e:
        code, text = EXIT_TEMPORARY, str(e)
    except Misconfigured as e:
        code, text = EXIT_USAGE, str(e)
    except OnlineError as e:
        code, text = EXIT_REFUSED, f"refused: {e}"
    except OSError as e:
        code, text = EXIT_TEMPORARY, f"cache: {e.strerror}"
    sys.stderr.write(f"mz-trust: {text}\n")
    return code


def main() -> NoReturn:
    """Console entry point."""
    sys.exit(run(sys.argv[1:]))
