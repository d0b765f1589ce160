"""Pages of disputed strips: each compares as many areas as it shows, within its effort."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.geo.atlas import Atlas
from libs.geo.effort import Effort
from libs.geo.tests.drawing import IN_2020, drawn, square
from libs.query.paging import Page
from services.identity.adapters.disputed_strips import ORDER, page_of

COST_OF_ONE = 10  # the positions of two squares


def page(atlas: Atlas, size: int, token: str, most: int, path: str = "") -> tuple[list[str], str]:
    request = pb.ListDisputedStripsRequest(page_size=size, page_token=token)
    strips, token = page_of(Page.of(request, ORDER), atlas, path, IN_2020, Effort(most))
    return [each.one.area_id + each.other.area_id for each in strips], token


def test_a_page_compares_only_what_it_shows() -> None:
    town = Atlas().with_rows([drawn(name, square(0, 0, 5)) for name in "abcdefgh"])

    assert page(town, 1, "", 2 * COST_OF_ONE)[0] == ["ab"]


def test_a_page_ends_when_its_effort_is_spent_and_the_next_goes_on() -> None:
    town = Atlas().with_rows([drawn(name, square(0, 0, 5)) for name in "abcd"])

    shown, token = page(town, 50, "", COST_OF_ONE)
    pages = [shown]
    while token:
        shown, token = page(town, 50, token, COST_OF_ONE)
        pages.append(shown)

    assert pages == [["ab"], ["ac"], ["ad"], ["bc"], ["bd"], ["cd"]]


def test_strips_of_other_areas_cost_nothing() -> None:
    town = Atlas().with_rows([drawn(name, square(0, 0, 5)) for name in ("a", "b", "c", "x/d")])

    assert page(town, 50, "", 3 * COST_OF_ONE, "x") == (["ad", "bd", "cd"], "")
