"""How events fold into the views of identity."""

from datetime import UTC, datetime

from libs.ledger.personal import Personal
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.ids import some_id
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.identity.adapters.views.areas import AreasView
from services.identity.adapters.views.clients import ClientsView
from services.identity.adapters.views.revoked_tokens import RevokedTokensView
from services.identity.adapters.views.roles_of_party import RolesOfPartyView
from services.identity.domain.access import RoleGranted, RoleRevoked
from services.identity.domain.area.events import AreaDefined, BoundaryChanged
from services.identity.domain.client import ClientRegistered, ClientRetired, ClientSecretChanged
from services.identity.domain.values import Level, Role, Within

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
WITHIN = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"))


def test_an_area_is_ranked_by_when_it_was_defined() -> None:
    defined = AreaDefined(
        area_id="nc-47",
        parent_id="la",
        level=Level.COMMUNITY,
        name=Text(en="Willow"),
        path=AreaPath("la/nc-47"),
        defined_at=AT,
    )
    changed = BoundaryChanged(
        area_id="nc-47", path=AreaPath("la/nc-47"), version=1, boundary="{}", valid_from=AT, note=""
    )

    rows = folded(AreasView(), recorded("area-nc-47", defined, changed, position=7))

    [area] = rows.all("areas")
    [boundary] = rows.all("boundaries")
    assert (area["rank"], area["boundary_version"]) == (7, 1)
    assert (boundary["version"], boundary["position"]) == (1, 8)


def test_a_revoked_grant_is_gone() -> None:
    granted = RoleGranted(party_id=MEI, grant_id="g-1", role=Role.PLANNER, within=WITHIN, granted_at=AT)
    revoked = RoleRevoked(party_id=MEI, grant_id="g-1", role=Role.PLANNER, within=WITHIN, revoked_at=AT)

    assert len(folded(RolesOfPartyView(), recorded(f"access-{MEI}", granted)).all("grants")) == 1
    assert folded(RolesOfPartyView(), recorded(f"access-{MEI}", granted, revoked)).all("grants") == []


def test_a_client_is_kept_without_its_secret() -> None:
    registered = ClientRegistered(
        client_id="c-1",
        name="a partner",
        role=Role.PARTNER,
        scopes=("areas.read",),
        within=WITHIN,
        secret_hash=Personal("client-c-1", "hash"),
        registered_at=AT,
    )
    retired = ClientRetired(client_id="c-1", retired_at=AT)

    [row] = folded(ClientsView(), recorded("client-c-1", registered, retired)).all("clients")

    assert row["retired"]
    assert "hash" not in str(row)


def test_retiring_a_client_and_changing_its_secret_revoke_its_tokens() -> None:
    changed = ClientSecretChanged(client_id="c-1", secret_hash=Personal("client-c-1", "hash"), changed_at=AT)
    retired = ClientRetired(client_id="c-2", retired_at=AT)

    rows = folded(
        RevokedTokensView(), [*recorded("client-c-1", changed), *recorded("client-c-2", retired, position=2)]
    )

    assert [(row["subject"], row["before"]) for row in rows.all("revocations")] == [("c-1", AT), ("c-2", AT)]
