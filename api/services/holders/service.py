"""What the doors are handed of holders."""

from __future__ import annotations

from dataclasses import dataclass

from api.services.access import AccessLog
from api.services.files import FileService
from api.services.holders.enrolling import EnrolService
from api.services.holders.guarding import GuardianService
from api.services.holders.leaving import LeaveService
from api.services.holders.own import OwnService
from api.services.holders.recording import Recorder
from api.services.holders.showing import CardService, CodeService
from api.services.makers import Makers
from api.services.views import View


@dataclass(frozen=True, slots=True)
class Holders:
    enrolling: EnrolService
    codes: CodeService
    cards: CardService
    guardians: GuardianService
    own: OwnService
    leaving: LeaveService


def holders_of(makers: Makers, access: AccessLog, files: FileService, view: View, host: str) -> Holders:
    """`host` stands in dynamic codes."""
    recorder = Recorder(makers, access)
    return Holders(
        EnrolService(makers, access),
        CodeService(makers, host),
        CardService(makers, recorder),
        GuardianService(makers, recorder),
        OwnService(makers, files, view),
        LeaveService(makers, access),
    )
