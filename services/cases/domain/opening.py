"""How a report becomes a case: the clocks start, and the list in force names who must answer."""

from libs.ledger.personal import Personal
from libs.rules.routing import Question, route
from services.cases.domain import events, refusals
from services.cases.domain.clocks import promise
from services.cases.domain.commands import OpenCase


def open_case(command: OpenCase) -> list[events.Event]:
    """The report as a case, on its way to the body that must answer, if the list names one."""
    facts = command.facts
    affair_id = facts.affair_path.rpartition("/")[2]
    if command.anonymous and (command.reporter_id or command.contact):
        raise refusals.anonymous_with_name()
    if command.anonymous and not facts.anonymous_allowed:
        raise refusals.anonymous_not_allowed(affair_id)
    if command.reporter_id is not None and not command.reporter_known:
        raise refusals.reporter_unknown(command.reporter_id)
    subject = command.reporter_id or command.case_id
    opened = events.CaseOpened(
        case_id=command.case_id,
        public_id=command.public_id,
        affair_id=affair_id,
        area_path=facts.area_path,
        channel=command.channel,
        at=command.at,
        deadlines=promise(facts.commitment, facts.calendar, command.at),
        reporter_id=command.reporter_id,
        anonymous=command.anonymous,
        assisted=command.assisted,
        imported=command.imported,
        external=command.external,
        place=personal(subject, command.point.in_words()) if command.point else None,
        description=personal(subject, command.description),
        address=personal(subject, command.address),
        contact=personal(subject, command.contact),
    )
    return [opened, _routed(command)]


def _routed(command: OpenCase) -> events.CaseRouted | events.CaseUnowned:
    facts = command.facts
    question = Question(
        affair_path=facts.affair_path, area_path=facts.area_path, at=command.at, known=facts.known
    )
    decision = route(facts.responsibilities, question)
    if decision.body_id is None:
        return events.CaseUnowned(decision=decision, at=command.at)
    return events.CaseRouted(body_id=decision.body_id, decision=decision, at=command.at)


def personal(subject: str, value: str) -> Personal | None:
    """A text under the key of whom it is about; none if nothing was said."""
    return Personal(subject, value) if value else None
