"""What clerks do about registrations that are one person."""

from services.command.admin.act import Act, Noun

MERGER = Noun(
    summary="registrations that are one person",
    acts={
        "propose": Act(
            rpc="identity.MergeResidents",
            summary="propose that a registration is the same person as another one, which survives",
            more="Another person approves it within seven days. Roles count of the survivor alone.",
            takes=("merged_id", "survivor_id"),
        ),
        "undo": Act(
            rpc="identity.UnmergeResidents",
            summary="propose that a merged registration is a person of its own after all",
            more="Another person approves it within seven days.",
            takes=("merged_id",),
        ),
        "approve": Act(
            rpc="identity.ApproveMerger",
            summary="approve what somebody else proposed",
            takes=("merger_id",),
            follows="Sessions of both end: they must log in again. Another proposal can undo it.",
        ),
        "reject": Act(
            rpc="identity.RejectMerger",
            summary="reject a proposal, or take your own back",
            takes=("merger_id",),
        ),
        "list": Act(
            rpc="identity.ListMergers",
            summary="list what was proposed, the newest first",
            filters={"merged": "merged_id", "survivor": "survivor_id", "state": "state", "area": "area"},
            columns=(
                "merger_id",
                "merged_id",
                "survivor_id",
                "undoing",
                "state",
                "proposer_id",
                "expire_time",
                "decider_id",
            ),
        ),
    },
)
