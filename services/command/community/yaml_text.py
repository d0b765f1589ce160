"""YAML as nodes, by the parser's events: nothing is constructed, and nothing is guessed from a plain word."""

from collections.abc import Iterator
from typing import Any

import yaml

from services.command.community.tree import Fields, Items, Node, Problems, Spot, Text

DEEPEST = 40
"""Levels of nesting; a community file has eight."""
MOST_NODES = 2_000_000
"""Nodes of a file with its aliases written out: a small file of aliases can stand for more than a memory."""
_TAGS = ("tag:yaml.org,2002:str", "!", None)
_KINDS = {
    "could not find expected ':'": "yaml-colon",
    "mapping values are not allowed in this context": "yaml-value",
    "did not find expected ',' or '}'": "yaml-brace",
    "did not find expected ',' or ']'": "yaml-bracket",
    "did not find expected key": "yaml-indent",
    "did not find expected '-' indicator": "yaml-indent",
    "block sequence entries are not allowed in this context": "yaml-indent",
    "did not find expected node content": "yaml-node",
    "found unexpected end of stream": "yaml-end",
    "found character that cannot start any token": "yaml-start",
}
"""What is said of the parser's own words; of others, those."""


def parse(text: str, file: str, problems: Problems) -> Node | None:
    """The root of the one document in `text`; None if there is none or the text is no YAML."""
    reader = _Reader(file, problems)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        _say_unreadable(text, Spot(file, line + 1, column + 1), str(error.problem), problems)
        return None
    except yaml.reader.ReaderError:
        _say_character(text, file, problems)
        return None
    except _TooMuch:
        return None
    return reader.root


class _TooMuch(Exception):
    """It is not read on."""


class _Reader:
    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._open: list[tuple[Items | Fields, str | None]] = []
        self._keys: list[Text | None] = []
        self._anchored: dict[str, Node | None] = {}
        self._sizes: dict[int, int] = {}
        self._documents = 0
        self.root: Node | None = None

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._problems.add(self._spot(event), "yaml-documents")
                    raise _TooMuch
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.ScalarEvent():
                self._check_tag(event, event.tag if not event.implicit[1] else None)
                node = Text(self._spot(event), event.value, plain=not event.style)
                self._put(node, event.anchor, 1)
            case yaml.SequenceStartEvent():
                self._begin(Items(self._spot(event)), event)
            case yaml.MappingStartEvent():
                self._begin(Fields(self._spot(event)), event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._end()
            case _:
                """The ends of the stream and of documents."""

    def _spot(self, event: Any) -> Spot:
        return Spot(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _check_tag(self, event: Any, tag: str | None) -> None:
        if tag not in _TAGS:
            self._problems.add(self._spot(event), "yaml-tag", tag=tag)

    def _begin(self, node: Items | Fields, event: Any) -> None:
        self._check_tag(event, event.tag if not event.implicit else None)
        if len(self._open) >= DEEPEST:
            self._problems.add(self._spot(event), "yaml-deep", most=DEEPEST)
            raise _TooMuch
        if event.anchor:
            self._anchored[event.anchor] = None
        self._open.append((node, event.anchor))
        self._keys.append(None)
        self._sizes[id(node)] = 1

    def _end(self) -> None:
        node, anchor = self._open.pop()
        self._keys.pop()
        self._put(node, anchor, self._sizes[id(node)])

    def _alias(self, event: Any) -> None:
        node = self._anchored.get(event.anchor)
        if node is None:
            self._problems.add(self._spot(event), "yaml-alias", name=event.anchor)
            raise _TooMuch
        self._put(node, None, self._sizes[id(node)], self._spot(event))

    def _put(self, node: Node, anchor: str | None, size: int, at: Spot | None = None) -> None:
        """Put a finished node into what is open."""
        self._sizes[id(node)] = size
        if anchor:
            self._anchored[anchor] = node
        if not self._open:
            self.root = node
            return
        into, _ = self._open[-1]
        self._sizes[id(into)] += size
        if self._sizes[id(into)] > MOST_NODES:
            self._problems.add(at or node.spot, "yaml-bomb", most=MOST_NODES)
            raise _TooMuch
        if isinstance(into, Items):
            into.items.append(node)
        else:
            self._put_into(into, node)

    def _put_into(self, into: Fields, node: Node) -> None:
        key, self._keys[-1] = self._keys[-1], None
        if key is not None:
            if key.value:
                into.entries.append((key, node))
        elif not isinstance(node, Text):
            self._problems.add(node.spot, "yaml-key")
            self._keys[-1] = Text(node.spot, "")
        else:
            self._check_key(into, node)
            self._keys[-1] = node

    def _check_key(self, into: Fields, key: Text) -> None:
        if key.value == "<<" and key.plain:
            self._problems.add(key.spot, "yaml-merge")
        before = next((given for given, _ in into.entries if given.value == key.value), None)
        if before is not None:
            self._problems.add(key.spot, "key-twice", key=key.value, line=before.spot.line)


def _say_unreadable(text: str, spot: Spot, said: str, problems: Problems) -> None:
    lines = text.splitlines()
    line = lines[spot.line - 1] if spot.line <= len(lines) else ""
    blank = line[: len(line) - len(line.lstrip())]
    if "\t" in blank:
        problems.add(Spot(spot.file, spot.line, blank.index("\t") + 1), "yaml-tab")
    else:
        problems.add(spot, _KINDS.get(said, "yaml-unreadable"), said=said)


def _say_character(text: str, file: str, problems: Problems) -> None:
    before = next(_unprintable(text), 0)
    line = text.count("\n", 0, before) + 1
    problems.add(
        Spot(file, line, before - text.rfind("\n", 0, before)), "character", code=f"U+{ord(text[before]):04X}"
    )


def _unprintable(text: str) -> Iterator[int]:
    return (number for number, each in enumerate(text) if each < " " and each not in "\t\n\r")
