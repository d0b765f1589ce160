"""The disclosure service: who read whose personal data, by gRPC."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from linli.privacy.v1 import privacy_service_pb2 as pb
from linli.privacy.v1 import privacy_types_pb2 as types

from libs.disclosure.copying import Copied, Copying
from libs.disclosure.unusual import unusual_readers
from libs.disclosure.view import LISTED, VIEW, DisclosureRow
from libs.ledger.decider import Kind, Refusal
from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh, PageQuery, Waiting
from libs.rpc.enums import prefix_of
from libs.rpc.labels import label_of
from libs.rpc.moments import stamp
from libs.rpc.texts import localized


class Call(Waiting, Protocol):
    """What the service asks of a call (`libs.rpc.call.Call`)."""

    @property
    def my_ids(self) -> Sequence[str]:
        """The caller's own ids."""

    def showing(self, *subject_ids: str) -> None:
        """Whose personal data the answer shows."""

    def require(self, *, area_path: str | None = None, body: str | None = None) -> None:
        """Refuse unless a grant covers the thing; without a thing: unless one has no limits."""


class Asked(PageQuery, Protocol):
    """A request for the records of one service."""

    service: str


class DisclosureApi:
    """Serves `linli.privacy.v1.DisclosureService` for the services of this process."""

    def __init__(self, views: Mapping[str, Views]) -> None:
        """`views`: those of each service that stores who reads whose data."""
        self._views = views

    def export_subject(self, request: pb.ExportSubjectRequest, call: Call) -> pb.ExportSubjectResponse:
        """A part of the copy of what a service keeps of a person."""
        call.require()
        copying = Copying(self._of(request.service).ledger)
        found, after = copying.some(request.subject_id, int(request.page_token or 0))
        call.showing(request.subject_id)
        return pb.ExportSubjectResponse(
            events=map(_copied, found), next_page_token="" if after is None else str(after)
        )

    def list_disclosures_of_me(
        self, request: pb.ListDisclosuresOfMeRequest, call: Call
    ) -> pb.ListDisclosuresOfMeResponse:
        """The records about the caller's own data."""
        rows, token = self._page(request, call, Condition.one_of("subject_id", call.my_ids))
        shown = [_shown(row) for row in rows]
        for each in shown:
            each.reader_id = ""
        return pb.ListDisclosuresOfMeResponse(disclosures=shown, next_page_token=token)

    def list_disclosures(self, request: pb.ListDisclosuresRequest, call: Call) -> pb.ListDisclosuresResponse:
        """The records about everybody's."""
        call.require()
        rows, token = self._page(request, call, Condition("TRUE"))
        return pb.ListDisclosuresResponse(disclosures=map(_shown, rows), next_page_token=token)

    def list_unusual_readers(
        self, request: pb.ListUnusualReadersRequest, call: Call
    ) -> pb.ListUnusualReadersResponse:
        """Those who read of far more people than usual."""
        call.require()
        with self._of(request.service).read(VIEW.name) as cursor:
            found = unusual_readers(cursor)
        return pb.ListUnusualReadersResponse(
            readers=[
                pb.UnusualReader(reader_id=each.reader_id, persons=each.persons, usual_persons=each.usual)
                for each in found
            ]
        )

    def _page(self, request: Asked, call: Call, where: Condition) -> tuple[Iterable[DisclosureRow], str]:
        with Fresh.of(request, call).read(self._of(request.service), VIEW) as cursor:
            return LISTED.page(cursor, request, where=where)

    def _of(self, service: str) -> Views:
        views = self._views.get(service)
        if views is None:
            known = ", ".join(sorted(self._views))
            message = f"no such records here; this server has those of: {known}"
            raise Refusal(Kind.NOT_FOUND, "DISCLOSURES_UNKNOWN", message, field="service")
        return views


def _shown(row: DisclosureRow) -> pb.Disclosure:
    purpose = types.DisclosurePurpose.Value(prefix_of(types.DisclosurePurpose) + row["purpose"])
    return pb.Disclosure(
        disclosure_id=row["disclosure_id"],
        subject_id=row["subject_id"],
        reader_id=row["reader_id"],
        roles=row["roles"],
        body_ids=row["body_ids"],
        classes=map(_class_shown, row["classes"]),
        purpose=purpose,
        purpose_label=localized(label_of(types.DisclosurePurpose, purpose)),
        reference=row["reference"],
        rpc=row["rpc"],
        read_time=stamp(row["read_at"]),
    )


def _copied(each: Copied) -> pb.ExportedEvent:
    return pb.ExportedEvent(
        event_type=each.name,
        stream_id=each.stream,
        occurred_time=stamp(each.occurred_at),
        content=each.content,
    )


def _class_shown(word: str) -> pb.ClassShown:
    number = types.PersonalClass.Value(prefix_of(types.PersonalClass) + word)
    return pb.ClassShown(personal_class=number, label=localized(label_of(types.PersonalClass, number)))
