"""A neighbour reports in a resident's name while the resident lets them, and no longer."""

from datetime import UTC, datetime, timedelta

from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from e2e.city.platform import until_known
from e2e.journeys.town import ELM, TOWN, Town, new_id, refusal, report, stamp
from libs.testkit.eventually import eventually


def test_a_helper_reports_by_consent_until_it_is_revoked(town: Town) -> None:
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=new_id())
    registering = identity.RegisterResidentRequest(
        request_id=new_id(), natural_key=key, name="老李", area_id=ELM
    )
    old_li = str(town.operator.identity.register_resident(registering).resident_id)
    himself = town.person("RESIDENT", old_li, area=TOWN)
    neighbour = town.resident("neighbour-fang")
    recording = identity.RecordConsentRequest(
        request_id=new_id(),
        resident_id=old_li,
        helper_id="neighbour-fang",
        purpose=kinds.CONSENT_PURPOSE_REPORT_CASES,
        until_time=stamp(datetime.now(UTC) + timedelta(days=30)),
    )

    without = refusal(neighbour.cases.open_case, report(reporter_id=old_li))
    given = himself.identity.record_consent(recording).consent
    told = report(reporter_id=old_li, consent_id=given.consent_id)
    opened = until_known(neighbour.cases.open_case, told)
    case = opened.case
    himself.identity.revoke_consent(
        identity.RevokeConsentRequest(request_id=new_id(), consent_id=given.consent_id)
    )

    assert without == "REPORTER_IS_SOMEBODY_ELSE"
    assert case.reporter_id == old_li
    mine = himself.cases.list_my_cases(cases.ListMyCasesRequest(at_least=opened.revision)).cases
    assert case.case_id in {each.case_id for each in mine}
    again = {"reporter_id": old_li, "consent_id": given.consent_id}
    eventually(
        lambda: refusal(neighbour.cases.open_case, report(**again)) == "CONSENT_NOT_VALID",
        "cases has heard of the revocation",
    )
