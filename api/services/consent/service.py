"""What the doors are handed of consent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.services.access import AccessLog
from api.services.answering import AnsweringService
from api.services.consent.asking import AskService, Decide
from api.services.consent.deciding import DecideService
from api.services.consent.ending import EndService
from api.services.consent.fetching import FetchService
from api.services.consent.viewing import ViewService
from api.services.files import FileService
from api.services.holders.service import Holders
from api.services.makers import Makers
from api.services.matching import Matching


@dataclass(frozen=True, slots=True)
class Consents:
    asking: AskService
    deciding: DecideService
    viewing: ViewService
    fetching: FetchService
    ending: EndService


def consents_of(
    makers: Makers,
    holders: Holders,
    access: AccessLog,
    files: FileService,
    matching: Matching,
    answering: AnsweringService,
    decide: Decide,
    quota: Callable[[str], Awaitable[None]],
    admit: Callable[[], Awaitable[None]],
) -> Consents:
    """`decide`: the purpose catalogue's word; `quota` raises RateLimited for a party that asks too much; `admit` raises
    if the log must not grow."""
    return Consents(
        AskService(makers, holders.codes, access, decide, quota, admit),
        DecideService(makers, holders.cards, admit),
        ViewService(makers, access),
        FetchService(makers, matching, answering, decide, files, access, admit),
        EndService(makers),
    )
