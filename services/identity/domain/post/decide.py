"""What may happen to a post of a body: one holder at a time, until a moment or until somebody ends it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from libs.ledger.decider import Decider
from services.identity.domain import household_refusals, refusals
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.post.commands import (
    AbolishPost,
    AppointHolder,
    ChangePostNeeds,
    ChangeTerm,
    EndAppointment,
    EstablishPost,
    NameSuccessor,
    PostCommand,
)
from services.identity.domain.post.events import (
    AppointmentEnded,
    HolderAppointed,
    PostAbolished,
    PostEstablished,
    PostEvent,
    PostNeedsChanged,
    SuccessorNamed,
    TermChanged,
)
from services.identity.domain.post.situations import Appointment, Established, Post, Unknown
from services.identity.domain.values import TWO_PERSONS

# Evolve


def evolve(post: Post, event: PostEvent) -> Post:
    """The post after the event."""
    if isinstance(event, PostEstablished):
        return Established(established=event, needs=event.needs, needed_since=event.since)
    if isinstance(post, Unknown):
        return post
    match event:
        case PostNeedsChanged():
            return replace(post, needs=event.needs, needed_since=event.changed_at)
        case PostAbolished():
            return replace(post, abolished_at=event.abolished_at)
        case HolderAppointed():
            appointed = Appointment(party_id=event.party_id, since=event.since, until=event.until)
            successor_id = "" if event.party_id == post.successor_id else post.successor_id
            return replace(post, appointments=(*post.appointments, appointed), successor_id=successor_id)
        case TermChanged(since=since, until=until):
            return _ending(post, since, until)
        case AppointmentEnded(since=since, ended_at=ended_at):
            return _ending(post, since, ended_at)
        case SuccessorNamed():
            return replace(post, successor_id=event.party_id)


def _ending(post: Established, since: datetime, until: datetime | None) -> Established:
    changed = (replace(each, until=until) if each.since == since else each for each in post.appointments)
    return replace(post, appointments=tuple(changed))


# Decide


def decide(command: PostCommand, post: Post) -> Sequence[PostEvent]:
    """A post is established once, held by one person at a time, and abolished when it is vacant."""
    if isinstance(command, EstablishPost):
        return _established(command, post)
    if isinstance(post, Unknown):
        raise unfit.post_is_unknown("")
    match command:
        case ChangePostNeeds():
            return _needs(command, post)
        case AbolishPost():
            return _abolished(command, post)
        case AppointHolder():
            return [_appointed(command, post)]
        case ChangeTerm():
            return _term(command, post)
        case EndAppointment():
            return _ended(command, post)
        case NameSuccessor():
            return _successor(command, post)


def _established(command: EstablishPost, post: Post) -> Sequence[PostEvent]:
    if isinstance(post, Established):
        _assure_there(post)
        wanted = replace(post.established, needs=post.needs)
        same = (wanted.body_id, wanted.title, wanted.area_id, set(wanted.needs), set(wanted.roles))
        asked = (command.body_id, command.title, command.area_id, set(command.needs), set(command.roles))
        if same != asked:
            raise unfit.post_is_established_differently(command.post_id)
        return []
    if not command.title:
        raise refusals.name_is_missing("title")
    for each in command.roles:
        if each.role in TWO_PERSONS or each.within.everywhere:
            raise unfit.post_role_is_unfit(each.role)
    return [
        PostEstablished(
            post_id=command.post_id,
            body_id=command.body_id,
            title=command.title,
            area_id=command.area_id,
            area_path=command.area_path,
            needs=command.needs,
            roles=command.roles,
            since=command.since,
        )
    ]


def _needs(command: ChangePostNeeds, post: Established) -> Sequence[PostEvent]:
    _assure_there(post)
    if set(command.needs) == set(post.needs):
        return []
    return [
        PostNeedsChanged(
            post_id=post.established.post_id,
            needs=command.needs,
            needed_before=post.needs,
            before_since=post.needed_since,
            changed_at=command.at,
        )
    ]


def _abolished(command: AbolishPost, post: Established) -> Sequence[PostEvent]:
    post_id = post.established.post_id
    if post.abolished_at is not None:
        return []
    if holder := post.holder(command.at):
        raise unfit.post_is_held(post_id, holder.party_id)
    return [PostAbolished(post_id=post_id, abolished_at=command.at)]


def _appointed(command: AppointHolder, post: Established) -> HolderAppointed:
    _assure_there(post)
    if command.since > command.at:
        raise household_refusals.lies_in_the_future("since_time")
    if command.until is not None and command.until <= command.since:
        raise unfit.term_is_unfit()
    established = post.established
    if command.since < established.since:
        raise unfit.appointment_is_too_early()
    for each in post.appointments:
        if _overlap(each, command.since, command.until):
            raise unfit.post_is_held(established.post_id, each.party_id)
    return HolderAppointed(
        post_id=established.post_id,
        body_id=established.body_id,
        area_path=established.area_path,
        party_id=command.party_id,
        since=command.since,
        until=command.until,
    )


def _overlap(held: Appointment, since: datetime, until: datetime | None) -> bool:
    begins_before = until is None or held.since < until
    ends_after = held.until is None or since < held.until
    return begins_before and ends_after


def _term(command: ChangeTerm, post: Established) -> Sequence[PostEvent]:
    held = _held_by(command.party_id, post, command.at)
    if command.until is not None and command.until <= command.at:
        raise unfit.term_is_unfit()
    if command.until == held.until:
        return []
    return [TermChanged(post_id=post.established.post_id, since=held.since, until=command.until)]


def _ended(command: EndAppointment, post: Established) -> Sequence[PostEvent]:
    if command.erased:
        ending = [each for each in post.appointments if _lasts(each, command)]
    else:
        ending = [_held_by(command.party_id, post, command.at)]
    return [
        AppointmentEnded(
            post_id=post.established.post_id,
            party_id=each.party_id,
            since=each.since,
            ended_at=max(command.at, each.since),
        )
        for each in ending
    ]


def _lasts(held: Appointment, command: EndAppointment) -> bool:
    """Whether it is theirs and has not ended; it may have begun after the moment of the command."""
    over = held.until is not None and held.until <= max(command.at, held.since)
    return held.party_id == command.party_id and not over


def _held_by(party_id: str, post: Established, at: datetime) -> Appointment:
    holder = post.holder(at)
    if holder is None or holder.party_id != party_id:
        raise unfit.holder_is_another(post.established.post_id, holder.party_id if holder else "")
    return holder


def _successor(command: NameSuccessor, post: Established) -> Sequence[PostEvent]:
    _assure_there(post)
    if command.party_id == post.successor_id:
        return []
    holder = post.holder(command.at)
    if holder is not None and holder.party_id == command.party_id:
        raise unfit.successor_is_the_holder()
    return [SuccessorNamed(post_id=post.established.post_id, party_id=command.party_id, named_at=command.at)]


def _assure_there(post: Established) -> None:
    if post.abolished_at is not None:
        raise unfit.post_is_abolished(post.established.post_id)


POST: Decider[PostCommand, Post, PostEvent] = Decider(
    category="post", initial=Unknown(), decide=decide, evolve=evolve
)
