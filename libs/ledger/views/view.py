"""Views: what a question's table looks like, how events fold into it, and how it is read.

class CaseRow(TypedDict):
    case_id: str
    state: str
    ended_time: NotRequired[datetime | None]

CASES = Table.of("cases", CaseRow, key=("case_id",), indexes=("state",))

class OpenCases(View):
    name = "open_cases"
    tables = (CASES,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        match recorded.event:
            case CaseOpened():
                rows.put(CASES, CaseRow(case_id=recorded.subject_id, state="open"))
            case CaseClosed():
                rows.change(CASES, recorded.subject_id, state="closed")

Pages of such rows are read by `libs.query.listing`.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from threading import Condition, Event
from typing import Any, ClassVar, Protocol, overload

from psycopg import Cursor
from psycopg.errors import InvalidSchemaName, UndefinedTable
from psycopg.rows import DictRow, dict_row

from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.shape import digest
from libs.ledger.views.table import NAME, R
from libs.ledger.views.table import Key as Key  # views import them beside View
from libs.ledger.views.table import Row as Row
from libs.ledger.views.table import Table as Table
from libs.telemetry import conventions

_POLL = 0.05  # seconds until the first look again at a view that another process folds
_LONGEST_POLL = 0.5


class Rows(Protocol):
    """The rows of a view, as its fold sees and changes them. What it hands out are copies.

    A table is given as it was declared, and then the rows have its type, or by its name.
    """

    @overload
    def get(self, table: "Table[R]", key: Key) -> R | None: ...

    @overload
    def get(self, table: str, key: Key) -> Row | None: ...

    def get(self, table: Any, key: Key) -> Any:
        """The row of `key`, or None."""

    @overload
    def put(self, table: "Table[R]", row: R) -> None: ...

    @overload
    def put(self, table: str, row: Mapping[str, Any]) -> None: ...

    def put(self, table: Any, row: Any) -> None:
        """Insert the row, or replace the one with its key. Columns left out are NULL."""

    def change(self, table: "Table[Any] | str", key: Key, **columns: Any) -> None:
        """Set some columns, not the key, of a row that exists. Raises `KeyError` if it does not."""

    def delete(self, table: "Table[Any] | str", key: Key) -> None:
        """Delete the row if there is one."""


class View(ABC):
    """One question, answered from tables that are folded from the service's own ledger.

    Disposable: it can be rebuilt from the ledger at any time, so `fold` is pure: no clock, no
    randomness, nothing but the event and the rows. Raise `version` when the fold changes its
    meaning. `holds` names the types of the values that rows hold as JSON, by column or by their name in
    the row. The tables are named for the shape (tables, version and `holds`): a release whose view has
    another shape builds its own beside them, and releases with the same shape share one.
    """

    name: ClassVar[str]
    tables: ClassVar[tuple[Table[Any], ...]]
    version: ClassVar[int] = 1
    holds: ClassVar[tuple[tuple[str, Any], ...]] = ()
    of_streams: ClassVar[str] = ""
    """The kind of streams that the rows named like a subject come from: no other event makes one.

    So for an event of another kind none is fetched, nor for the first event of a stream. "": of any kind.
    """

    @abstractmethod
    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Change the rows as the event says; ignore events that do not matter here.

        An exception stops the view at this event (the others go on) until a release mends it.
        """

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """(table, key) of the rows that the fold will look at: they are fetched together, ahead.

        Only a matter of speed. By default the rows named like the event's subject.
        """
        if self.of_streams and recorded.category != self.of_streams:
            return ()
        subject = recorded.subject_id
        return [(table, subject) for table in self._named_like_subjects]

    def begins(self, recorded: Recorded[Any]) -> bool:
        """Whether there can be no row yet of those that the fold will look at."""
        return recorded.version == 1 and recorded.category == self.of_streams

    @cached_property
    def _named_like_subjects(self) -> tuple[str, ...]:
        """The tables whose rows may be named like the subject of an event."""
        of_one_column = [table for table in self.tables if len(table.key) == 1]
        return tuple(table.name for table in of_one_column if table.columns[table.key[0]] == "text")

    @cached_property
    def stored(self) -> tuple[Table[Any], ...]:
        """Its tables in the database: those declared, and those of earlier rows."""
        past = [table.past for table in self.tables]
        return (*self.tables, *(table for table in past if table is not None))

    @cached_property
    def schema(self) -> str:
        """The PostgreSQL schema that holds the tables of this shape."""
        return f"view_{self.name}_{self.shape}"

    @cached_property
    def shape(self) -> str:
        """A digest of tables, version and the types that rows hold."""
        return digest(self.version, self.stored, self.holds)

    def table(self, name: str) -> Table[Any]:
        """One of its tables."""
        return next(table for table in self.tables if table.name == name)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not NAME.fullmatch(getattr(cls, "name", "")):
            raise ValueError(f"{cls.__name__}.name is not a lower_snake name of 40 letters at most")
        if not getattr(cls, "tables", ()):
            raise ValueError(f"{cls.__name__} declares no tables")


class ViewBehind(Exception):
    """A view has not got as far as the caller asked within the time given: try again later."""

    def __init__(self, view: str, at_least: int, position: int | None) -> None:
        reached = "is still being built" if position is None else f"has got to {position}"
        super().__init__(f"the view {view} {reached}, {at_least} was asked for: try again later")
        self.view = view
        self.at_least = at_least
        self.position = position


class Views:
    """The views of a service, to be asked by many threads."""

    def __init__(self, ledger: Ledger, views: Iterable[View]) -> None:
        self.ledger = ledger
        self.by_name: dict[str, View] = {}
        for view in views:
            if self.by_name.setdefault(view.name, view) is not view:
                raise ValueError(f"two views are called {view.name}")
        self.hurry = Event()  # somebody waits for a view: the projector need not gather more events first
        self._reached: dict[str, int] = {}  # by the projector of this process, of views that may be asked
        self._moved = Condition()

    def __iter__(self) -> Iterator[View]:
        return iter(self.by_name.values())

    def moved(self, positions: Mapping[str, int]) -> None:
        """The projector of this process committed these positions."""
        with self._moved:
            self._reached.update(positions)
            self.hurry.clear()
            self._moved.notify_all()

    @contextmanager
    def read(
        self,
        view: str,
        at_least: str = "",
        timeout: float = 5.0,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Iterator[Cursor[DictRow]]:
        """A cursor on the view's tables, which hold everything up to the revision `at_least`.

        One read-only snapshot for the whole block, whatever the projector does meanwhile. Raises
        `ViewBehind` after `timeout` seconds, `Refusal` REVISION_MALFORMED for a token not of ours, and
        HISTORY_CHANGED for one of a history that was lost.
        `aside` is entered while the thread only waits.
        """
        wanted = self.ledger.seen(at_least).position
        declared = self.by_name[view]
        deadline, poll = time.monotonic() + timeout, _POLL
        while True:
            with (
                conventions.queried(self.ledger.service, view),
                self.ledger.connection() as connection,
                connection.cursor(row_factory=dict_row) as cursor,
            ):
                position = _begin(cursor, declared)
                try:
                    if position is not None and position >= wanted:
                        yield cursor
                        return
                finally:
                    connection.execute("ROLLBACK")
            left = deadline - time.monotonic()
            if left <= 0:
                raise ViewBehind(view, wanted, position)
            with aside():
                self._wait(view, wanted, min(left, poll))
            poll = min(2 * poll, _LONGEST_POLL)

    def _wait(self, view: str, wanted: int, timeout: float) -> None:
        """Until the projector of this process says that it got there, or for `timeout` seconds."""
        with self._moved:
            self.hurry.set()
            self._moved.wait_for(lambda: self._reached.get(view, -1) >= wanted, timeout)


def _begin(cursor: Cursor[DictRow], view: View) -> int | None:
    """Begin a snapshot on the view's tables; answers its position, None if it is not built yet.

    LOCK comes first: it takes no snapshot, waits for a rebuilt view to be switched in, and keeps
    the tables from being switched away.
    """
    try:
        cursor.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            f"SET LOCAL search_path TO {view.schema}; SET LOCAL timezone TO 'UTC';"
            f"LOCK TABLE {view.schema}.{view.tables[0].name} IN ACCESS SHARE MODE;"
            + _POSITION.format(view.schema),
            prepare=False,
        )
    except (UndefinedTable, InvalidSchemaName):
        return None
    while cursor.nextset():
        pass
    return _position(cursor)


_POSITION = "SELECT position FROM public.view_position WHERE schema = '{}' AND ready"


def position_of(cursor: Cursor[DictRow], view: View) -> int | None:
    """How far the view is, in the snapshot of a cursor that `Views.read` gave; None while it is built."""
    return _position(cursor.execute(_POSITION.format(view.schema)))


def _position(cursor: Cursor[DictRow]) -> int | None:
    row = cursor.fetchone()
    return None if row is None else int(row["position"])
