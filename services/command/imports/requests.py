"""A row of a file becomes a request, by the map and by what the platform knows; or is left out by a rule."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.text import Unfit, key
from services.command.imports.cells import At, Cells, LeftOut
from services.command.imports.ground import Ground, Owned
from services.command.imports.mapping import REFUSE, Map
from services.command.imports.readers.reading import UNREADABLE
from services.command.imports.readers.row import Row
from services.command.imports.rules import Action, Rule
from services.command.imports.times import Times
from services.command.imports.words import folded

Place = tuple[float, float]

_SWAPPED = "would lie inside if latitude and longitude were swapped"
_LONGEST_NUMBER, _LONGEST_ADDRESS, _LONGEST_DESCRIPTION = 64, 500, 4000


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
    outcome: str  # how it was resolved, if it was
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


class Reading:
    """Makes requests of the rows of one file."""

    def __init__(self, by: Map, ground: Ground, now: datetime | None = None, *, iso: bool = False) -> None:
        self._map = by
        self._ground = ground
        self._cells = Cells(by)
        self._times = Times(by, self._cells, now, iso=iso)
        self._anonymous = frozenset(map(folded, by.anonymous))
        self._states = _folded(by.states.values)
        self._affairs = _folded(by.affairs.values)
        self._owners = _folded(by.owners.values)
        self._channels = _folded(by.channels.values)
        self._areas = _folded(by.place.areas)
        self._without = ground.areas.find(by.place.without)
        self._outcomes = {ground.affairs.find(word): code for word, code in by.outcomes.affairs.items()}

    @property
    def unknown(self) -> Counter[tuple[Rule, str]]:
        """Words that name nothing, by rule, with how many rows have them."""
        return self._cells.unknown

    def read(self, row: Row) -> Request | Left:
        """The row as a request, or why it is none."""
        at = At(row)
        number = ""
        try:
            if row.problem:
                self._cells.apply(at, Rule.BROKEN_LINE, "", row.problem)
            if any(UNREADABLE in value for value in row.values.values()):
                self._cells.apply(at, Rule.UNREADABLE_BYTES, "", "")
            number = self._number(at)
            return self._request(at, number)
        except LeftOut as left:
            self._look_on(at, left.rule)
            return Left(
                line=row.line, number=number, rule=left.rule, action=left.action,
                column=left.column, detail=left.detail,
            )  # fmt: skip

    def _look_on(self, at: At, rule: Rule) -> None:
        """Of a row that names something unknown, look at its other words, too: all are mended at once."""
        later: Mapping[Rule, Sequence[Callable[[At], object]]] = {
            Rule.UNKNOWN_AFFAIR: (self._state, self._area_then, self._body, self._channel),
            Rule.UNKNOWN_STATE: (self._area_then, self._body, self._channel),
            Rule.UNKNOWN_AREA: (self._body, self._channel),
            Rule.UNKNOWN_OWNER: (self._channel,),
        }
        for word in later.get(rule, ()):
            with suppress(LeftOut):
                word(at)

    def _request(self, at: At, number: str) -> Request:
        affair_id = self._affair(at)
        opened = self._times.opened(at)
        if (retired := self._ground.retired.get(affair_id)) and opened >= retired:
            self._cells.apply(at, Rule.RETIRED_AFFAIR, "affair", f"{affair_id}, since {retired.isoformat()}")
        state = self._state(at)
        updated = self._times.updated(at, opened)
        ended = self._times.ended(at, state, opened, updated)
        place, area_id, located = self._place(at, opened)
        body_id, unowned = self._owner(at, affair_id, (self._without, located), opened)
        return Request(
            line=at.row.line, number=number, affair_id=affair_id, body_id=body_id, unowned=unowned,
            state=state, outcome=self._outcome(at, affair_id, state),
            channel=self._channel(at), anonymous=self._is_anonymous(at, affair_id),
            place=place, area_id=area_id, inside=bool(located),
            address=self._cells.text(at, "address", _LONGEST_ADDRESS),
            description=self._cells.text(at, "description", _LONGEST_DESCRIPTION),
            opened=opened, responded=self._times.responded(at, opened, ended), ended=ended, updated=updated,
            rules=tuple(dict.fromkeys(at.rules)),
        )  # fmt: skip

    def _number(self, at: At) -> str:
        given = self._cells.needed(at, "id")
        try:
            number = key(given)
        except Unfit as unfit:
            self._cells.apply(at, Rule.BAD_NUMBER, "id", f"{given[:70]!r}: {unfit}")
            raise AssertionError from None  # it cannot be repaired
        if len(number) > _LONGEST_NUMBER:
            self._cells.apply(
                at, Rule.BAD_NUMBER, "id", f"{given[:70]!r} is longer than {_LONGEST_NUMBER} characters"
            )
        return number

    def _state(self, at: At) -> str:
        if "state" not in self._cells.columns:
            return "closed" if self._cells.value(at, "closed") else "open"
        given = self._cells.value(at, "state")
        step = self._states.get(folded(given), self._map.states.otherwise)
        if step == REFUSE:
            self._cells.apply(at, Rule.UNKNOWN_STATE, "state", repr(given))
        return step

    def _affair(self, at: At) -> str:
        given = self._cells.needed(at, "affair")
        for word in (self._affairs.get(folded(given)), given, self._map.affairs.otherwise):
            if word and word != REFUSE and (found := self._ground.affairs.find(word)):
                return found
        self._cells.apply(at, Rule.UNKNOWN_AFFAIR, "affair", repr(given))
        raise AssertionError  # it cannot be repaired

    def _outcome(self, at: At, affair_id: str, state: str) -> str:
        if state not in {"resolved", "closed"}:
            return ""
        code, known = self._outcomes.get(affair_id, self._map.outcomes.resolved), self._ground.outcomes
        if code not in known[affair_id]:
            has = ", ".join(known[affair_id])
            self._cells.apply(at, Rule.UNKNOWN_OUTCOME, "affair", f"{affair_id}: {code} (it has {has})")
        return code

    def _owner(self, at: At, affair_id: str, areas: Sequence[str], opened: datetime) -> tuple[str, bool]:
        """The body that the row names ("": the list decides), and whether nobody has the case."""
        body_id = self._body(at)
        owned = self._ground.owned(affair_id, areas, opened)
        if owned is Owned.LATER:
            self._cells.apply(
                at, Rule.BEFORE_IN_FORCE, "opened", f"{self._cells.value(at, 'opened')}: {affair_id}"
            )
        elif owned is Owned.NEVER and not body_id:
            self._cells.apply(at, Rule.NOBODY_RESPONSIBLE, "affair", affair_id)
        return body_id, owned is not Owned.THEN and not body_id

    def _body(self, at: At) -> str:
        given = self._cells.value(at, "owner") if self._map.owners.by == "column" else ""
        if not given:
            return ""
        body_id = self._ground.bodies.find(self._owners.get(folded(given), given))
        if not body_id:
            self._cells.apply(at, Rule.UNKNOWN_OWNER, "owner", repr(given))
        return body_id

    def _channel(self, at: At) -> int:
        given = self._cells.value(at, "channel")
        name = self._channels.get(folded(given)) if given else self._map.channels.otherwise
        if name is None:
            self._cells.apply(at, Rule.UNKNOWN_CHANNEL, "channel", repr(given))
            name = "import"
        return types.Channel.Value(f"CHANNEL_{name.upper()}")

    def _is_anonymous(self, at: At, affair_id: str) -> bool:
        anonymous = folded(self._cells.value(at, "anonymous")) in self._anonymous
        if anonymous and affair_id not in self._ground.without_names:
            self._cells.apply(at, Rule.ANONYMOUS_NOT_ALLOWED, "anonymous", affair_id)
            return False
        return anonymous

    def _place(self, at: At, opened: datetime) -> tuple[Place | None, str, str]:
        """The place, the area that it is filed under without one, and the area that it has of its own."""
        named = self._area(at, opened)
        place = self._coordinates(at)
        if place is not None and (located := self._ground.locate(place, opened)):
            return place, named or self._without, located
        if place is not None:
            if self._ground.locate((place[1], place[0]), opened):
                self._cells.unknown[Rule.OUTSIDE, _SWAPPED] += 1
            self._cells.apply(at, Rule.OUTSIDE, "latitude", f"{place[0]}, {place[1]}")
        elif named:
            self._cells.apply(at, Rule.AREA_ALONE, "area", "")
        else:
            self._cells.apply(
                at, Rule.NO_PLACE, "latitude" if "latitude" in self._cells.columns else "area", "is blank"
            )
        return place, named or self._without, named

    def _area_then(self, at: At) -> str:
        return self._area(at, self._times.opened(at))

    def _area(self, at: At, opened: datetime) -> str:
        given = self._cells.value(at, "area")
        if not given:
            return ""
        listed = self._areas.get(folded(given))
        found = self._ground.area(listed or self._map.place.pattern.replace("{}", given), opened)
        if not found:
            self._cells.apply(at, Rule.UNKNOWN_AREA, "area", repr(given))
        return found

    def _coordinates(self, at: At) -> Place | None:
        latitude, longitude = self._cells.value(at, "latitude"), self._cells.value(at, "longitude")
        if not latitude or not longitude:
            return None
        try:
            place = _degrees(latitude), _degrees(longitude)
        except ValueError:
            place = (math.nan, math.nan)
        if abs(place[0]) <= 90 and abs(place[1]) <= 180 and place != (0.0, 0.0):
            return place
        self._cells.apply(at, Rule.BAD_COORDINATES, "latitude", f"{latitude}, {longitude}")
        return None


def _folded(values: Mapping[str, str]) -> Mapping[str, str]:
    return {folded(word): value for word, value in values.items()}


def _degrees(text: str) -> float:
    """`34.05`, and `34,05` where a comma stands for the point."""
    return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
