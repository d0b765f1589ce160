"""How volunteers, needs and proposals look on the wire, both ways."""

from collections.abc import Callable
from datetime import datetime

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.rpc.enums import EnumTable
from libs.rpc.moments import moment, stamp
from libs.rules.areas import id_of
from services.volunteers.application.ports import NeedRow, VolunteerRow
from services.volunteers.domain.need.situations import Need, Raised, Unheard, Withdrawn
from services.volunteers.domain.proposal import NotProposed, Proposal
from services.volunteers.domain.values import (
    Match,
    MatchReason,
    NeedState,
    OfferStanding,
    Profile,
    Shift,
    Window,
)
from services.volunteers.domain.volunteer import Active, Stranger, Volunteer

NEED_STATES = EnumTable(pb.NeedState, NeedState)
OFFER_STATES = EnumTable(pb.OfferState, OfferStanding)
MATCH_REASONS = EnumTable(pb.MatchReason, MatchReason)


def profile_of(given: pb.Profile, area_path: Callable[[str], str]) -> Profile:
    """The profile of a request; `area_path` knows where an area stands, or refuses it."""
    home = area_path(given.home_area_id)
    windows = (
        Window(weekday=window.weekday, start=window.start_minute, end=window.end_minute)
        for window in given.windows
    )
    return Profile(
        skills=frozenset(given.skills),
        windows=tuple(windows),
        zone=given.zone,
        home_path=home,
        reach_path=area_path(given.reach_area_id) if given.reach_area_id else home,
        shifts_per_week=given.shifts_per_week,
        languages=tuple(given.languages),
    )


def shift_of(given: pb.RaiseNeedRequest) -> Shift:
    """The time at which help is wanted."""
    return Shift(start=moment(given.start_time), end=moment(given.end_time))


def volunteer_shown(state: Volunteer) -> pb.Volunteer:
    """A volunteer's profile and bookings; counts come from the view."""
    if isinstance(state, Stranger):
        return pb.Volunteer()
    shown = pb.Volunteer(
        volunteer_id=state.volunteer_id,
        active=isinstance(state, Active),
        profile=profile_shown(state.profile),
    )
    for need_id, shift in sorted(state.bookings.items(), key=lambda item: (item[1].start, item[0])):
        booking = shown.bookings.add(need_id=need_id)
        booking.start_time.CopyFrom(stamp(shift.start))
        booking.end_time.CopyFrom(stamp(shift.end))
    return shown


def offer_shown(need: NeedRow, until: datetime) -> pb.OpenOffer:
    """What somebody was asked, and until when they may answer."""
    shown = pb.OpenOffer(need_id=need["need_id"], area_id=need["area_id"], skills=need["skills"])
    shown.start_time.CopyFrom(stamp(need["start_time"]))
    shown.end_time.CopyFrom(stamp(need["end_time"]))
    shown.expire_time.CopyFrom(stamp(until))
    return shown


def profile_shown(kept: Profile) -> pb.Profile:
    """A profile as it travels."""
    return pb.Profile(
        skills=sorted(kept.skills),
        windows=[
            pb.WeeklyWindow(weekday=window.weekday, start_minute=window.start, end_minute=window.end)
            for window in kept.windows
        ],
        zone=kept.zone,
        home_area_id=id_of(kept.home_path),
        reach_area_id=id_of(kept.reach_path),
        shifts_per_week=kept.shifts_per_week,
        languages=kept.languages,
    )


def volunteer_listed(row: VolunteerRow) -> pb.Volunteer:
    """A volunteer as the list shows them."""
    places = pb.Profile(home_area_id=row["home_area_id"], reach_area_id=id_of(row["reach_path"]))
    return pb.Volunteer(
        volunteer_id=row["volunteer_id"],
        active=row["active"],
        profile=places,
        offers=row["offers"],
        minutes=row["minutes"],
    )


def need_shown(state: Need) -> pb.Need:
    """A need with its offers."""
    match state:
        case Unheard():
            return pb.Need()
        case Withdrawn(last=last):
            shown = _raised(last)
            shown.state = NEED_STATES.to_wire(NeedState.WITHDRAWN)
            return shown
        case Raised():
            return _raised(state)


def _raised(state: Raised) -> pb.Need:
    shown = pb.Need(
        need_id=state.need_id,
        state=NEED_STATES.to_wire(NeedState.OPEN if state.open else NeedState.FILLED),
        case_id=state.case_id,
        area_id=id_of(state.area_path),
        area_path=state.area_path,
        wanted=state.wanted,
        accepted=state.accepted,
        skills=sorted(state.skills),
        priority=state.priority,
    )
    shown.start_time.CopyFrom(stamp(state.shift.start))
    shown.end_time.CopyFrom(stamp(state.shift.end))
    for volunteer_id, offer in state.offers.items():
        standing = OFFER_STATES.to_wire(offer.standing)
        entry = shown.offers.add(volunteer_id=volunteer_id, state=standing, minutes=offer.minutes)
        entry.expire_time.CopyFrom(stamp(offer.expires_at))
    return shown


def need_listed(row: NeedRow) -> pb.Need:
    """A need as the list shows it."""
    shown = pb.Need(
        need_id=row["need_id"],
        state=NEED_STATES.to_wire(NeedState(row["state"])),
        case_id=row["case_id"],
        area_id=row["area_id"],
        area_path=row["area_path"],
        wanted=row["wanted"],
        accepted=row["accepted"],
        skills=row["skills"],
        priority=row["priority"],
    )
    shown.start_time.CopyFrom(stamp(row["start_time"]))
    shown.end_time.CopyFrom(stamp(row["end_time"]))
    return shown


def proposal_shown(state: Proposal) -> pb.Proposal:
    """A proposal, chosen matches first."""
    if isinstance(state, NotProposed):
        return pb.Proposal()
    content = state.content
    return pb.Proposal(
        proposal_id=content.proposal_id,
        matches=[match_shown(entry) for entry in content.matches],
        covered=content.covered,
        bound=content.bound,
        wanted=content.wanted,
        filled=content.filled,
    )


def match_shown(entry: Match) -> pb.Match:
    """One volunteer looked at for one need."""
    return pb.Match(
        need_id=entry.need_id,
        volunteer_id=entry.volunteer_id,
        reason=MATCH_REASONS.to_wire(entry.reason),
    )
