"""A rendered page takes a seal, and every XML member of it passes the verifier's strict reader."""

from __future__ import annotations

import io
import zipfile

import pytest

from certs.documents import ofd
from certs.documents.sealpicture import seal_picture
from certs.documents.view import LANGUAGES, Lang
from tests.support import pages, seals
from tests.support.ofd_text import CUSTOM, HOLDER_FILE, WHEN
from verifier import ofdfile, ofdxml, package
from verifier.ofd import check_consistent


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_takes_a_seal_at_the_place_it_names(lang: Lang) -> None:
    page = pages.page_of("marriage", lang=lang, seal=seal_picture("示例市甲区民政局"), annotation=pages.ANNOTATION)
    made = ofd.render_with_stamp(
        page, code=pages.code(), holder_file=HOLDER_FILE, custom=CUSTOM, issued_at=WHEN, sealed=True
    )
    assert made.stamp is not None
    data = package.write(seals.sealed_files(made.files, stamps=(made.stamp,)))
    read = package.read(data)
    check_consistent(read)
    signature = ofdfile.read_signature(read, ofdfile.read_entry(read))
    assert signature is not None
    assert signature.stamps == (made.stamp,)
    assert ofdfile.holder_file(read) == HOLDER_FILE
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize("name", pages.KIND_NAMES)
def test_the_strict_reader_takes_every_file(name: str) -> None:
    made = ofd.render(pages.page_of(name), code=pages.code(), holder_file=b"x", custom=CUSTOM, issued_at=WHEN)
    for member, data in made.items():
        if member.endswith(".xml"):
            assert ofdxml.parse(data, data.split(b"<ofd:", 1)[1].split(b" ", 1)[0].decode()).name
