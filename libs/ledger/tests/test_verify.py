"""Whoever alters a ledger behind the services' back is found out, and a service cannot."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from libs.ledger.errors import SettingsRefused
from libs.ledger.recorded import Checkpoint, Context
from libs.ledger.store import chain, roles
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.tables import dangers
from libs.ledger.store.verify import Forged, Head, verify
from libs.ledger.streams.stream import Stream
from libs.ledger.tests import mailbox
from libs.ledger.tests.conftest import MASTER_KEY
from libs.runtime.bundled.postgres import ensure_role

ALICE = Context(actor="alice")
ROLE = "linli_post"


def fill(ledger: Ledger, mailboxes: int = 3, letters: int = 4) -> None:
    """Some streams whose events lie in between each other's."""
    stream = Stream(ledger, mailbox.MAILBOX)
    for box in range(mailboxes):
        stream.handle(f"b-{box}", mailbox.Open(owner=f"resident-{box}", name="Ada"), ALICE)
    for letter in range(letters):
        for box in range(mailboxes):
            stream.handle(f"b-{box}", mailbox.Put(letter=f"l-{letter}"), ALICE)


def tamper(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement)


def test_an_untouched_ledger_verifies_to_its_head(ledger: Ledger, dsn: str) -> None:
    fill(ledger)

    head = verify(dsn)

    assert head.position == ledger.head()
    assert verify(dsn, since=head) == head
    assert Head.parse(head.text()) == head


def test_an_empty_ledger_verifies(ledger: Ledger, dsn: str) -> None:
    assert verify(dsn).position == 0


def test_what_the_database_computes_is_what_the_format_says(ledger: Ledger, dsn: str) -> None:
    fill(ledger, mailboxes=1, letters=1)
    head = verify(dsn)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, recorded_at, state, chain"
            " FROM stored_events ORDER BY 1"
        ).fetchall()

    running = chain.genesis(head.ledger)
    for position, stream, version, name, recorded, body, stored in rows:
        leaf = chain.leaf(
            position=position,
            stream=stream,
            version=version,
            name=name,
            recorded=chain.microseconds(recorded),
            body=body,
        )
        running = chain.link(running, leaf)
        assert running == stored


@pytest.mark.parametrize(
    ("statement", "position", "what"),
    [
        ("UPDATE stored_events SET state = state || '\\x00' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET topic = 'post.letter_put.v2' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET recorded_at = '2020-01-01' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET originator_id = 'mailbox-x' WHERE notification_id = 7", 7, "altered"),
        ("DELETE FROM stored_events WHERE notification_id = 7", 8, "does not follow position 6"),
        ("DELETE FROM stored_events WHERE originator_id = 'mailbox-b-1'", 3, "does not follow position 1"),
        ("UPDATE stored_events SET chain = leaf WHERE notification_id = 7", 7, "does not follow"),
        (
            "UPDATE stored_events SET notification_id = 107 - notification_id WHERE notification_id = 7",
            8,
            "does not follow position 6",
        ),
        ("UPDATE stored_events SET state = NULL WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET topic = NULL WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET recorded_at = 'infinity' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET recorded_at = '-infinity' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET leaf = '' WHERE notification_id = 7", 7, "altered"),
        ("UPDATE stored_events SET chain = chain || '\\x00' WHERE notification_id = 7", 7, "does not follow"),
        ("UPDATE stored_events SET topic = left(topic, -1) || 'é' WHERE notification_id = 7", 7, "altered"),
    ],
    ids=[
        "body",
        "name",
        "time",
        "stream",
        "deleted",
        "a whole stream",
        "chain",
        "moved",
        "no body",
        "no name",
        "the end of time",
        "before time",
        "no leaf",
        "a longer chain",
        "letters",
    ],
)
def test_whatever_is_altered_by_sql_is_found_at_its_position(
    ledger: Ledger, dsn: str, statement: str, position: int, what: str
) -> None:
    fill(ledger)

    tamper(dsn, statement)

    with pytest.raises(Forged, match=what) as found:
        verify(dsn)
    assert found.value.position == position


def test_a_ledger_cut_off_at_its_end_is_found_by_a_kept_head(ledger: Ledger, dsn: str) -> None:
    fill(ledger)
    head = verify(dsn)

    tamper(dsn, "DELETE FROM stored_events WHERE notification_id > 10")

    assert verify(dsn).position == 10  # the ledger by itself cannot know
    with pytest.raises(Forged, match=r"kept head was deleted: the ledger ends at 10"):
        verify(dsn, since=head)


def test_a_history_written_anew_with_fitting_hashes_is_found_by_a_kept_head(ledger: Ledger, dsn: str) -> None:
    fill(ledger)
    head = verify(dsn)

    tamper(
        dsn,
        """
        CREATE TEMP TABLE kept AS SELECT * FROM stored_events WHERE notification_id > 6;
        DELETE FROM stored_events WHERE notification_id > 6;
        SELECT setval('stored_events_notification_id_seq', 6);
        SELECT ledger_record(array_agg(originator_id ORDER BY notification_id),
            array_agg(originator_version ORDER BY notification_id),
            array_agg(topic ORDER BY notification_id),
            array_agg(state || '\\x00' ORDER BY notification_id)) FROM kept;
        """,
    )

    assert verify(dsn).position == head.position
    with pytest.raises(Forged, match="before the kept head was rewritten"):
        verify(dsn, since=head)


def test_an_event_altered_before_a_kept_head_is_found_unless_only_new_ones_are_read(
    ledger: Ledger, dsn: str
) -> None:
    fill(ledger)
    head = verify(dsn)

    tamper(dsn, "UPDATE stored_events SET state = state || '\\x00' WHERE notification_id = 7")

    assert verify(dsn, since=head, only_new=True) == head
    with pytest.raises(Forged, match="altered"):
        verify(dsn, since=head)


def test_a_head_of_another_ledger_is_refused(ledger: Ledger, dsn: str) -> None:
    head = verify(dsn)
    other = Head(ledger="0" * 8, incarnation=1, position=head.position, chain=head.chain)

    with pytest.raises(ValueError, match="the head is of ledger"):
        verify(dsn, since=other)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"ledger":"x","incarnation":1,"position":1,"chain":"xyz"}', "[1]"]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no head of a ledger"):
        Head.parse(text)


def test_the_service_may_append_and_may_not_alter(open_ledger: Callable[[], Ledger], dsn: str) -> None:
    ensure_role(dsn, ROLE)
    roles.grant(dsn, ROLE)
    fill(open_ledger())

    for statement in (
        "UPDATE stored_events SET topic = 'x'",
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "INSERT INTO stored_events (originator_id, originator_version) VALUES ('x', 1)",
        "SELECT nextval('stored_events_notification_id_seq')",
        "UPDATE ledger_incarnations SET position = 0",
        "DROP TABLE stored_events",
        "ALTER TABLE stored_events DISABLE TRIGGER ALL",
        "UPDATE linli_schema SET step = 99",
        "CREATE OR REPLACE FUNCTION ledger_lock(timeout text) RETURNS void LANGUAGE sql AS ''",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tamper(make_conninfo(dsn, user=ROLE), statement)
    assert verify(dsn).position == 15


def test_the_service_appends_with_effects_as_its_own_role(ledger: Ledger, dsn: str) -> None:
    ensure_role(dsn, ROLE)
    roles.grant(dsn, ROLE)
    settings = LedgerSettings(dsn=make_conninfo(dsn, user=ROLE), service="post")

    with Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY) as own:
        own.append(Append(checkpoint=Checkpoint("catalog", 7), effects=[lambda _: None]))

    assert ledger.checkpoint("catalog") == 7


def test_nobody_but_the_service_runs_what_runs_as_the_owner(dsn: str) -> None:
    ensure_role(dsn, ROLE)
    roles.grant(dsn, ROLE)

    with psycopg.connect(dsn) as connection:
        may = connection.execute(
            "SELECT proname, has_function_privilege(%s, oid, 'EXECUTE'),"
            " has_function_privilege('pg_monitor', oid, 'EXECUTE')"
            " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname",
            [ROLE],
        ).fetchall()

    assert may == [
        ("ledger_append", True, False),
        ("ledger_enter", True, False),
        ("ledger_forget_terms", False, False),  # a trigger calls it
        ("ledger_lock", True, False),
        ("ledger_record", True, False),
    ]


def test_a_superuser_is_no_role_for_a_service(dsn: str) -> None:
    with pytest.raises(SettingsRefused, match="may alter events"):
        roles.grant(dsn, "linli")


def test_a_role_that_does_not_exist_is_named(dsn: str) -> None:
    with pytest.raises(SettingsRefused, match="there is no database role nobody_at_all"):
        roles.grant(dsn, "nobody_at_all")


@pytest.mark.parametrize("asked", [True, False])
def test_a_database_without_a_synchronous_standby_is_named_where_that_is_asked(dsn: str, asked: bool) -> None:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        found = [danger for danger in dangers(connection, standby=asked) if "synchronous standby" in danger]

    assert len(found) == asked
