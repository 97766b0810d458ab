"""XLSX (ECMA-376) as a stream of rows: one visible sheet, the first line of it the header, every cell as text.

The sheet is read twice: once for what must stop the whole file (merged cells stand behind the rows in a sheet's XML),
and once for the rows. Neither pass holds more than a block of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO, Final

from api.errors import BatchUnreadable

from .headings import Header, Target, columns_of, resolve
from .rows import BadRow, RawRow, Row
from .xlsx_cells import CellError, column_number, date_styles, other_cell, text_cell, trimmed
from .xlsx_package import Package, fed, local, parse, parser
from .xlsx_strings import read_strings

_MAX_CELL: Final = 32_767  # characters
_MAX_COLUMNS: Final = 512
_MAX_ROWS: Final = 1 << 20  # of a sheet, by ECMA-376


class _Cell:
    __slots__ = ("column", "formula", "kind", "size", "style", "text")

    def __init__(self, column: int, kind: str, style: int) -> None:
        self.column, self.kind, self.style = column, kind, style
        self.formula, self.size = False, 0
        self.text: list[str] = []


class _Line:
    __slots__ = ("cells", "hidden", "number")

    def __init__(self, number: int, hidden: bool) -> None:
        self.number, self.hidden = number, hidden
        self.cells: list[_Cell] = []


class _Sheet:
    """Handlers of expat that gather lines."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self._line: _Line | None = None
        self._cell: _Cell | None = None
        self._taking = False
        self._phonetic = False
        self._last = 0
        self.parser = parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag) if ":" in tag else tag
        if name == "c" and self._line is not None:
            self._cell = self._new_cell(attributes, self._line)
            self._line.cells.append(self._cell)
        elif name in ("v", "t"):
            self._taking = self._cell is not None and not self._phonetic
        elif name == "f" and self._cell is not None:
            self._cell.formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = int(attributes.get("r", self._last + 1))
            if not self._last < number <= _MAX_ROWS:
                raise ValueError("rows out of order")
            self._last = number
            self._line = _Line(number, attributes.get("hidden") in ("1", "true"))

    def _new_cell(self, attributes: dict[str, str], line: _Line) -> _Cell:
        before = line.cells[-1].column if line.cells else -1
        reference = attributes.get("r")
        column = before + 1 if reference is None else column_number(reference)
        if column <= before or len(line.cells) > _MAX_COLUMNS:
            raise ValueError("cells out of order")
        return _Cell(column, attributes.get("t", "n"), int(attributes.get("s", "0")))

    def _end(self, tag: str) -> None:
        name = local(tag) if ":" in tag else tag
        if name in ("v", "t"):
            self._taking = False
        elif name == "c":
            self._cell = None
        elif name == "rPh":
            self._phonetic = False
        elif name == "row" and self._line is not None:
            self.lines.append(self._line)
            self._line = None

    def _characters(self, data: str) -> None:
        if self._taking and self._cell is not None:
            self._cell.text.append(data)
            self._cell.size += len(data)
            if len(self._cell.text) > 64 or self._cell.size > _MAX_CELL:
                raise BatchUnreadable("xlsx-bomb")


class Workbook:
    """An opened spreadsheet. Raises BatchUnreadable, here and in every method."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        package = Package(stream)
        root = [part for kind, part in package.related("").values() if kind == "officeDocument"]
        if len(root) != 1:
            raise BatchUnreadable("xlsx-part")
        related = package.related(root[0])
        self._sheet = _only_sheet(package, root[0], related)
        parts = dict(related.values())
        self._dates = date_styles(package, parts.get("styles"))
        shared = parts.get("sharedStrings")
        self.strings = read_strings(package.blocks(shared) if shared else iter([b"<sst/>"]))

    def survey(self, kind: Target, *, archive: bool = False) -> tuple[Header, int]:
        """The header, and how many rows are below it, once nothing in the sheet stops the file."""
        rows = _survey(Package(self._stream), self._sheet)
        first = next(self._lines(), None)
        if first is None:
            raise BatchUnreadable("no-header")
        return self._header(first, kind, archive), rows - 1

    def close(self) -> None:
        self.strings.close()

    def rows(self, kind: Target, *, archive: bool = False) -> Iterator[Row]:
        """Rows below the header, which is row 1."""
        header: Header | None = None
        for line in self._lines():
            if header is None:
                header = self._header(line, kind, archive)
                continue
            row = self._row(line, header, kind)
            if row is not None:
                yield row
        if header is None:
            raise BatchUnreadable("no-header")

    def _lines(self) -> Iterator[_Line]:
        sheet = _Sheet()
        for _ in fed(sheet.parser, Package(self._stream).blocks(self._sheet)):
            yield from sheet.lines
            sheet.lines.clear()

    def _header(self, line: _Line, kind: Target, archive: bool) -> Header:
        cells: list[str] = []
        for cell in line.cells:
            cells += [""] * (cell.column - len(cells))
            try:
                cells.append(self._text(cell, ""))
            except CellError:
                raise BatchUnreadable("no-header", line=line.number) from None
        if line.number != 1:
            raise BatchUnreadable("no-header", line=1)
        return resolve(trimmed(cells), kind, archive=archive)

    def _row(self, line: _Line, header: Header, kind: Target) -> Row | None:
        columns = header.columns
        values = dict.fromkeys(columns_of(kind), "")
        errors = [BadRow(line.number, "", "xlsx-hidden-row")] if line.hidden else []
        seen = False
        for cell in line.cells:
            if not (cell.text or cell.formula):
                continue
            column = columns[cell.column] if cell.column < len(columns) else ""
            if column is None:
                continue
            try:
                text = self._text(cell, column)
            except CellError as error:
                errors.append(BadRow(line.number, column, str(error)))
                continue
            if not text:
                continue
            seen = True
            if not column:
                errors.append(BadRow(line.number, "", "column-count"))
                continue
            values[column] = text
        if not seen and len(errors) == line.hidden:
            return None  # a row of borders
        return tuple(errors) if errors else RawRow(line.number, values)

    def _text(self, cell: _Cell, column: str) -> str:
        if cell.formula:
            raise CellError("xlsx-formula")
        value = "".join(cell.text)
        if cell.kind == "s":
            if not (value.isascii() and value.isdigit() and len(value) < 10):
                raise BatchUnreadable("xlsx-part")
            return text_cell(self.strings.get(int(value)))
        if cell.kind in ("inlineStr", "str"):
            return text_cell(value)
        return other_cell(cell.kind, value, column=column, is_date=cell.style in self._dates) if value else ""


def _only_sheet(package: Package, workbook: str, related: dict[str, tuple[str, str]]) -> str:
    sheets = [attributes for tag, attributes in package.elements(workbook) if tag == "sheet"]
    if any(sheet.get("state", "visible") != "visible" for sheet in sheets):
        raise BatchUnreadable("xlsx-hidden-sheet")
    if len(sheets) != 1:
        raise BatchUnreadable("xlsx-sheets")
    kind, part = related.get(sheets[0].get("id", ""), ("", ""))
    if kind != "worksheet":
        raise BatchUnreadable("xlsx-sheets")
    return part


def _survey(package: Package, part: str) -> int:
    """Rows of the sheet, once nothing in it stops the file."""
    rows = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal rows
        name = local(tag) if ":" in tag else tag
        if name == "row":
            rows += 1
        elif name == "mergeCell":
            first = attributes.get("ref", "").partition(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            line = int(first) if first.isascii() and first.isdigit() and len(first) < 9 else 0
            raise BatchUnreadable("xlsx-merged-cells", line=line)
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            raise BatchUnreadable("xlsx-hidden-columns")

    made = parser()
    made.StartElementHandler = start
    parse(made, package.blocks(part))
    return rows


def read(stream: BinaryIO, kind: Target, *, archive: bool = False) -> Iterator[Row]:
    """Rows below the header. Raises BatchUnreadable."""
    with closing(Workbook(stream)) as workbook:
        yield from workbook.rows(kind, archive=archive)
