"""The stored events of supervision under their stable names, and who is answerable for which."""

from libs.forgetting import telling
from libs.ledger.consented import ConsentEndNoted, ConsentGivenNoted
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.store.mapper import Events
from services.supervision.domain.case_record import events
from services.supervision.domain.noted import AreaEndNoted, CaseAreasNoted, NameNoted

_PUBLISHED = {
    "case_rated.v1": events.CaseRated,
}
_PRIVATE = {
    "case_opening_noted.v1": events.OpeningNoted,
    "case_routing_noted.v1": events.RoutingNoted,
    "case_no_owner_noted.v1": events.NoOwnerNoted,
    "case_acceptance_noted.v1": events.AcceptanceNoted,
    "case_return_noted.v1": events.ReturnNoted,
    "case_adjudication_noted.v1": events.AdjudicationNoted,
    "case_reassignment_noted.v1": events.ReassignmentNoted,
    "case_work_noted.v1": events.WorkNoted,
    "case_pause_noted.v1": events.PauseNoted,
    "case_lapse_noted.v1": events.LapseNoted,
    "case_resumption_noted.v1": events.ResumptionNoted,
    "case_answer_noted.v1": events.AnswerNoted,
    "case_remark_noted.v1": events.RemarkNoted,
    "case_resolution_noted.v1": events.ResolutionNoted,
    "case_confirmation_noted.v1": events.ConfirmationNoted,
    "case_closing_noted.v1": events.ClosingNoted,
    "case_withdrawal_noted.v1": events.WithdrawalNoted,
    "case_rejection_noted.v1": events.RejectionNoted,
    "case_contest_noted.v1": events.ContestNoted,
    "case_reopening_noted.v1": events.ReopeningNoted,
    "case_warning_noted.v1": events.WarningNoted,
    "case_breach_noted.v1": events.BreachNoted,
    "case_annulment_noted.v1": events.AnnulmentNoted,
    "case_pause_request_noted.v1": events.PauseRequestNoted,
    "case_pause_approval_noted.v1": events.PauseApprovalNoted,
    "case_pause_refusal_noted.v1": events.PauseRefusalNoted,
    "case_pause_request_lapse_noted.v1": events.PauseRequestLapseNoted,
    "case_merge_noted.v1": events.MergeNoted,
    "case_unmerge_noted.v1": events.UnmergeNoted,
    "case_duplicate_noted.v1": events.DuplicateNoted,
    "case_separation_noted.v1": events.SeparationNoted,
    "name_noted.v1": NameNoted,
    "area_end_noted.v1": AreaEndNoted,
    "case_areas_noted.v1": CaseAreasNoted,
    "consent_given_noted.v1": ConsentGivenNoted,
    "consent_end_noted.v1": ConsentEndNoted,
    "personal_data_disclosed.v1": PersonalDataDisclosed,
}
EVENTS = Events(
    service="supervision",
    types={**_PUBLISHED, **_PRIVATE, **telling.PUBLISHED, **telling.PRIVATE},
    private=frozenset({*_PRIVATE, *telling.PRIVATE}),
    personal={"case_rated.v1": {"comment": "RATING"}},
)
