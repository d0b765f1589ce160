"""What leaves identity: ids and facts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from linli.identity.v1 import identity_events_pb2 as published

from libs.ledger.personal import Personal
from libs.ledger.store import shapes
from libs.rules.areas import AreaPath
from libs.testkit.ids import some_id
from libs.testkit.recorded import recorded
from services.identity.adapters.ledger import EVENTS
from services.identity.adapters.publishing import publish
from services.identity.domain.access import RoleGranted
from services.identity.domain.area.events import BoundaryChanged
from services.identity.domain.client import ClientRegistered, ClientSecretChanged
from services.identity.domain.login import LoginCreated, PasswordSet
from services.identity.domain.resident import ResidentRegistered
from services.identity.domain.values import KeyKind, Role, Within

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
SECRETS = (LoginCreated, PasswordSet, ClientSecretChanged)
WITHIN = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"), body_id="bos")


def told(event: Any) -> Any:
    return publish(recorded("some-stream", event)[0])


@pytest.mark.parametrize("kind", EVENTS.types.values())
def test_every_event_is_published_or_kept(kind: type) -> None:
    for sample in shapes.samples(kind):
        fits = replace(sample, version=1) if isinstance(sample, BoundaryChanged) else sample

        answer = told(fits)

        assert answer is None or answer.message.IsInitialized()


@pytest.mark.parametrize("kind", SECRETS)
def test_events_with_secrets_are_kept(kind: type) -> None:
    assert told(next(iter(shapes.samples(kind)))) is None


def test_a_client_is_published_without_its_secret_and_scopes() -> None:
    event = ClientRegistered(
        client_id="c-1",
        name="Leak sensors",
        role=Role.PARTNER,
        scopes=("cases.open",),
        within=WITHIN,
        secret_hash=Personal("c-1", some_id("secret")),
        registered_at=AT,
    )

    answer = told(event)

    limits = {"area_id": "nc-47", "area_path": "la/nc-47", "body_id": "bos"}
    assert answer.message == published.ClientRegistered(client_id="c-1", **limits)


def test_a_resident_is_published_without_anything_personal() -> None:
    event = ResidentRegistered(
        resident_id=MEI,
        key_kind=KeyKind.NATIONAL_ID,
        key_digest=Personal("resident-1", some_id("digest")),
        name=Personal(MEI, "Mei Lan"),
        phone=Personal(MEI, "555"),
        address=Personal(MEI, "Broadway"),
        area_id="nc-47",
        area_path=AreaPath("la/nc-47"),
        registered_at=AT,
    )

    answer = told(event)

    assert answer.message == published.ResidentRegistered(
        resident_id=MEI, area_id="nc-47", area_path="la/nc-47"
    )
    assert (answer.public, answer.area_path) == (False, "la/nc-47")


def test_a_role_is_told_to_those_who_reach_its_area_or_body() -> None:
    event = RoleGranted(party_id=MEI, grant_id="g-1", role=Role.CASE_OFFICER, within=WITHIN, granted_at=AT)

    answer = told(event)

    assert answer.message.body_id == "bos"
    assert (answer.area_path, answer.body_ids) == ("la/nc-47", ("bos",))
