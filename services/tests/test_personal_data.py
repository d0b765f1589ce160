"""Personal data are classified wherever they are stored or shown, and every rpc says what it shows."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from linli.identity.v1 import identity_service_pb2 as identity
from linli.options.v1 import register_pb2
from linli.privacy.v1 import privacy_options_pb2, privacy_types_pb2

from libs.ledger.store import shapes
from libs.rpc.disclosing import classes_shown, word_of_class
from libs.rpc.methods import Method
from libs.testkit.contracts import every_service
from libs.testkit.rpc import every_rpc
from services.command.registry import NAMES

CLASSES = {
    word_of_class(value.number) for value in privacy_types_pb2.PersonalClass.DESCRIPTOR.values if value.number
}
FACTS = re.compile(
    r"(.*_)?(id|ids|path|token|code|revision|time_zone|date|digest|media_type|event|type|types|kind|kinds"
    r"|source|scopes|unit|url|metrics|service|secret)"
)
"""Names of fields that hold ids, codes and the like: none of them is free text about a person."""
TEXTS_ABOUT_NOBODY = {
    "linli.acting.v1.Act": {"label", "rpc", "subject"},
    "linli.acting.v1.ActToRead": {"rpc", "subject"},
    "linli.cases.v1.AffairSuggestion": {"name", "named_words", "learned_words"},
    "linli.cases.v1.ExternalReference": {"system", "number"},
    "linli.cases.v1.HistoryEntry": {"actor", "on_behalf_of", "legal_basis", "summary"},
    "linli.cases.v1.PauseRequest": {"decided_by", "requested_by"},
    "linli.cases.v1.RegisterExternalSystemResponse": {"system"},
    "linli.cases.v1.TransferExternalSystemResponse": {"system"},
    "linli.cases.v1.RoutingTraceLine": {"verdict"},
    "linli.cases.v1.Sensor": {"location"},
    "linli.cases.v1.UnownedMatter": {"cause"},
    "linli.catalog.v1.Affair": {"name", "keywords"},
    "linli.catalog.v1.Calendar": {"name"},
    "linli.catalog.v1.Choice": {"label"},
    "linli.catalog.v1.Commitment": {"conditions"},
    "linli.catalog.v1.Cost": {"currency", "terms"},
    "linli.catalog.v1.Eligibility": {"groups", "terms"},
    "linli.catalog.v1.Place": {"name", "address", "location"},
    "linli.catalog.v1.Responsibility": {"legal_basis"},
    "linli.catalog.v1.Schedule": {"terms"},
    "linli.catalog.v1.ServiceDetails": {"accessibility", "description", "languages", "name", "phone"},
    "linli.catalog.v1.UnownedMatter": {"affair_name", "area_level", "area_name"},
    "linli.catalog.v1.WorkingTime": {"holidays"},
    "linli.feed.v1.Batch": {"chain_after", "chain_until"},
    "linli.feed.v1.Event": {"actor", "on_behalf_of", "reason", "subject", "traceparent"},
    "linli.identity.v1.Area": {"name"},
    "linli.identity.v1.Body": {"name"},
    "linli.identity.v1.Boundary": {"geojson", "note"},
    "linli.identity.v1.ChangeBoundaryResponse": {"note"},
    "linli.identity.v1.Building": {"address", "location"},
    "linli.identity.v1.Client": {"name"},
    "linli.identity.v1.ConfirmSecondFactorResponse": {"recovery_codes"},
    "linli.identity.v1.Course": {"title"},
    "linli.identity.v1.DefineAreaResponse": {"note"},
    "linli.identity.v1.DataSet": {"legal_basis", "name"},
    "linli.identity.v1.Share": {"legal_basis"},
    "linli.identity.v1.DisputedStrip": {"point"},
    "linli.identity.v1.Dwelling": {"unit"},
    "linli.identity.v1.FactCount": {"value"},
    "linli.identity.v1.GetKeySetResponse": {"root", "signed"},
    "linli.identity.v1.Incident": {"kind_label", "state_label"},
    "linli.identity.v1.NaturalKey": {"value"},
    "linli.identity.v1.ParkedWebhookMessage": {"reason"},
    "linli.identity.v1.Post": {"title"},
    "linli.identity.v1.PublicKey": {"x"},
    "linli.identity.v1.Qualification": {"name"},
    "linli.identity.v1.Revocation": {"concealed_subject"},
    "linli.identity.v1.TestWebhookResponse": {"reason"},
    "linli.identity.v1.Webhook": {"failing_reason"},
    "linli.operations.v1.ParkedEvent": {"subject", "why"},
    "linli.privacy.v1.ClassShown": {"label"},
    "linli.privacy.v1.Disclosure": {"purpose_label", "reference", "roles", "rpc"},
    "linli.supervision.v1.Metric": {"definition", "name"},
    "linli.supervision.v1.OpenCase": {"affair_name", "area_name", "body_name"},
    "linli.supervision.v1.ScoreboardRow": {"name"},
    "linli.supervision.v1.TrailEntry": {"actor", "on_behalf_of", "reason"},
    "linli.volunteers.v1.Need": {"skills"},
}
"""Texts and places that say nothing of a person: names of things, of bodies and of who acted, by id."""
PERSON = re.compile(r"(.*_)?(author|party|person|rater|reader|reporter|resident|subject|volunteer)_id")
"""Names of fields that say whom the other fields are about."""
ABOUT_A_PERSON = {
    "linli.identity.v1.AcceptInvitationResponse": "the caller's own",
    "linli.identity.v1.SignUpResponse": "the caller's own",
    "linli.cases.v1.Case": "who reported: what they told is in the report, and in nothing that lists show",
    "linli.identity.v1.Appointment": "who holds a post of a body, which is not private",
    "linli.identity.v1.Candidate": "that they are fit for a post, to those who fill it",
    "linli.identity.v1.Certificate": "what they are fit for, to themself and to those who fill posts",
    "linli.identity.v1.Consent": "to the two who agreed, and what was agreed",
    "linli.identity.v1.EraseSubjectResponse": "that it is done",
    "linli.identity.v1.ErasureReceipt": "that it is done, and where: the id is nobody's any more",
    "linli.identity.v1.Membership": "who belongs to a body, which is not private",
    "linli.identity.v1.Grant": "who may act for the community, which is not private",
    "linli.identity.v1.RegisterResidentResponse": "whether who registers them knew them already",
    "linli.identity.v1.Revocation": "to verifiers: a digest, and until when",
    "linli.identity.v1.Token": "the caller's own",
    "linli.privacy.v1.Disclosure": "the record itself, for the person and the officer",
    "linli.privacy.v1.UnusualReader": "how much somebody reads, for the officer",
}
"""Messages with the id of a person beside other fields, none of which has a class; and why that may be so."""
TEXTS = {"linli.types.v1.LocalizedText", "linli.types.v1.Point"}

METHODS = every_rpc(*every_service())


def _personal(field: FieldDescriptor) -> int:
    return int(field.GetOptions().Extensions[privacy_options_pb2.personal])


def _unclassified(descriptor: Any, seen: set[str]) -> Iterator[str]:
    """The texts and places of an answer that have no class, and are not known to need none."""
    seen.add(descriptor.full_name)
    for field in descriptor.fields:
        of = field.message_type
        if _personal(field):
            continue
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING or (of is not None and of.full_name in TEXTS):
            known = TEXTS_ABOUT_NOBODY.get(descriptor.full_name, set())
            if field.name not in known and not FACTS.fullmatch(field.name):
                yield f"{descriptor.full_name}.{field.name}"
        elif of is not None and not of.full_name.startswith("google.") and of.full_name not in seen:
            yield from _unclassified(of, seen)


@pytest.mark.capability("002.5")
def test_every_text_of_an_answer_is_classified_or_about_nobody() -> None:
    found = {each for method in METHODS for each in _unclassified(method.response.DESCRIPTOR, set())}

    assert found == set()


def _about_people(descriptor: Any, seen: set[str]) -> Iterator[str]:
    """The messages of an answer that say something of a person, and nowhere of which class."""
    seen.add(descriptor.full_name)
    if any(PERSON.fullmatch(field.name) for field in descriptor.fields) and not any(
        map(_personal, descriptor.fields)
    ):
        yield descriptor.full_name
    for field in descriptor.fields:
        of = field.message_type
        if of is not None and not _personal(field) and of.full_name not in seen:
            yield from _about_people(of, seen)


@pytest.mark.capability("002.5")
def test_whatever_stands_beside_a_persons_id_is_classified_or_excused() -> None:
    found = {each for method in METHODS for each in _about_people(method.response.DESCRIPTOR, set())}

    assert found == set(ABOUT_A_PERSON)


@pytest.mark.capability("002.5")
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path.rpartition("/")[2])
def test_an_rpc_declares_exactly_what_its_answer_can_show(method: Method) -> None:
    declared = method.discloses
    shown = classes_shown(method.response.DESCRIPTOR)

    assert shown == (frozenset() if declared.asked_field else frozenset(declared.classes))
    if declared.classes and not declared.own:
        assert bool(declared.purpose) != bool(declared.purpose_field)
        fields = method.request.DESCRIPTOR.fields_by_name
        named = {declared.purpose_field, declared.reference_field, declared.asked_field}
        assert named - {""} <= set(fields)
    else:
        assert {declared.purpose_field, declared.reference_field, declared.asked_field} == {""}
        assert not declared.purpose


@pytest.mark.capability("002.5")
def test_every_class_is_in_the_register() -> None:
    values = [value for value in privacy_types_pb2.PersonalClass.DESCRIPTOR.values if value.number]
    held = {value.name: value.GetOptions().Extensions[register_pb2.held] for value in values}

    assert [name for name, of in held.items() if not (of.purpose and of.legal_basis and of.retention)] == []


@pytest.mark.capability("002.5")
@pytest.mark.parametrize("name", NAMES)
def test_every_stored_field_with_personal_data_has_a_class(name: str) -> None:
    events = importlib.import_module(f"services.{name}.wiring").SERVICE.events

    stored = {
        each: {name for name, tp in shapes.fields_of(of).items() if shapes.holds_personal(tp)}
        for each, of in events.types.items()
    }

    assert {each: set(of) for each, of in events.personal.items()} == {k: v for k, v in stored.items() if v}
    assert {word for of in events.personal.values() for word in of.values()} <= CLASSES


def test_a_purpose_that_a_reader_names_is_one_that_is_recorded() -> None:
    named = {name.removeprefix("PURPOSE_") for name in identity.Purpose.DESCRIPTOR.values_by_name}
    recorded = {
        name.removeprefix("DISCLOSURE_PURPOSE_")
        for name in privacy_types_pb2.DisclosurePurpose.DESCRIPTOR.values_by_name
    }

    assert named <= recorded
