"""Which appends of one batch are let in: pure, no store."""

from libs.ledger.decider import Refusal
from libs.ledger.errors import AlreadyHandled, VersionConflict
from libs.ledger.privacy.data_key import DataKey
from libs.ledger.recorded import Checkpoint
from libs.ledger.store.unit import KeyChanged, Row, Standing, Unit


def append_to(stream: str, *versions: int, **more: object) -> Unit:
    rows = [Row(stream, version, "post.letter_put.v1", b"") for version in versions]
    return Unit(rows=rows, **more)  # type: ignore[arg-type]  # what a test says it means


def key(subject: str, wrapped: bytes = b"w1", stored: bool = False) -> DataKey:
    return DataKey(subject, wrapped, None, stored=stored, loaded=0.0)


def test_an_append_to_a_new_stream_is_let_in() -> None:
    unit = append_to("mailbox-3", 1, 2)

    assert Standing().admit([unit]) == [unit]


def test_the_second_of_two_appends_for_the_same_version_conflicts_and_the_others_do_not() -> None:
    first, second, third = append_to("mailbox-3", 5), append_to("mailbox-3", 5), append_to("mailbox-4", 1)

    admitted = Standing(versions={"mailbox-3": 4}).admit([first, second, third])

    assert admitted == [first, third]
    assert isinstance(second.error, VersionConflict)
    assert (second.error.stream, second.error.expected, second.error.found) == ("mailbox-3", 4, 5)


def test_appends_that_follow_each_other_in_a_batch_are_both_let_in() -> None:
    first, second = append_to("mailbox-3", 5), append_to("mailbox-3", 6)

    assert Standing(versions={"mailbox-3": 4}).admit([first, second]) == [first, second]


def test_a_gap_in_a_stream_is_a_conflict() -> None:
    unit = append_to("mailbox-3", 7)

    assert Standing(versions={"mailbox-3": 4}).admit([unit]) == []
    assert isinstance(unit.error, VersionConflict)


def test_an_append_that_touches_two_streams_is_let_in_as_a_whole_or_not_at_all() -> None:
    both = Unit(rows=[Row("mailbox-1", 1, "n", b""), Row("mailbox-2", 9, "n", b"")])
    after = append_to("mailbox-1", 1)

    assert Standing().admit([both, after]) == [after]


def test_a_checkpoint_that_is_not_newer_is_handled_already() -> None:
    late = Unit(checkpoint=Checkpoint("catalog", 7))
    same = Unit(checkpoint=Checkpoint("catalog", 9))
    newer = Unit(checkpoint=Checkpoint("catalog", 12))

    assert Standing(checkpoints={"catalog": 9}).admit([late, same, newer]) == [newer]
    assert isinstance(late.error, AlreadyHandled)
    assert isinstance(same.error, AlreadyHandled)


def test_of_two_consumers_with_overlapping_batches_one_takes_effect() -> None:
    one = Unit(checkpoint=Checkpoint("catalog", 12, after=9))
    other = Unit(checkpoint=Checkpoint("catalog", 14, after=9))

    assert Standing(checkpoints={"catalog": 9}).admit([one, other]) == [one]


def test_two_appends_with_the_same_new_key_store_it_once() -> None:
    fresh = key("resident-1")
    units = [append_to(f"mailbox-{n}", 1, keys={"resident-1": fresh}) for n in range(2)]

    standing = Standing()

    assert standing.admit(units) == units
    assert standing.new_keys == {"resident-1": b"w1"}


def test_a_key_that_another_process_stored_first_calls_for_sealing_again() -> None:
    unit = append_to("mailbox-1", 1, keys={"resident-1": key("resident-1", b"ours")})

    assert Standing(wrapped={"resident-1": b"theirs"}).admit([unit]) == []
    assert isinstance(unit.error, KeyChanged)


def test_nothing_is_appended_under_a_key_that_was_destroyed() -> None:
    unit = append_to("mailbox-1", 1, keys={"resident-1": key("resident-1", stored=True)})

    assert Standing(wrapped={"resident-1": None}).admit([unit]) == []
    assert isinstance(unit.error, Refusal)
    assert unit.error.code == "SUBJECT_ERASED"


def test_an_erasure_counts_for_the_rest_of_its_batch() -> None:
    erasing = append_to("mailbox-1", 1, erases=["resident-1"])
    late = append_to("mailbox-2", 1, keys={"resident-1": key("resident-1", stored=True)})

    assert Standing(wrapped={"resident-1": b"w1"}).admit([erasing, late]) == [erasing]


def test_what_was_found_in_the_store_after_a_doubt_is_neither_refused_nor_repeated() -> None:
    unit = append_to("mailbox-3", 4, stored=True)

    assert Standing(versions={"mailbox-3": 4}).admit([unit]) == []
    assert unit.error is None
