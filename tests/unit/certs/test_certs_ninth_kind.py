"""The ninth kind of docs/adding-a-kind.md comes and goes with its folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from api.services.audit_terms import shapes
from certs.errors import UnknownKind
from certs.kinds import kind_by_number
from certs.kinds.base import Rejected
from certs.kinds.messages import adopt, known, message
from tests.support.ninth import ninth_kind, row


def test_its_rules_speak_both_languages_while_it_is_there(tmp_path: Path) -> None:
    with ninth_kind(tmp_path) as kind:
        young = row() | {
            "holder_birth_date": "1996-11-03",
            "holder_document_type": "516",
            "holder_document_number": "H1234567",
        }
        read = kind.parse_row(young, today=date(2026, 11, 21))
        assert isinstance(read, Rejected)
        assert [(e.field, e.code) for e in read.errors] == [("holder_birth_date", "ADOPTER_UNDER_30")]
        assert [message("ADOPTER_UNDER_30", lang) for lang in ("zh", "en")] == [
            "收养人未满30周岁",
            "the adopter is below 30",
        ]
    assert not known("ADOPTER_UNDER_30")
    with pytest.raises(UnknownKind):
        kind_by_number(9)


def test_a_folder_without_an_auditors_part_is_a_defect(tmp_path: Path) -> None:
    with ninth_kind(tmp_path, without="audit.py"), pytest.raises(ModuleNotFoundError, match=r"adoption\.audit"):
        shapes()


def test_two_rules_under_one_code_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SAME_PERSON has two texts"):
        adopt([{"SAME_PERSON": ("别的", "something else")}])
