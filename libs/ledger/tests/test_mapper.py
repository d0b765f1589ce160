"""Stored names and bytes: exact, upcast, enciphered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ledger.errors import SealBroken, UnknownEvent
from libs.ledger.personal import Personal, PersonalSealed
from libs.ledger.privacy.data_key import FixedKeys
from libs.ledger.recorded import Context, Metadata, utc_now
from libs.ledger.store.mapper import Events, Mapper
from libs.ledger.tests.mailbox import EVENTS, LetterPut, MailboxEmptied, MailboxOpened

BOX = "mailbox-1"
WHEN = datetime(2020, 3, 8, 10, 30, 0, 123456, tzinfo=UTC)
METADATA = Context(actor="carrier-7", area="la/12", roles=("clerk", "lead")).metadata(WHEN)


def test_an_event_is_stored_under_its_stable_name() -> None:
    mapper = Mapper(EVENTS, FixedKeys())

    encoded = mapper.encode(BOX, MailboxEmptied(letters=("l-9",)), METADATA)

    assert encoded.name == "post.mailbox_emptied.v1"
    assert mapper.decode(BOX, encoded.name, encoded.body) == (
        MailboxEmptied(letters=("l-9",)),
        METADATA,
    )


@given(st.lists(st.text()), st.datetimes(timezones=st.just(UTC)), st.text(), st.none() | st.text())
def test_whatever_the_values_they_come_back(
    texts: list[str], at: datetime, actor: str, reason: str | None
) -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    event = MailboxEmptied(letters=tuple(texts))
    metadata = Context(actor=actor, reason=reason, occurred_at=at).metadata(WHEN)

    encoded = mapper.encode(BOX, event, metadata)

    assert mapper.decode(BOX, encoded.name, encoded.body) == (event, metadata)


def test_metadata_with_fields_of_a_later_release_is_read() -> None:
    later = [*msgspec.msgpack.decode(msgspec.msgpack.encode(METADATA)), "a field we do not know"]

    assert msgspec.convert(later, Metadata) == METADATA


def test_personal_data_is_enciphered_wherever_it_stands() -> None:
    mapper = Mapper(EVENTS, FixedKeys())

    encoded = mapper.encode(BOX, LetterPut(letter="l-9", text=Personal("resident-1", "Dear Ada")), METADATA)

    assert b"Ada" not in encoded.body
    assert [key.subject for key in encoded.keys] == ["resident-1"]
    with mapper.opening():
        event, _ = mapper.decode(BOX, encoded.name, encoded.body)
    assert event.text.value == "Dear Ada"


def test_a_reason_that_a_person_typed_is_enciphered_under_their_key() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    metadata = Context(actor="clerk-7", said=Personal("clerk-7", "Mrs Li moved away")).metadata(WHEN)

    for event in (MailboxEmptied(letters=()), MailboxOpened(owner=Personal("resident-1", "Ada"))):
        encoded = mapper.encode(BOX, event, metadata)

        assert b"Li" not in encoded.body
        assert encoded.keys[0].subject == "clerk-7"
        with pytest.raises(PersonalSealed):
            _ = mapper.decode(BOX, encoded.name, encoded.body)[1].why
        with mapper.opening():
            opened = mapper.decode(BOX, encoded.name, encoded.body)
        assert opened == (event, metadata)
        with pytest.raises(SealBroken), mapper.opening():
            mapper.decode("mailbox-other", encoded.name, encoded.body)


def test_a_reason_of_the_service_itself_stays_in_the_clear() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    metadata = Context(actor="service:post", reason="the limit was used up").metadata(WHEN)

    encoded = mapper.encode(BOX, MailboxEmptied(letters=()), metadata)

    assert mapper.decode(BOX, encoded.name, encoded.body)[1].why == "the limit was used up"


def test_the_same_text_enciphered_twice_does_not_look_the_same() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    event = MailboxOpened(owner=Personal("resident-1", "Ada"))

    assert mapper.encode(BOX, event, METADATA).body != mapper.encode(BOX, event, METADATA).body


def test_personal_data_stays_sealed_unless_it_is_asked_to_be_opened() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    encoded = mapper.encode(BOX, MailboxOpened(owner=Personal("resident-1", "Ada")), METADATA)

    event, _ = mapper.decode(BOX, encoded.name, encoded.body)

    with pytest.raises(PersonalSealed):
        _ = event.owner.value
    assert event.owner.subject == "resident-1"


def test_a_ciphertext_put_under_another_subject_does_not_open() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    encoded = mapper.encode(BOX, MailboxOpened(owner=Personal("resident-1", "Ada")), METADATA)

    moved = encoded.body.replace(b"resident-1", b"resident-2")

    with pytest.raises(SealBroken), mapper.opening():
        mapper.decode(BOX, encoded.name, moved)


def test_a_ciphertext_moved_to_another_stream_does_not_open() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    encoded = mapper.encode(BOX, MailboxOpened(owner=Personal("resident-1", "Ada")), METADATA)

    with pytest.raises(SealBroken), mapper.opening():
        mapper.decode("mailbox-2", encoded.name, encoded.body)


def test_a_ciphertext_moved_to_another_event_does_not_open() -> None:
    mapper = Mapper(EVENTS, FixedKeys())
    encoded = mapper.encode(BOX, MailboxOpened(owner=Personal("resident-1", "Ada")), METADATA)

    moved = encoded.body.replace(METADATA.event_id.encode(), b"f" * len(METADATA.event_id))

    with pytest.raises(SealBroken), mapper.opening():
        mapper.decode(BOX, encoded.name, moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    sender: Personal
    receiver: Personal


def test_ciphertexts_that_changed_places_within_an_event_do_not_open() -> None:
    mapper = Mapper(Events(service="post", types={"parcel.v1": Parcel}), FixedKeys())
    event = Parcel(sender=Personal("resident-1", "Ada"), receiver=Personal("resident-1", "Bob"))
    encoded = mapper.encode("parcel-1", event, METADATA)
    metadata, fields = msgspec.msgpack.decode(encoded.body)
    swapped = {"sender": fields["receiver"], "receiver": fields["sender"]}

    with pytest.raises(SealBroken), mapper.opening():
        mapper.decode("parcel-1", encoded.name, msgspec.msgpack.encode((metadata, swapped)))


def test_an_unknown_name_is_an_error_and_not_skipped() -> None:
    with pytest.raises(UnknownEvent, match=r"post\.parcel_put\.v1"):
        Mapper(EVENTS, FixedKeys()).decode(BOX, "post.parcel_put.v1", b"")


def test_an_event_outside_the_table_cannot_be_stored() -> None:
    with pytest.raises(TypeError, match="not in the events of post"):
        Mapper(EVENTS, FixedKeys()).encode(BOX, object(), METADATA)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutV0:
    name: str
    at: datetime
    text: Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class PutV2:
    letter: str
    at: datetime
    weight: int
    text: Personal | None


def test_old_names_are_upcast_step_by_step_also_with_personal_data() -> None:
    def name_to_letter(fields: dict[str, Any]) -> dict[str, Any]:
        return {"letter": fields.pop("name"), **fields}

    def weigh(fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "weight": 20}

    old = Mapper(Events(service="post", types={"put.v0": PutV0}), FixedKeys())
    new = Mapper(
        Events(
            service="post",
            types={"put.v2": PutV2},
            upcasts={"put.v0": ("put.v1", name_to_letter), "put.v1": ("put.v2", weigh)},
        ),
        FixedKeys(),
    )

    stored = old.encode(BOX, PutV0(name="l-9", at=WHEN, text=Personal("r-1", "Dear Ada")), METADATA)
    with new.opening():
        event, metadata = new.decode(BOX, stored.name, stored.body)

    assert event == PutV2(letter="l-9", at=WHEN, weight=20, text=Personal("r-1", "Dear Ada"))
    assert metadata == METADATA


@pytest.mark.parametrize(
    "table",
    [
        {"types": {"Put": PutV0}},
        {"types": {"put.v1": PutV0, "put.v2": PutV0}},
        {"types": {"put.v2": PutV2}, "upcasts": {"put.v0": ("put.v1", dict)}},
        {"types": {"put.v2": PutV2}, "upcasts": {"put.v0": ("put.v1", dict), "put.v1": ("put.v0", dict)}},
        {"types": {"put.v2": PutV2}, "erasures": {"put.v1": list}},
    ],
)
def test_a_table_that_does_not_add_up_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="post"):
        Events(service="post", **table)


def test_an_event_happened_now_unless_its_context_says_otherwise() -> None:
    now = utc_now()

    metadata = Context(actor="carrier-7").metadata(now)

    assert metadata.occurred_at == now
    assert Context(actor="x").metadata(now).event_id != metadata.event_id
