"""Both verifiers on seals, certificates and lists that are strange and rightly signed: same fault, same detail.

Damage alone never gets past a signature, so every change here is signed anew by whoever would have to.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.e2e.test_differential_signed import answers
from tests.golden.formats_seal import crl, said
from tests.support import kit, seals
from tests.support import seals_forged as forged
from tests.support.der_edit import at, bits, changed, integer, octets, oid, seq, tlv
from verifier import der, ofd
from verifier.errors import Malformed
from verifier.package import Package
from verifier.sealfault import SealRefused

SEED = 20260103
COUNT = 25  # of each kind
Question = tuple[dict[str, bytes], tuple[bytes, ...]]
STRANGE = (
    *(integer(n) for n in (0, 1, -1, 2, 3, 4, 5, 127, 128, 255, 256, 1 << 64, 1 << 159, 1 << 160, 1 << 311)),
    *(tlv(der.BOOLEAN, b) for b in (b"\x00", b"\xff", b"\x01")),
    *(oid(o) for o in ("2.5.29.15", "2.5.29.19", "2.5.29.32", "1.2.156.10197.501", "2.25.1", "2.999", "0.39")),
    *(tlv(der.GENERALIZED_TIME, t + b"000000Z") for t in (b"20500101", b"00010101", b"99991231", b"20250229")),
    *(tlv(der.UTC_TIME, t) for t in (b"491231235959Z", b"500101000000Z", b"260229000000Z")),
    *(tlv(der.UTF8_STRING, t.encode()) for t in ("", "中" * 256, "\U00020bb7" * 257, "\u00ad", "a\u3000b", "\u0378")),
    *(tlv(tag, b"ES") for tag in (der.IA5_STRING, der.PRINTABLE_STRING, der.ENUMERATED, 0x80, 0xA0)),
    *(seq(), tlv(der.SET, b""), b"\x05\x00", octets(b""), bits(b""), tlv(der.BIT_STRING, b"\x07\x80"), b""),
)  # fmt: skip
WORDS = (
    *("<ofd:Seal/>", "<ofd:StampAnnot/>", "<A/>", "<!-- -->", "<?a?>", "<![CDATA[a]]>", "]]>", "&lt;", "&#49;", "&b;"),
    *(' ID="9"', ' xmlns:p="q"', ' xml:lang="zh"', ' xmlns=""', "\r\n", "\t", " ", "/", "..", "<", ">", '"', "=", "&"),
    *("0", "1", "9", "/OFD.xml", "Seal", "SM3", "\u0663", "中", "\x7f", "\ufffd", "\U0001f600"),
)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """One element of a DER tree, or of one in an OCTET STRING, replaced, removed, doubled or changed a little."""
    places: list[tuple[tuple[int, ...], der.Node]] = []

    def walk(node: der.Node, path: tuple[int, ...]) -> None:
        places.append((path, node))
        for index, child in enumerate(node.children):
            walk(child, (*path, index))

    walk(der.parse(data), ())
    path, node = random_.choice(places[1:] or places)
    if node.tag == der.OCTET_STRING and random_.random() < 0.8:
        with suppress(Malformed):
            return changed(data, path, octets(mutated(node.content, random_)))
    match random_.randrange(5):
        case 0:
            raw = random_.choice(places)[1].raw
        case 1:
            raw = 2 * node.raw
        case 2:
            where = random_.randrange(len(node.raw))
            raw = node.raw[:where] + bytes((node.raw[where] ^ 1 << random_.randrange(8),)) + node.raw[where + 1 :]
        case _:
            raw = random_.choice(STRANGE)
    return changed(data, path, raw)


def texts(random_: random.Random) -> Iterator[Question]:
    """XML with something put in or taken out; check values and signature are made right again."""
    for _ in range(3 * COUNT):
        files = forged.good_files()
        name = random_.choice(("OFD.xml", forged.LIST, forged.FILE))
        text = files[name].decode()
        where = random_.randrange(len(text))
        text = text[:where] + random_.choice((*WORDS, "")) + text[where + random_.choice((0, 0, 0, 1, 2, 5)) :]
        files[name] = text.encode()
        yield (forged.signed_again(files) if name == forged.FILE else forged.refreshed(files)), ()


def made(random_: random.Random) -> Iterator[Question]:
    info = at(seals.seal(by_digest=random_.random() < 0.5), 0)
    for _ in range(COUNT):
        yield forged.with_seal(forged.remade(mutated(info, random_))), ()


def signed(random_: random.Random) -> Iterator[Question]:
    for _ in range(COUNT):
        value = forged.value(mutated(forged.to_sign(), random_))
        yield {**forged.good_files(), forged.VALUE: value}, ()


def certified(certificate: bytes, random_: random.Random) -> bytes:
    tbs = mutated(at(certificate, 0), random_)
    return seq(tbs, at(certificate, 1), bits(seals.signature_of(seals.SUB_CA, tbs)))


def certificates(random_: random.Random) -> Iterator[Question]:
    for _ in range(COUNT):
        signer = certified(seals.certificate(seals.SEALER), random_)
        seal = forged.with_info((forged.PROPERTY, 3), seq(octets(signer)))
        yield forged.refreshed({**forged.good_files(), forged.SEAL: seal}, seal, by=signer), ()
        maker = certified(seals.maker_certificate(), random_)
        yield forged.with_seal(forged.remade(at(seals.seal(), 0), by=maker)), ()


def lists(random_: random.Random) -> Iterator[Question]:
    good = [crl(), *(crl((who, when, 1)) for who in (seals.SEALER, seals.MAKER) for when in (seals.AT, 1_700_000_000))]  # type: ignore[arg-type]
    for _ in range(COUNT):
        listed = random_.choice(good)
        tbs = mutated(at(listed, 0), random_)
        again = seq(tbs, at(listed, 1), bits(seals.signature_of(seals.SUB_CA, tbs)))
        yield forged.good_files(), (again, *random_.choice(((), (good[0],))))


def python(question: Question) -> Any:
    files, crls = question
    try:
        return said(ofd.check_seal(Package(files, b"", b""), seals.bundle(), seals.AT, crls=crls))
    except SealRefused as refused:
        return [refused.fault.value, refused.fault.failed, refused.detail]


def told(answer: Any) -> Any:
    """Of XML that has several faults each reader names the first that it met."""
    xml = isinstance(answer, list) and answer[2].startswith("ofd: ")
    return answer[:2] if xml else answer


def b64(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.parametrize("make", [texts, made, signed, certificates, lists], ids=lambda f: f.__name__)
def test_same_answer_as_python(make: Callable[[random.Random], Iterator[Question]]) -> None:
    questions = list(make(random.Random(SEED)))
    asked = [{"files": [[n, b64(d)] for n, d in files.items()], "crls": [*map(b64, crls)]} for files, crls in questions]
    trust = b64(kit.signed_bundle(seals.bundle()))
    found = answers("answer-seals.mjs", {"trust": trust, "at": seals.AT, "questions": asked})
    expected = [python(q) for q in questions]
    assert len(found) == len(expected) >= COUNT
    both = enumerate(zip(map(told, found), map(told, expected), strict=True))
    assert [(i, a, e) for i, (a, e) in both if a != e][:3] == []
    assert len({e[0] if isinstance(e, list) else "good" for e in expected}) > 2
