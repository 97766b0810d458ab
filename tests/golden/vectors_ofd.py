"""The structure of one whole OFD: every XML member, an element a line. Fonts and pictures are looked at elsewhere.

`python -m tests.golden.vectors_ofd` writes it. Run it after a deliberate change, and read the diff.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import pages
from tests.support.ofd_text import files_of

HERE = Path(__file__).parent / "ofd"
_IDENTIFIER = re.compile(r"(<ofd:DocID>)[0-9a-f]{32}")


def documents() -> dict[str, str]:
    """Name to text: a divorce certificate's annotated copy, ready for its seal, with a rare character."""
    page = pages.page_of("divorce", annotation=pages.ANNOTATION, changes={"holder_name": "𠮷示例"})
    found = []
    for name, data in files_of(page, sealed=True).items():
        if name.endswith(".xml"):
            text = _IDENTIFIER.sub(r"\1(hash of all members)", data.decode())
            found.append(f"=== {name}\n" + text.replace("><", ">\n<"))
    return {"divorce-annotated": "\n".join(found) + "\n"}


def main() -> None:
    HERE.mkdir(exist_ok=True)
    for name, text in documents().items():
        (HERE / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
