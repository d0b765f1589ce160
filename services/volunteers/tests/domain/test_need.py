"""A need: who is asked, who comes, and what they gave."""

from datetime import UTC, datetime, timedelta

from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.volunteers.domain.need import NEED
from services.volunteers.domain.need.commands import (
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    MakeOffer,
    RaiseNeed,
    RecordHours,
    WithdrawNeed,
)
from services.volunteers.domain.need.events import (
    HoursRecorded,
    NeedRaised,
    NeedWithdrawn,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
)
from services.volunteers.domain.values import Shift

given = deciding(NEED)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SHIFT = Shift(start=NOON + timedelta(days=1), end=NOON + timedelta(days=1, hours=2))
DEADLINE = NOON + timedelta(hours=6)


def raised(wanted: int = 1) -> NeedRaised:
    return NeedRaised(
        need_id="n1", case_id="", area_path=AreaPath("city/a"), shift=SHIFT, wanted=wanted,
        skills=frozenset(), priority=5, raised_at=NOON,
    )  # fmt: skip


def asked(who: str) -> OfferMade:
    return OfferMade(need_id="n1", volunteer_id=who, made_at=NOON, expires_at=DEADLINE)


def accepted(who: str) -> OfferAccepted:
    return OfferAccepted(need_id="n1", volunteer_id=who, accepted_at=NOON)


def raise_need(shift: Shift = SHIFT) -> RaiseNeed:
    return RaiseNeed(
        need_id="n1", case_id="", area_path=AreaPath("city/a"), shift=shift, wanted=1,
        skills=frozenset(), priority=5, at=NOON,
    )  # fmt: skip


def test_a_need_is_raised_once() -> None:
    given().when(raise_need()).then(raised())
    given(raised()).when(raise_need()).then_nothing_happens()


def test_a_shift_that_ends_before_it_starts_is_refused() -> None:
    given().when(raise_need(Shift(start=SHIFT.end, end=SHIFT.start))).then_refused(
        "SHIFT_ENDS_BEFORE_IT_STARTS"
    )


def test_a_shift_that_has_begun_is_refused() -> None:
    past = Shift(start=NOON - timedelta(minutes=1), end=NOON + timedelta(hours=1))

    given().when(raise_need(past)).then_refused("SHIFT_IN_THE_PAST")


def test_a_volunteer_is_asked_once_for_a_need() -> None:
    ask = MakeOffer(volunteer_id="ann", expires_at=DEADLINE, at=NOON)

    given(raised()).when(ask).then(asked("ann"))
    given(raised(), asked("ann")).when(ask).then_nothing_happens()


def test_a_filled_need_asks_nobody_else() -> None:
    given(raised(), asked("ann"), accepted("ann")).when(
        MakeOffer(volunteer_id="bea", expires_at=DEADLINE, at=NOON)
    ).then_nothing_happens()


def test_a_yes_in_time_is_taken() -> None:
    given(raised(), asked("ann")).when(AcceptOffer(volunteer_id="ann", at=NOON)).then(accepted("ann"))


def test_a_second_yes_changes_nothing() -> None:
    given(raised(), asked("ann"), accepted("ann")).when(
        AcceptOffer(volunteer_id="ann", at=DEADLINE)
    ).then_nothing_happens()


def test_a_yes_at_the_deadline_is_too_late() -> None:
    given(raised(), asked("ann")).when(AcceptOffer(volunteer_id="ann", at=DEADLINE)).then_refused(
        "OFFER_EXPIRED"
    )


def test_a_yes_for_a_filled_need_is_refused() -> None:
    given(raised(), asked("ann"), asked("bea"), accepted("ann")).when(
        AcceptOffer(volunteer_id="bea", at=NOON)
    ).then_refused("NEED_FILLED", need_id="n1")


def test_a_yes_of_somebody_who_was_not_asked_is_refused() -> None:
    given(raised()).when(AcceptOffer(volunteer_id="ann", at=NOON)).then_refused("OFFER_NOT_FOUND")


def test_a_yes_taken_back_opens_the_need_again() -> None:
    given(raised(), asked("ann"), asked("bea"), accepted("ann")).when(
        DeclineOffer(volunteer_id="ann", at=NOON)
    ).when(AcceptOffer(volunteer_id="bea", at=NOON)).then(
        OfferDeclined(need_id="n1", volunteer_id="ann", declined_at=NOON), accepted("bea")
    )


def test_an_offer_expires_at_its_deadline_and_not_before() -> None:
    given(raised(), asked("ann")).when(ExpireOffer(volunteer_id="ann", at=NOON)).then_nothing_happens()
    given(raised(), asked("ann")).when(ExpireOffer(volunteer_id="ann", at=DEADLINE + SHIFT_LENGTH)).then(
        OfferExpired(need_id="n1", volunteer_id="ann", expired_at=DEADLINE)
    )


def test_an_open_offer_of_a_withdrawn_need_expires_once() -> None:
    withdrawn = NeedWithdrawn(need_id="n1", volunteer_ids=(), withdrawn_at=NOON)
    expired = OfferExpired(need_id="n1", volunteer_id="ann", expired_at=DEADLINE)
    expire = ExpireOffer(volunteer_id="ann", at=DEADLINE)

    given(raised(), asked("ann"), withdrawn).when(expire).then(expired)
    given(raised(), asked("ann"), withdrawn, expired).when(expire).then_nothing_happens()


def test_an_answered_offer_does_not_expire() -> None:
    given(raised(), asked("ann"), accepted("ann")).when(
        ExpireOffer(volunteer_id="ann", at=DEADLINE)
    ).then_nothing_happens()


def test_hours_are_recorded_once_and_only_after_the_shift_began() -> None:
    history = (raised(), asked("ann"), accepted("ann"))
    record = RecordHours(volunteer_id="ann", minutes=90, at=SHIFT.start)

    given(*history).when(RecordHours(volunteer_id="ann", minutes=90, at=NOON)).then_refused("SHIFT_NOT_BEGUN")
    given(*history).when(record).then(
        HoursRecorded(need_id="n1", volunteer_id="ann", minutes=90, recorded_at=SHIFT.start)
    )
    given(*history).when(record).when(record).then_refused("HOURS_ALREADY_RECORDED")


def test_hours_of_somebody_who_never_said_yes_are_refused() -> None:
    given(raised(), asked("ann")).when(
        RecordHours(volunteer_id="ann", minutes=90, at=SHIFT.start)
    ).then_refused("OFFER_NOT_ACCEPTED")


def test_hours_given_cannot_be_declined_away() -> None:
    history = (raised(), asked("ann"), accepted("ann"))

    given(*history).when(RecordHours(volunteer_id="ann", minutes=90, at=SHIFT.start)).when(
        DeclineOffer(volunteer_id="ann", at=SHIFT.end)
    ).then_refused("HOURS_ALREADY_RECORDED")


def test_a_withdrawn_need_takes_no_answers() -> None:
    withdrawn = NeedWithdrawn(need_id="n1", volunteer_ids=(), withdrawn_at=NOON)

    given(raised(), asked("ann")).when(WithdrawNeed(at=NOON)).then(withdrawn)
    given(raised(), asked("ann"), withdrawn).when(WithdrawNeed(at=NOON)).then_nothing_happens()
    given(raised(), asked("ann"), withdrawn).when(AcceptOffer(volunteer_id="ann", at=NOON)).then_refused(
        "NEED_ENDED"
    )


def test_a_withdrawn_need_names_those_who_had_accepted() -> None:
    given(raised(2), asked("ann"), asked("bea"), accepted("bea")).when(WithdrawNeed(at=NOON)).then(
        NeedWithdrawn(need_id="n1", volunteer_ids=("bea",), withdrawn_at=NOON)
    )


def test_a_need_nobody_raised_is_not_found() -> None:
    given().when(AcceptOffer(volunteer_id="ann", at=NOON)).then_refused("NEED_NOT_FOUND")


SHIFT_LENGTH = SHIFT.end - SHIFT.start
