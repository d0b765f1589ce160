"""The nine standard affairs are sound."""

from libs.ledger.text import Text
from libs.testkit.deciders import deciding
from services.catalog.domain.affair import AFFAIR, DefineAffair
from services.catalog.domain.calendar import CALENDAR, DefineCalendar, Defined
from services.catalog.domain.commitment import COMMITMENT, PublishCommitment
from services.catalog.domain.standard import CALENDAR_ID, STANDARD_AFFAIRS, ZONE, working_time
from services.catalog.domain.values import AffairRef
from services.catalog.domain.working_time import OfficialDays
from services.catalog.tests.domain.stories import NOW

given_calendar = deciding(CALENDAR)
OFFICE = Text(en="Office")


def test_the_nine_standard_affairs_pass_all_checks() -> None:
    assert len({standard.affair_id for standard in STANDARD_AFFAIRS}) == 9
    given_calendar().when(
        DefineCalendar(calendar_id=CALENDAR_ID, name=OFFICE, working_time=working_time(ZONE), at=NOW)
    ).then_state(lambda state: isinstance(state, Defined))
    for standard in STANDARD_AFFAIRS:
        assert standard.name.zh
        assert standard.name.en
        ref = AffairRef(affair_id=standard.affair_id, path=standard.affair_id)
        define_it = DefineAffair(
            affair_id=standard.affair_id,
            name=standard.name,
            keywords=standard.keywords,
            outcomes=standard.outcomes,
            at=NOW,
        )
        promise_it = PublishCommitment(
            affair=ref,
            area=None,
            terms=standard.terms,
            calendar_id=CALENDAR_ID,
            working_time=working_time(ZONE),
            valid_from=NOW,
            at=NOW,
        )
        assert standard.terms.answer
        assert standard.terms.dispatch
        assert standard.terms.evidence
        assert len(AFFAIR.decide(define_it, AFFAIR.initial)) == 1
        assert len(COMMITMENT.decide(promise_it, COMMITMENT.initial)) == 1


def test_the_official_days_of_china_are_those_of_its_zone() -> None:
    assert working_time(ZONE).official is OfficialDays.CHINA
    assert working_time("Europe/Vienna").official is None
