"""What stands in a row for each field of a request, and the rules that were applied to the row."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.command.imports.mapping import Column, Map
from services.command.imports.readers.row import Row
from services.command.imports.rules import Action, Rule
from services.command.imports.words import clean, folded

_MOST_WORDS = 1000
_OF_WORDS = frozenset(
    {Rule.UNKNOWN_AFFAIR, Rule.UNKNOWN_OWNER, Rule.UNKNOWN_STATE, Rule.UNKNOWN_CHANNEL, Rule.UNKNOWN_AREA}
)


class LeftOut(Exception):
    """Carries the rule that leaves a row out."""

    def __init__(self, rule: Rule, action: Action, column: str, detail: str) -> None:
        super().__init__(detail)
        self.rule, self.action, self.column, self.detail = rule, action, column, detail


@dataclass(slots=True)
class At:
    """A row under way."""

    row: Row
    rules: list[Rule] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)  # of each field that is not blank


class Cells:
    """Reads rows by the columns of a map."""

    def __init__(self, by: Map) -> None:
        self.columns = columns_of(by)
        self._map = by
        self._blank = frozenset(map(folded, by.blank))
        self.unknown: Counter[tuple[Rule, str]] = Counter()
        """Words that name nothing, by rule: so many that somebody can mend the map by them."""

    def apply(self, at: At, rule: Rule, wanted: str, detail: str) -> None:
        """Note the rule, or leave the row out."""
        action = self._map.action(rule)
        if rule in _OF_WORDS and (len(self.unknown) < _MOST_WORDS or (rule, detail) in self.unknown):
            self.unknown[rule, detail] += 1
        if action is not Action.REPAIR:
            column = at.columns.get(wanted) or " or ".join(self.columns.get(wanted, ()))
            raise LeftOut(rule, action, column, detail[:200])
        at.rules.append(rule)

    def value(self, at: At, wanted: str) -> str:
        """What stands in the first column of those that is not blank; "" in none."""
        for column in self.columns.get(wanted, ()):
            value = clean(at.row.values.get(column, ""))
            if value and (not self._blank or folded(value) not in self._blank):
                at.columns[wanted] = column
                return value
        return ""

    def needed(self, at: At, wanted: str) -> str:
        """The same of a field without which there is no request."""
        value = self.value(at, wanted)
        if not value:
            self.apply(at, Rule.INCOMPLETE, wanted, "is blank")
        return value

    def text(self, at: At, wanted: str, longest: int) -> str:
        """A text, cut if a case cannot hold it."""
        text = self.value(at, wanted)
        if len(text) > longest:
            self.apply(at, Rule.TOO_LONG, wanted, f"{len(text):,} characters")
            return f"{text[: longest - 1]}…"
        return text


def columns_of(by: Map) -> Mapping[str, tuple[str, ...]]:
    """For each field of a request that the map reads: its columns, as folded."""
    found: dict[str, tuple[str, ...]] = {}
    for wanted in by.columns.__struct_fields__:
        given: Column | None = getattr(by.columns, wanted)
        if given is not None:
            found[wanted] = tuple(map(folded, _listed(given)))
    return found


def _listed(column: Column) -> Iterable[str]:
    return [column] if isinstance(column, str) else column
