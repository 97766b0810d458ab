"""The documents against the code: what they name exists, what they list is complete, what they show is real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from contracts.loader import load_artifact
from verifier import cbor
from verifier.anchor import AnchorObservation
from verifier.checkpoint import KeyUse, NoteKey, SignedNote
from verifier.cose import CoseKey, Sign1
from verifier.cosignature import Cosignature, cosignature_message, cosigners
from verifier.finality.proof import AnchorProof
from verifier.labels import CRV_SM2, TYP_STATUS_EVENT
from verifier.quorum import WitnessPolicy
from verifier.report import Reason
from verifier.status_list import StatusList

ROOT = Path(__file__).parents[2]
FORMATS = sorted((ROOT / "docs" / "formats").glob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
GOLDEN = ROOT / "tests" / "golden"
TOP = ("api", "bench", "certs", "chain", "contracts", "docs", "examples", "tests", "verifier")
# Pages about layout, rules and contract instead of bytes that a parser reads; tests of their own hold them.
WITHOUT_VECTORS = {"anchor-registry.md", "document.md", "kinds.md"}
TEST_SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def spans(page: Path) -> list[str]:
    """What stands between backticks, code blocks left out."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def names_a_path(span: str) -> bool:
    return re.fullmatch(rf"(?:{'|'.join(TOP)})/[\w./*{{}}-]*", span) is not None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_exist(page: Path) -> None:
    for span in filter(names_a_path, spans(page)):
        found = [*ROOT.glob(span.rstrip("/")), *ROOT.glob(span.rstrip("/") + ".py")]
        assert found, span


def test_tests_of_the_threat_model_exist() -> None:
    page = ROOT / "docs" / "threat-model.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 15
    for row in rows:
        where = re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])
        assert where, row
        for span in where:
            if span.startswith("test_"):
                assert f"def {span}(" in TEST_SOURCES, span
            else:
                assert any((ROOT / "tests").glob(span.removeprefix("tests/").rstrip("/"))), span


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_tests_and_links_exist(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(r"test_\w+", span):
            assert f"def {span}(" in TEST_SOURCES or any((ROOT / "tests").rglob(f"{span}.py")), span
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def vectors() -> Iterator[tuple[str, bool]]:
    """(name, whether it passes) of every golden vector, and of every file of them (True: it has both sorts)."""
    for path in (GOLDEN / "assess").glob("*.json"):
        yield path.stem, json.loads(path.read_text())["expected"]["outcome"] == "PASSED"
    for path in (GOLDEN / "formats").glob("*.json"):
        content = json.loads(path.read_text())
        yield f"tests/golden/formats/{path.name}", True
        for case in (*content.get("accepted", ()), *content.get("refused", ())):
            yield case["name"], case in content.get("accepted", ()) and case.get("verifies", True)
        for case in (*content.get("inclusion", ()), *content.get("consistency", ())):
            yield case["name"], case["valid"]


@pytest.mark.parametrize("page", [p for p in FORMATS if p.name not in WITHOUT_VECTORS], ids=name)
def test_every_format_has_a_sample_and_names_vectors_of_both_sorts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "```" in text or "sample" in text, "no literal sample"
    known = list(vectors())
    sorts = set()
    paragraphs = [p for p in text.split("\n\n") if "Golden vectors" in p]
    assert paragraphs, "names no golden vectors"
    for span in re.findall(r"`([^`\n]+)`", "\n".join(paragraphs)):
        if span.startswith("tests/golden/assess"):
            continue
        found = [good for vector, good in known if fnmatchcase(vector, span)]
        assert found, span
        sorts.update(found)
    assert sorts == {True, False}


def sample(page: str, number: int = 0) -> bytes:
    """Bytes of a hexadecimal block."""
    text = (ROOT / "docs" / "formats" / page).read_text(encoding="utf-8")
    return bytes.fromhex(re.findall(r"```text\n(.*?)```", text, re.DOTALL)[number])


def test_samples_parse_and_verify() -> None:
    """Those of certificate and kinds have a test beside the code that makes them."""
    key = CoseKey(CRV_SM2, sample("certificate.md", 2))
    status = StatusList.parse(sample("status-list.md"))
    assert status.sign1.verify(key)
    assert [status.is_valid(i) for i in (4, 5, 6)] == [True, False, True]
    assert Sign1.parse(sample("status-event.md"), typ=TYP_STATUS_EVENT).verify(key)
    anchor = sample("anchor-observation.md")
    assert AnchorObservation.parse(anchor).encode() == anchor
    proof = sample("anchor-proof.md")
    assert AnchorProof.parse(proof).encode() == proof
    assert cbor.encode({1: "a", -1: b"\x00"}).hex(" ") == "a2 01 61 61 20 41 00"


def test_the_sample_of_a_cosigned_checkpoint_verifies() -> None:
    text = (ROOT / "docs/formats/cosignature.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:text)?\n(.*?)```", text, re.DOTALL)
    note = SignedNote.parse(blocks[0].encode())
    log, *witnesses = [NoteKey.parse(line) for line in blocks[2].splitlines()]
    assert note.verify(log.name, log.key)
    assert (log.use, len(witnesses)) == (KeyUse.LOG, 2)
    for key, line in zip(witnesses, note.signatures[1:], strict=True):
        cosignature = Cosignature.from_line(line)
        assert (key.name, key.key_id) == (line.name, line.key_id)
        assert cosignature.verify(key.key, note.checkpoint.note_text())
        assert cosignature_message(note.checkpoint.note_text(), cosignature.time) == blocks[1].encode()
    policy = WitnessPolicy.from_map(cbor.decode(sample("witness-policy.md")))
    assert policy.reached(cosigners(note, policy, Cosignature.from_line(note.signatures[1]).time))


def test_every_reason_is_on_the_page_of_the_report() -> None:
    table = (ROOT / "docs/formats/report.md").read_text(encoding="utf-8").partition("| outcome | reasons |")[2]
    named = re.findall(r"`([A-Z_]+)`", table.partition("\n\n")[0])
    assert sorted(named) == sorted(reason.value for reason in Reason)


def test_every_setting_is_in_the_documents() -> None:
    settings = (ROOT / "api/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(MZ_[A-Z_]+)"', settings))
    written = {
        variable
        for page in (ROOT / "docs/api.md", ROOT / "docs/runbooks/operate.md")
        for variable in re.findall(r"MZ_[A-Z_]+", page.read_text(encoding="utf-8"))
    }
    assert read == written


def test_the_page_of_the_contract_names_all_of_its_abi() -> None:
    text = (ROOT / "docs/formats/anchor-registry.md").read_text(encoding="utf-8")
    missing = [item["name"] for item in load_artifact().abi if "name" in item and f"{item['name']}(" not in text]
    assert missing == []


def test_decisions_are_numbered_without_gaps() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    for number, page in enumerate(pages, start=1):
        assert page.name.startswith(f"{number:04d}-")
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. ")
