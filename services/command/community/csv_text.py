"""CSV (RFC 4180, also with `;` or tabs) as nodes: each row a mapping by the header, each cell with its spot.

A header `name.en` puts the cell into `name`. A cell that begins with `[` or `{` is read as YAML; a list of
words may be written with `;` between them. An empty cell is left out.
"""

from collections.abc import Iterator

from services.command.community import yaml_text
from services.command.community.tree import Fields, Items, Node, Problems, Spot, Text

Cell = tuple[Spot, str]
Row = list[Cell]


def parse(text: str, file: str, problems: Problems) -> Items:
    """The rows of a table."""
    table = Items(Spot(file))
    delimiter = _delimiter(text)
    rows = _rows(text, file, problems, delimiter)
    header = next(rows, None)
    if header is None:
        problems.add(Spot(file), "csv-empty")
        return table
    names = _named(header, problems)
    for row in rows:
        if not any(word.strip() for _, word in row):
            continue
        if len(row) != len(header):
            problems.add(row[0][0], "csv-cells", has=len(row), wanted=len(header))
            continue
        table.items.append(_fields(names, row, problems))
    return table


def _delimiter(text: str) -> str:
    """What separates the names of the columns: spreadsheets of many countries write `;`."""
    header = text.partition("\n")[0]
    return next((each for each in ",;\t" if each in header), ",")


def words_of(cell: Text) -> list[Text]:
    """The entries of a list that is written as `a; b; c`."""
    found, at = [], 0
    for part in cell.value.split(";"):
        begins = at + len(part) - len(part.lstrip())
        if part.strip():
            spot = Spot(cell.spot.file, cell.spot.line, cell.spot.column + begins)
            found.append(Text(spot, part.strip()))
        at += len(part) + 1
    return found


def _named(header: Row, problems: Problems) -> list[Text]:
    names, seen = [], dict[str, Spot]()
    for spot, word in header:
        name = word.strip()
        if not name:
            problems.add(spot, "csv-header")
        elif name in seen:
            problems.add(spot, "key-twice", key=name, line=spot.line)
        seen[name] = spot
        names.append(Text(spot, name))
    return names


def _fields(names: list[Text], row: Row, problems: Problems) -> Fields:
    fields = Fields(row[0][0])
    inner: dict[str, Fields] = {"": fields}
    for name, (spot, word) in zip(names, row, strict=True):
        if not word.strip() or not name.value:
            continue
        path, _, last = name.value.rpartition(".")
        into = _within(inner, path, name.spot, spot)
        into.entries.append((Text(name.spot, last), _value(spot, word.strip(), problems)))
    return fields


def _within(inner: dict[str, Fields], path: str, header: Spot, spot: Spot) -> Fields:
    if path not in inner:
        above, _, last = path.rpartition(".")
        inner[path] = Fields(spot)
        _within(inner, above, header, spot).entries.append((Text(header, last), inner[path]))
    return inner[path]


def _value(spot: Spot, word: str, problems: Problems) -> Node:
    if word[0] not in "[{":
        return Text(spot, word)
    own = Problems()
    node = yaml_text.parse(word, spot.file, own)
    for each in own:
        problems.add(spot, "csv-yaml", column=each.spot.column)
    return _moved(node, spot) if node is not None else Text(spot, word)


def _moved(node: Node, spot: Spot) -> Node:
    """A node of a cell, where it stands in the file; on a cell's further lines columns are the file's own."""
    first = node.spot.line == 1
    at = Spot(spot.file, spot.line + node.spot.line - 1, node.spot.column + (spot.column - 1 if first else 0))
    match node:
        case Text():
            return Text(at, node.value, plain=node.plain)
        case Items():
            return Items(at, [_moved(each, spot) for each in node.items])
        case Fields():
            moved = [(_moved(key, spot), _moved(value, spot)) for key, value in node.entries]
            return Fields(at, [(key, value) for key, value in moved if isinstance(key, Text)])


def _rows(text: str, file: str, problems: Problems, delimiter: str) -> Iterator[Row]:
    """Rows of cells; a quote out of place is told, and taken as it stands."""
    at, line, begins = 0, 1, 0
    row: Row = []
    while at < len(text):
        spot = Spot(file, line, at - begins + 1)
        if text[at] == '"':
            word, at, lines, begins = _quoted(text, at, spot, begins, problems, delimiter)
            line += lines
        else:
            end = at
            while end < len(text) and text[end] not in f"{delimiter}\r\n":
                end += 1
            word = text[at:end]
            if '"' in word:
                problems.add(Spot(file, line, spot.column + word.index('"')), "csv-quote")
            at = end
        row.append((spot, word))
        if at < len(text) and text[at] == delimiter:
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append((Spot(file, line, at - begins + 1), ""))
            else:
                continue
        if at < len(text) or row:
            yield row
        row = []
        if text[at : at + 2] == "\r\n":
            at += 2
        else:
            at += 1
        line, begins = line + 1, at


def _quoted(
    text: str, at: int, spot: Spot, begins: int, problems: Problems, delimiter: str
) -> tuple[str, int, int, int]:
    """The word in quotes, where it ends, how many lines it goes over, and where its last line begins."""
    word, start, at = "", at, at + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            problems.add(spot, "csv-quote-open")
            word, at = word + text[at:], len(text)
            break
        word += text[at:end]
        at = end + 1
        if text[at : at + 1] != '"':
            break
        word, at = word + '"', at + 1
    lines = text.count("\n", start, at)
    if lines:
        begins = text.rfind("\n", start, at) + 1
    if text[at : at + 1] not in ("", delimiter, "\r", "\n"):
        problems.add(Spot(spot.file, spot.line + lines, at - begins + 1), "csv-quote")
        while at < len(text) and text[at] not in f"{delimiter}\r\n":
            at += 1
    return word, at, lines, begins
