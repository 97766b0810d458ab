"""XML of OFD: what a careless parser would do for an attacker is refused before it begins."""

from __future__ import annotations

import pytest

from tests.support.seals import xml
from verifier import ofdxml
from verifier.errors import Malformed
from verifier.ofdfile import resolve

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def refused(data: bytes | str) -> str:
    with pytest.raises(Malformed) as caught:
        ofdxml.parse(data.encode() if isinstance(data, str) else data, "A")
    assert caught.value.format == "ofd"
    return caught.value.reason


def test_elements_attributes_and_text() -> None:
    root = ofdxml.parse(xml("A", "\n <ofd:B C='1 &amp; 2'>章&#x7ae0;</ofd:B> <ofd:B/>\t", ' V="1"'), "A")
    assert root.attribute("V") == "1"
    assert [b.text for b in root.all("B")] == ["章章", ""]
    assert root.children[0].attribute("C") == "1 & 2"
    assert root.maybe("C") is None
    for wrong in (
        lambda: root.one("C"),
        lambda: root.maybe("B"),
        lambda: root.attribute("W"),
        lambda: root.only(("C",)),
    ):
        with pytest.raises(Malformed):
            wrong()
    with pytest.raises(Malformed, match="unknown-member"):
        root.only(("B",))
    root.only(("B",), ("V",))


def test_default_namespace_will_do() -> None:
    assert ofdxml.parse(b'<A xmlns="http://www.ofdspec.org/2016"><B/></A>', "A").one("B").text == ""


LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    "data",
    [
        f'{HEAD}<!DOCTYPE A [<!ENTITY a0 "ha">{LAUGHS}]><ofd:A {NS}>&a9;</ofd:A>',
        f'{HEAD}<!DOCTYPE A SYSTEM "file:///etc/passwd"><ofd:A {NS}/>',
        f'{HEAD}<!DOCTYPE A [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><ofd:A {NS}/>',
        f"{HEAD}<ofd:A {NS}>&undefined;</ofd:A>",
        f"{HEAD}<?php ?><ofd:A {NS}/>",
        f"{HEAD}<!-- --><ofd:A {NS}/>",
        f"{HEAD}<ofd:A {NS}><![CDATA[x]]></ofd:A>",
        f"{HEAD}<ofd:A {NS}>",
        f"{HEAD}<ofd:A {NS}/><ofd:A {NS}/>",
        f"{HEAD}<ofd:A {NS}/>words",
        f'{HEAD}<ofd:A {NS} B="1" B="2"/>',
        f"{HEAD}<ofd:A/>",
        HEAD,
        "",
        " " + HEAD,
        "\ufeff" + HEAD,
        HEAD.replace("1.0", "1.1") + f"<ofd:A {NS}/>",
        HEAD.replace("UTF-8", "GBK") + f"<ofd:A {NS}/>",
        '<?xml version="1.0"?>' + f"<ofd:A {NS}/>",
        f"<ofd:A {NS}>\x01</ofd:A>",
        f"<ofd:A {NS}><ofd:文/></ofd:A>",
        f'<ofd:A {NS} 文="1"/>',
        '<文:A xmlns:文="http://www.ofdspec.org/2016"/>',
    ],
)
def test_refused(data: str) -> None:
    assert refused(data) == "xml"


def test_other_encodings_are_refused() -> None:
    good = f"{HEAD}<ofd:A {NS}/>"
    for encoding in ("utf-16", "utf-16-be", "utf-32"):
        assert refused(good.encode(encoding)) == "xml"
    assert refused(f"<ofd:A {NS}>".encode() + b"\xe9</ofd:A>") == "xml"


def test_names_of_other_namespaces() -> None:
    assert refused("<A/>") == "namespace"
    assert refused('<A xmlns="http://www.ofdspec.org/2017"/>') == "namespace"
    assert refused(f'<ofd:A {NS} xmlns:x="urn:x" x:B="1"/>') == "namespace"
    assert refused(xml("B", "")) == "root"
    assert refused(xml("A", "words<ofd:B/>")) == "mixed-content"


def test_size_depth_and_count_are_bounded() -> None:
    assert ofdxml.parse(xml("A", "<ofd:B>" * 11 + "</ofd:B>" * 11), "A")
    assert refused(xml("A", "<ofd:B>" * 12 + "</ofd:B>" * 12)) == "xml"
    assert refused(xml("A", "<ofd:B>" * 100_000)) == "xml"
    assert refused(xml("A", "<ofd:B/>" * ofdxml.MAX_ELEMENTS)) == "xml"
    assert refused(xml("A", "x" * ofdxml.MAX_BYTES)) == "too-large"


@pytest.mark.parametrize(
    ("base", "place", "member"),
    [
        ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Document.xml"),
        ("OFD.xml", "/Doc_0/Document.xml", "Doc_0/Document.xml"),
        ("Doc_0/Attachments.xml", "Attachs/a", "Doc_0/Attachs/a"),
        ("Doc_0/Signs/Signatures.xml", "/Doc_0/a", "Doc_0/a"),
    ],
)
def test_places(base: str, place: str, member: str) -> None:
    assert resolve(base, place) == member


@pytest.mark.parametrize("place", ["", "/", "../a", "a/../b", "./a", "a//b", "a/", "//a"])
def test_places_that_lead_elsewhere(place: str) -> None:
    with pytest.raises(Malformed, match="place"):
        resolve("Doc_0/a.xml", place)
