"""The rpcs about posts."""

from linli.identity.v1 import identity_staffing_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.post import NewPost, NewRole
from services.identity.entrypoints.training import reading
from services.identity.entrypoints.wire.staff import appointment_shown, post_shown, shortage_shown
from services.identity.entrypoints.wire.words import ROLES


class PostApi:
    """Which posts there are, who holds them, and who could."""

    def __init__(self, app: App) -> None:
        self._app = app

    def establish_post(self, request: pb.EstablishPostRequest, call: Call) -> pb.EstablishPostResponse:
        """Give a body a post."""
        roles = [
            NewRole(role=ROLES.from_wire(each.role), area_id=each.area_id, body_id=each.body_id)
            for each in request.roles
        ]
        new = NewPost(
            post_id=request.post_id,
            body_id=request.body_id,
            title=text_of(request.title),
            area_id=request.area_id,
            needs=tuple(dict.fromkeys(request.qualification_ids)),
            roles=roles,
            since=moment_of(request, "since_time") or call.at,
            at=call.at,
        )
        handled = self._app.posts.establish(new, call.context(), call.permit)
        return pb.EstablishPostResponse(post_id=new.post_id, revision=handled.revision)

    def change_post_needs(self, request: pb.ChangePostNeedsRequest, call: Call) -> pb.ChangePostNeedsResponse:
        """Need other qualifications."""
        needs = tuple(dict.fromkeys(request.qualification_ids))
        handled = self._app.posts.change_needs(request.post_id, needs, call.at, call.context(), call.permit)
        return pb.ChangePostNeedsResponse(revision=handled.revision)

    def abolish_post(self, request: pb.AbolishPostRequest, call: Call) -> pb.AbolishPostResponse:
        """Have a post no more."""
        context = call.context(reason=request.reason)
        handled = self._app.posts.abolish(request.post_id, call.at, context, call.permit)
        return pb.AbolishPostResponse(revision=handled.revision)

    def name_successor(self, request: pb.NameSuccessorRequest, call: Call) -> pb.NameSuccessorResponse:
        """Say who is to follow."""
        handled = self._app.posts.name_successor(
            request.post_id, request.party_id, call.at, call.context(), call.permit
        )
        return pb.NameSuccessorResponse(revision=handled.revision)

    def list_posts(self, request: pb.ListPostsRequest, call: Call) -> pb.ListPostsResponse:
        """Read a page of the posts of a moment."""
        at = moment_of(request, "at_time") or call.now()
        rows, next_token = self._app.posts.list(request, at, call.reach, Fresh.of(request, call))
        return pb.ListPostsResponse(posts=map(post_shown, rows), next_page_token=next_token)

    def list_appointments(
        self, request: pb.ListAppointmentsRequest, call: Call
    ) -> pb.ListAppointmentsResponse:
        """Read a page of appointments."""
        rows, next_token = self._app.posts.appointments(request, call.reach, Fresh.of(request, call))
        return pb.ListAppointmentsResponse(
            appointments=map(appointment_shown, rows), next_page_token=next_token
        )

    def list_candidates(self, request: pb.ListCandidatesRequest, call: Call) -> pb.ListCandidatesResponse:
        """Read a page of the people who could take a post."""
        at = moment_of(request, "at_time") or call.now()
        fresh = Fresh.of(request, call)
        known, party_ids, next_token = self._app.posts.candidates(
            request, request.post_id, at, call.permit, reading(call), fresh
        )
        successor_id = known.successor_id
        found = [pb.Candidate(party_id=each, named=each == successor_id) for each in party_ids]
        return pb.ListCandidatesResponse(
            candidates=found, next_page_token=next_token, successor_id=successor_id
        )

    def list_shortages(self, request: pb.ListShortagesRequest, call: Call) -> pb.ListShortagesResponse:
        """Compare what posts need with what people have."""
        at = moment_of(request, "at_time") or call.now()
        rows = self._app.posts.shortages(request.area_id, at, Fresh.of(request, call), call.permit)
        return pb.ListShortagesResponse(shortages=map(shortage_shown, rows))

    def get_retention(self, request: pb.GetRetentionRequest, call: Call) -> pb.GetRetentionResponse:
        """Tell how long people stay."""
        at = moment_of(request, "at_time") or call.now()
        told = self._app.posts.retention(
            request.area_id, request.body_id, at, Fresh.of(request, call), call.permit
        )
        return pb.GetRetentionResponse(
            begun=told.begun,
            holding=told.holding,
            median_days=told.median_days or 0.0,
            due_a_year=told.due_a_year,
            stayed_a_year=told.stayed_a_year,
        )
