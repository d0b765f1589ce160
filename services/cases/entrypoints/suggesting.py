"""The rpc that suggests which affair a text may be about."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.texts import localized
from services.cases.application.app import App
from services.cases.application.suggesting import Suggested
from services.cases.entrypoints.wire.words import point_of


class SuggestingApi:
    """What a text that is no case yet may be about."""

    def __init__(self, app: App) -> None:
        self._app = app

    def suggest_affair(self, request: pb.SuggestAffairRequest, call: Call) -> pb.SuggestAffairResponse:
        """At most three affairs; nothing is recorded."""
        found = self._app.suggesting.suggest(request.text, point_of(request), request.area_id, call.now())
        return pb.SuggestAffairResponse(suggestions=map(_shown, found))


def _shown(suggested: Suggested) -> pb.AffairSuggestion:
    suggestion = suggested.suggestion
    return pb.AffairSuggestion(
        affair_id=suggestion.affair_id,
        name=localized(suggested.name),
        score=round(suggestion.share, 2),
        named_words=suggestion.named,
        learned_words=suggestion.learned,
        body_id=suggested.body_id,
    )
