"""A row of a file becomes a request, by the map and by what the platform knows; or is left out by a rule."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.text import Unfit, key
from services.command.imports.ground import Ground, Owned
from services.command.imports.mapping import REFUSE, Column, Map
from services.command.imports.moments import Clock
from services.command.imports.readers.reading import UNREADABLE
from services.command.imports.readers.row import Row
from services.command.imports.rules import Action, Rule
from services.command.imports.words import clean, folded

Place = tuple[float, float]

_LONGEST_NUMBER, _LONGEST_ADDRESS, _LONGEST_DESCRIPTION = 64, 500, 4000
_ENDED = frozenset({"resolved", "closed", "withdrawn", "rejected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, clean: times in UTC, texts without what does not belong into them.

    `body_id` is "" if the responsibility list decides; `unowned` if that has nobody either.
    """

    line: int
    number: str
    affair_id: str
    body_id: str
    unowned: bool
    state: str  # a `Step` of the map
    channel: int
    anonymous: bool
    place: Place | None  # latitude, longitude
    area_id: str  # where it is filed if no area holds the place
    address: str
    description: str
    opened: datetime
    responded: datetime | None
    ended: datetime | None
    updated: datetime
    inside: bool  # an area holds it, or is named
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A row that is not imported: refused, or skipped as the map wants; why, and in which column."""

    line: int
    number: str
    rule: Rule
    action: Action
    column: str
    detail: str


class _LeftOut(Exception):
    """Carries the rule that leaves a row out."""

    def __init__(self, rule: Rule, action: Action, column: str, detail: str) -> None:
        super().__init__(detail)
        self.rule, self.action, self.column, self.detail = rule, action, column, detail


@dataclass(slots=True)
class _At:
    """A row under way."""

    row: Row
    rules: list[Rule] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)  # of each field that is not blank


class Reading:
    """Makes requests of the rows of one file."""

    def __init__(self, by: Map, ground: Ground, now: datetime | None = None, *, iso: bool = False) -> None:
        self._map = by
        self._ground = ground
        self._now = now or datetime.now(UTC)
        self._clock = Clock(by.zone, by.dates, iso=iso)
        self._columns = columns_of(by)
        self._blank = frozenset(map(folded, by.blank))
        self._anonymous = frozenset(map(folded, by.anonymous))
        self._states = _folded(by.states.values)
        self._affairs = _folded(by.affairs.values)
        self._owners = _folded(by.owners.values)
        self._channels = _folded(by.channels.values)
        self._areas = _folded(by.place.areas)
        self._without = ground.areas.find(by.place.without)

    def read(self, row: Row) -> Request | Left:
        """The row as a request, or why it is none."""
        at = _At(row)
        number = ""
        try:
            if row.problem:
                self._apply(at, Rule.BROKEN_LINE, "", row.problem)
            if any(UNREADABLE in value for value in row.values.values()):
                self._apply(at, Rule.UNREADABLE_BYTES, "", "")
            number = self._number(at)
            return self._request(at, number)
        except _LeftOut as left:
            return Left(
                line=row.line, number=number, rule=left.rule, action=left.action,
                column=left.column, detail=left.detail,
            )  # fmt: skip

    def _request(self, at: _At, number: str) -> Request:
        affair_id = self._affair(at)
        opened, _ = self._read(at, "opened", self._needed(at, "opened"))
        state = self._state(at)
        updated = self._update(at, opened)
        ended = self._end(at, state, opened, updated)
        place, area_id, located = self._place(at, opened)
        body_id, unowned = self._owner(at, affair_id, (self._without, located), opened)
        return Request(
            line=at.row.line, number=number, affair_id=affair_id, body_id=body_id, unowned=unowned,
            state=state, channel=self._channel(at), anonymous=self._is_anonymous(at, affair_id),
            place=place, area_id=area_id, inside=bool(located),
            address=self._text(at, "address", _LONGEST_ADDRESS),
            description=self._text(at, "description", _LONGEST_DESCRIPTION),
            opened=opened, responded=self._response(at, opened, ended), ended=ended, updated=updated,
            rules=tuple(dict.fromkeys(at.rules)),
        )  # fmt: skip

    def _apply(self, at: _At, rule: Rule, wanted: str, detail: str) -> None:
        """Note the rule, or leave the row out."""
        action = self._map.action(rule)
        if action is not Action.REPAIR:
            column = at.columns.get(wanted) or " or ".join(self._columns.get(wanted, ()))
            raise _LeftOut(rule, action, column, detail[:200])
        at.rules.append(rule)

    def _value(self, at: _At, wanted: str) -> str:
        """What stands in the first column of those that is not blank; "" in none."""
        for column in self._columns.get(wanted, ()):
            value = clean(at.row.values.get(column, ""))
            if value and (not self._blank or folded(value) not in self._blank):
                at.columns[wanted] = column
                return value
        return ""

    def _needed(self, at: _At, wanted: str) -> str:
        value = self._value(at, wanted)
        if not value:
            self._apply(at, Rule.INCOMPLETE, wanted, "is blank")
        return value

    def _number(self, at: _At) -> str:
        given = self._needed(at, "id")
        try:
            number = key(given)
        except Unfit as unfit:
            self._apply(at, Rule.BAD_NUMBER, "id", f"{given[:70]!r}: {unfit}")
            raise AssertionError from None  # it cannot be repaired
        if len(number) > _LONGEST_NUMBER:
            self._apply(
                at, Rule.BAD_NUMBER, "id", f"{given[:70]!r} is longer than {_LONGEST_NUMBER} characters"
            )
        return number

    def _update(self, at: _At, opened: datetime) -> datetime:
        given = self._value(at, "updated")
        return max(opened, self._read(at, "updated", given)[0]) if given else opened

    def _read(self, at: _At, wanted: str, given: str) -> tuple[datetime, bool]:
        """A moment, and whether it is a date without a time."""
        try:
            moment, rule, whole_day = self._clock.read(given)
        except ValueError:
            formats = " or ".join(self._map.dates.formats)
            self._apply(at, Rule.BAD_TIME, wanted, f"{given[:40]!r} is not written as {formats}")
            raise AssertionError from None  # it cannot be repaired
        if rule is not None:
            self._apply(at, rule, wanted, given)
        if moment > self._now:
            self._apply(at, Rule.FUTURE, wanted, given)
        return moment, whole_day

    def _within(self, at: _At, wanted: str, given: str, opened: datetime, rule: Rule) -> datetime:
        """A date without a time stands for its midnight; on the day of the opening, for the opening."""
        moment, whole_day = self._read(at, wanted, given)
        if not whole_day:
            return moment
        self._apply(at, rule, wanted, given)
        return opened if self._clock.same_day(moment, opened) else moment

    def _end(self, at: _At, state: str, opened: datetime, updated: datetime) -> datetime | None:
        given = self._value(at, "closed")
        if state not in _ENDED:
            if given:
                self._apply(at, Rule.CLOSED_BUT_OPEN, "closed", given)
            return None
        if not given:
            self._apply(at, Rule.CLOSED_WITHOUT_TIME, "closed", "is blank")
            return updated
        ended = self._within(at, "closed", given, opened, Rule.CLOSED_ON_A_DATE)
        if ended < opened:
            self._apply(
                at, Rule.CLOSED_BEFORE_OPENED, "closed", f"{given}, opened {self._value(at, 'opened')}"
            )
            return opened
        return ended

    def _response(self, at: _At, opened: datetime, ended: datetime | None) -> datetime | None:
        given = self._value(at, "responded")
        if not given:
            return None
        moment = self._within(at, "responded", given, opened, Rule.RESPONDED_ON_A_DATE)
        if moment < opened:
            self._apply(at, Rule.RESPONDED_BEFORE_OPENED, "responded", given)
            return None
        if ended is not None and moment > ended:
            self._apply(at, Rule.RESPONDED_AFTER_CLOSED, "responded", given)
            return None
        return moment

    def _state(self, at: _At) -> str:
        if "state" not in self._columns:
            return "closed" if self._value(at, "closed") else "open"
        given = self._value(at, "state")
        step = self._states.get(folded(given), self._map.states.otherwise)
        if step == REFUSE:
            self._apply(at, Rule.UNKNOWN_STATE, "state", repr(given))
        return step

    def _affair(self, at: _At) -> str:
        given = self._needed(at, "affair")
        for word in (self._affairs.get(folded(given)), given, self._map.affairs.otherwise):
            if word and word != REFUSE and (found := self._ground.affairs.find(word)):
                return found
        self._apply(at, Rule.UNKNOWN_AFFAIR, "affair", repr(given))
        raise AssertionError  # it cannot be repaired

    def _owner(self, at: _At, affair_id: str, areas: Sequence[str], opened: datetime) -> tuple[str, bool]:
        """The body that the row names ("": the list decides), and whether nobody has the case."""
        given = self._value(at, "owner") if self._map.owners.by == "column" else ""
        body_id = ""
        if given:
            body_id = self._ground.bodies.find(self._owners.get(folded(given), given))
            if not body_id:
                self._apply(at, Rule.UNKNOWN_OWNER, "owner", repr(given))
        owned = self._ground.owned(affair_id, areas, opened)
        if owned is Owned.LATER:
            self._apply(at, Rule.BEFORE_IN_FORCE, "opened", f"{self._value(at, 'opened')}: {affair_id}")
        elif owned is Owned.NEVER and not body_id:
            self._apply(at, Rule.NOBODY_RESPONSIBLE, "affair", affair_id)
        return body_id, owned is not Owned.THEN and not body_id

    def _channel(self, at: _At) -> int:
        given = self._value(at, "channel")
        name = self._channels.get(folded(given)) if given else self._map.channels.otherwise
        if name is None:
            self._apply(at, Rule.UNKNOWN_CHANNEL, "channel", repr(given))
            name = "import"
        return types.Channel.Value(f"CHANNEL_{name.upper()}")

    def _is_anonymous(self, at: _At, affair_id: str) -> bool:
        anonymous = folded(self._value(at, "anonymous")) in self._anonymous
        if anonymous and affair_id not in self._ground.without_names:
            self._apply(at, Rule.ANONYMOUS_NOT_ALLOWED, "anonymous", affair_id)
            return False
        return anonymous

    def _place(self, at: _At, opened: datetime) -> tuple[Place | None, str, str]:
        """The place, the area that it is filed under without one, and the area that it has of its own."""
        named = self._area(at)
        place = self._coordinates(at)
        if place is not None and (located := self._ground.locate(place, opened)):
            return place, named or self._without, located
        if place is not None:
            self._apply(at, Rule.OUTSIDE, "latitude", f"{place[0]}, {place[1]}")
        elif named:
            self._apply(at, Rule.AREA_ALONE, "area", "")
        else:
            self._apply(at, Rule.NO_PLACE, "latitude" if "latitude" in self._columns else "area", "is blank")
        return place, named or self._without, named

    def _area(self, at: _At) -> str:
        given = self._value(at, "area")
        if not given:
            return ""
        listed = self._areas.get(folded(given))
        found = self._ground.areas.find(listed or self._map.place.pattern.format(given))
        if not found:
            self._apply(at, Rule.UNKNOWN_AREA, "area", repr(given))
        return found

    def _coordinates(self, at: _At) -> Place | None:
        latitude, longitude = self._value(at, "latitude"), self._value(at, "longitude")
        if not latitude or not longitude:
            return None
        try:
            place = _degrees(latitude), _degrees(longitude)
        except ValueError:
            place = (math.nan, math.nan)
        if abs(place[0]) <= 90 and abs(place[1]) <= 180 and place != (0.0, 0.0):
            return place
        self._apply(at, Rule.BAD_COORDINATES, "latitude", f"{latitude}, {longitude}")
        return None

    def _text(self, at: _At, wanted: str, longest: int) -> str:
        text = self._value(at, wanted)
        if len(text) > longest:
            self._apply(at, Rule.TOO_LONG, wanted, f"{len(text):,} characters")
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


def _folded(values: Mapping[str, str]) -> Mapping[str, str]:
    return {folded(word): value for word, value in values.items()}


def _degrees(text: str) -> float:
    """`34.05`, and `34,05` where a comma stands for the point."""
    return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
