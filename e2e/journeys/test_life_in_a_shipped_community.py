"""What happens to people in Los Angeles and in Xinan: each journey passes on both, by their files alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, until_known
from e2e.journeys.communities import Community, Matter
from e2e.journeys.town import need, new_id, on, profile, refusal, stamp
from libs.testkit.eventually import eventually
from services.command.community.checking import Checked, checked

pytestmark = pytest.mark.capability("004.8")
THEIRS: dict[str, Any] = {"legal_basis": "by order", "reason": "it is theirs"}


def opened(reporter: City, matter: Matter, **fields: Any) -> cases.Case:
    return until_known(reporter.cases.open_case, matter.report(**fields)).case  # type: ignore[no-any-return]


def officer(community: Community, body: str) -> City:
    return community.person("CASE_OFFICER", f"officer-of-{body}", body=body)


def dispatcher(community: Community) -> City:
    return community.person("DISPATCHER", "dispatcher", area=community.root)


def resolve(community: Community, matter: Matter, case: cases.Case) -> str:
    proved = cases.ResolveCaseRequest(
        **on(case), outcome_code=matter.outcome, outcome="done", evidence=[matter.proof()]
    )
    return str(officer(community, matter.body).cases.resolve_case(proved).revision)


def registered(community: Community, name: str, area: str) -> str:
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=new_id())
    registering = identity.RegisterResidentRequest(
        request_id=new_id(), natural_key=key, name=name, area_id=area
    )
    return str(community.town.operator.identity.register_resident(registering).resident_id)


def mine(reporter: City, case: cases.Case) -> cases.Case:
    return reporter.cases.get_my_case(cases.GetMyCaseRequest(case_id=case.case_id)).case.case  # type: ignore[no-any-return]


@pytest.mark.capability("002.3")
def test_a_holiday_of_its_own_moves_what_was_promised(community: Community) -> None:
    eve = community.holiday
    importer = community.town.operator.cases
    importer.register_external_system(
        cases.RegisterExternalSystemRequest(request_id=new_id(), system="of-old")
    )
    told = eve.matter.report(
        occurred_time=stamp(eve.opened),
        external_reference=types.ExternalReference(system="of-old", number="1"),
    )
    case = until_known(importer.open_case, told).case

    asked = cases.ExplainDeadlineRequest(case_id=case.case_id, clock=types.CLOCK_KIND_RESOLUTION)
    explained = importer.explain_deadline(asked)

    assert explained.deadline.due_time.ToDatetime(UTC) == eve.due


def test_who_objects_is_answered_by_the_same_body_under_the_same_clock(community: Community) -> None:
    matter = community.matters[0]
    reporter = community.person("RESIDENT", "resident-who-objects", area=matter.area)
    case = opened(reporter, matter)
    before = {deadline.clock: deadline.due_time for deadline in mine(reporter, case).deadlines}
    resolve(community, matter, case)

    objection = cases.ObjectToResolutionRequest(**on(case), reason="还是老样子")
    again = reporter.cases.object_to_resolution(objection).case

    assert (again.state, again.body_id) == (types.CASE_STATE_ACCEPTED, matter.body)
    kept = {deadline.clock: deadline.due_time for deadline in mine(reporter, case).deadlines}
    assert kept[types.CLOCK_KIND_RESOLUTION] == before[types.CLOCK_KIND_RESOLUTION]


def test_a_matter_that_is_sent_back_twice_is_decided_above(community: Community) -> None:
    matter, other, *_ = community.matters
    reporter = community.person("RESIDENT", "resident-sent-around", area=matter.area)
    case = opened(reporter, matter)
    above = dispatcher(community).cases

    officer(community, matter.body).cases.return_case(cases.ReturnCaseRequest(**on(case), reason="not ours"))
    above.reassign_case(cases.ReassignCaseRequest(**on(case), body_id=other.body, **THEIRS))
    sent = cases.ReturnCaseRequest(**on(case), reason="nor ours")
    officer(community, other.body).cases.return_case(sent)
    decided = above.reassign_case(cases.ReassignCaseRequest(**on(case), body_id=matter.body, **THEIRS))
    third = cases.ReturnCaseRequest(**on(case), reason="never ours")

    assert decided.case.body_id == matter.body
    assert refusal(officer(community, matter.body).cases.return_case, third) == "DECIDED_BY_ADJUDICATION"
    resolve(community, matter, case)
    assert mine(reporter, case).state == types.CASE_STATE_RESOLVED


def test_two_reports_of_one_thing_become_one_and_both_reporters_are_told(community: Community) -> None:
    matter = community.matters[0]
    first = community.person("RESIDENT", "resident-first", area=matter.area)
    second = community.person("RESIDENT", "resident-second", area=matter.area)
    ours, theirs = opened(first, matter), opened(second, matter)

    merging = cases.MergeCasesRequest(
        request_id=new_id(), case_id=theirs.case_id, into_case_id=ours.case_id, reason="the same thing"
    )
    dispatcher(community).cases.merge_cases(merging)
    done = resolve(community, matter, ours)

    assert mine(second, theirs).merged_into_public_id == ours.public_id
    asked = cases.GetPublicCaseRequest(public_id=ours.public_id, at_least=done)
    assert second.cases.get_public_case(asked).case.state == types.CASE_STATE_RESOLVED
    assert mine(first, ours).state == types.CASE_STATE_RESOLVED


@pytest.mark.capability("004.3")
def test_a_helper_reports_while_they_are_let(community: Community) -> None:
    matter = community.matters[-1]
    resident_id = registered(community, "老李", matter.area)
    herself = community.person("RESIDENT", resident_id, area=matter.area)
    helper = community.person("RESIDENT", "helper", area=matter.area)
    recording = identity.RecordConsentRequest(
        request_id=new_id(),
        resident_id=resident_id,
        helper_id="helper",
        purpose=kinds.CONSENT_PURPOSE_REPORT_CASES,
        until_time=stamp(datetime.now(UTC) + timedelta(days=30)),
    )
    given = herself.identity.record_consent(recording).consent
    named = {"reporter_id": resident_id, "consent_id": given.consent_id}
    case = opened(helper, matter, **named)

    ending = identity.RevokeConsentRequest(request_id=new_id(), consent_id=given.consent_id)
    herself.identity.revoke_consent(ending)

    assert mine(herself, case).reporter_id == resident_id
    eventually(
        lambda: refusal(helper.cases.open_case, matter.report(**named)) == "CONSENT_NOT_VALID",
        "cases has heard of the revocation",
    )


def test_a_neighbour_is_asked_and_says_yes(community: Community) -> None:
    area = community.matters[0].area
    neighbour_id = registered(community, "陈敏", area)
    neighbour = community.person("VOLUNTEER", neighbour_id, area=area)
    coordinator = community.person("COORDINATOR", "coordinator", area=area).volunteers
    enrolling = volunteers.EnrolVolunteerRequest(request_id=new_id(), profile=profile(area))
    until_known(neighbour.volunteers.enrol_volunteer, enrolling)

    wanted = until_known(coordinator.raise_need, need(area))
    proposing = volunteers.ProposeMatchesRequest(request_id=new_id(), area_id=area, at_least=wanted.revision)
    proposal = coordinator.propose_matches(proposing).proposal
    offering = volunteers.MakeOffersRequest(request_id=new_id(), proposal_id=proposal.proposal_id)
    offered = coordinator.make_offers(offering).offered
    yes = volunteers.AcceptOfferRequest(request_id=new_id(), need_id=wanted.need.need_id)
    accepted = neighbour.volunteers.accept_offer(yes)

    assert [match.volunteer_id for match in offered] == [neighbour_id]
    assert accepted.need.state == volunteers.NEED_STATE_FILLED


@pytest.mark.capability("002.5")
def test_whoever_is_erased_leaves_their_case_and_nothing_of_themselves(community: Community) -> None:
    matter = community.matters[0]
    resident_id = registered(community, "欧阳静芷", matter.area)
    herself = community.person("RESIDENT", resident_id, area=matter.area)
    case = opened(herself, matter, description="水漏进了我的卧室", contact="jingzhi@example.net")
    guard = community.person("DATA_PROTECTION_OFFICER", "guard", area=community.root)

    staff = officer(community, matter.body).cases
    asked = cases.GetCaseRequest(case_id=case.case_id)
    before = staff.get_case(asked).report
    erasing = identity.EraseSubjectRequest(request_id=new_id(), subject_id=resident_id, reason="she asked")
    guard.identity.erase_subject(erasing)

    assert before.contact == "jingzhi@example.net"
    eventually(lambda: staff.get_case(asked).content_erased, "cases has heard of the erasure")
    after = staff.get_case(asked)
    assert (after.report.description, after.report.contact) == ("", "")
    assert after.case.body_id == matter.body


@pytest.mark.capability("004.9")
def test_who_looks_after_a_cell_for_a_body_registers_and_reads_the_people_there(community: Community) -> None:
    found = checked(community.file)
    assert isinstance(found, Checked)
    roles = [role for person in found.community.people for role in person.roles if role.role == "grid_worker"]
    area, body = next(((role.area, role.body) for role in roles), (community.matters[0].area, "committee"))
    worker = community.person("GRID_WORKER", f"grid.{area}", area=area, body=body).identity
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=new_id())
    registering = identity.RegisterResidentRequest(
        request_id=new_id(), natural_key=key, name="何静", area_id=area
    )
    building = identity.RegisterBuildingRequest(
        request_id=new_id(), building_id="b-new", area_id=area, address="新路1号", units=["101"]
    )
    since = stamp(datetime.now(UTC) - timedelta(days=1))

    resident_id = worker.register_resident(registering).resident_id
    worker.register_building(building)
    forming = identity.FormHouseholdRequest(
        request_id=new_id(), building_id="b-new", unit="101", since_time=since
    )
    forming.members.add(resident_id=resident_id, relation=kinds.RELATION_REFERENCE_PERSON)
    household_id = worker.form_household(forming).household_id
    telling = identity.RecordVisitRequest(
        request_id=new_id(),
        household_id=household_id,
        source=kinds.FACT_SOURCE_VISIT,
        observed_time=since,
        facts=[identity.ToldFact(kind=kinds.FACT_KIND_HOUSEHOLD_SIZE, value="1")],
    )
    told = worker.record_visit(telling).revision

    asked = identity.GetHouseholdRequest(household_id=household_id, purpose=identity.PURPOSE_ASSISTANCE)
    assert [fact.value for fact in worker.get_household(asked).facts] == ["1"]
    counting = identity.CountHouseholdsRequest(area_id=area, with_facts=True, at_least=told)
    assert worker.count_households(counting).households >= 1
    case = opened(
        community.person("GRID_WORKER", f"grid.{area}", area=area, body=body),
        next(each for each in community.matters if each.area == area),
        reporter_id=resident_id,
    )
    assert case.reporter_id == resident_id


@pytest.mark.capability("003.1")
def test_an_area_takes_another_name_and_its_figures_go_on(community: Community) -> None:
    matter = community.matters[-1]
    case = opened(community.person("RESIDENT", "resident-renamed", area=matter.area), matter)
    planner = community.person("PLANNER", "planner", area=community.root).identity
    path = community.path(matter.area).split("/")
    street = path[1]

    renaming = identity.RenameAreaRequest(request_id=new_id(), area_id=street, reason="by decree")
    renaming.name.en, renaming.name.zh = "Renamed", "新名"
    planner.rename_area(renaming)

    asked = supervision.GetScoreboardRequest(group_by=supervision.GROUPING_AREA, area_depth=2, area_id=street)
    watched = community.person("SUPERVISOR", "supervisor-of-names", area=community.root).supervision
    eventually(
        lambda: [row.name.zh for row in watched.get_scoreboard(asked).rows] == ["新名"],
        "supervision has heard of the name",
    )
    [row] = watched.get_scoreboard(asked).rows
    assert row.cases >= 1
    assert case.area_path.split("/")[1] == street
