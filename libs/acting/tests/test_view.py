"""The list of acts knows where residents lived who gave consents, until they are erased."""

from datetime import timedelta

from libs.acting.view import HOMES, ActsView
from libs.ledger.consented import Consented, ConsentGivenNoted
from libs.ledger.forgotten import ErasureHeard
from libs.rules.areas import AreaPath
from libs.testkit.clocks import START
from libs.testkit.ids import some_id
from libs.testkit.recorded import recorded
from libs.testkit.views import folded

MEI, HUA = some_id("mei"), some_id("hua")


def consent(resident_id: str, home: str) -> ConsentGivenNoted:
    given = Consented(
        consent_id=some_id(f"consent of {resident_id} in {home}"),
        resident_id=resident_id,
        helper_id=some_id("wang"),
        purposes=("REPORT_CASES",),
        within=AreaPath(""),
        home=AreaPath(home),
        until=START + timedelta(days=30),
    )
    return ConsentGivenNoted(consent=given)


def test_the_home_is_that_of_the_newest_consent() -> None:
    rows = folded(ActsView(), recorded("consented-1", consent(MEI, "la/elm"), consent(MEI, "la/willow")))

    assert rows.all(HOMES.name) == [{"resident_id": MEI, "home_path": "la/willow"}]


def test_where_an_erased_person_lived_is_not_kept() -> None:
    heard = ErasureHeard(subject_id=MEI, heard_at=START)
    nobody = ErasureHeard(subject_id=some_id("a passer-by"), heard_at=START)

    rows = folded(
        ActsView(), recorded("consented-1", consent(MEI, "la/elm"), consent(HUA, "la/elm"), heard, nobody)
    )

    assert [row["resident_id"] for row in rows.all(HOMES.name)] == [HUA]
