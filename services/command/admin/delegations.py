"""What operators do about powers that one body lets another one use."""

from services.command.admin.act import Act, Noun

DELEGATION = Noun(
    summary="powers that one body lets another one use in its place",
    acts={
        "give": Act(
            rpc="identity.DelegatePower",
            summary="let the officers of one body act in the place of another one",
            more="They name the delegation in each call: `linli call --delegation ID`.",
            takes=("from_body_id", "to_body_id"),
            words={
                "from_body_id": "id of the body that delegates",
                "to_body_id": "id of the body whose officers may act",
                "power": "what they may do",
                "area_id": "id of the area to which it is limited [wherever the body may]",
                "affair_ids": "id of an affair to which it is limited; may be given several times [all]",
                "since_time": "from when, such as 2027-01-01T00:00:00Z [now]",
                "under_delegation_id": "id of the delegation by which the body received the power [its own]",
            },
        ),
        "end": Act(
            rpc="identity.EndDelegation",
            summary="end a delegation before its time, and those under it",
            takes=("delegation_id",),
            words={"delegation_id": "id of the delegation"},
            follows="The next call by it is refused, once the services have heard of it.",
        ),
        "list": Act(
            rpc="identity.ListDelegations",
            summary="list delegations, the newest first",
            filters={
                "origin": "origin_body_id",
                "from": "from_body_id",
                "to": "to_body_id",
                "ended": "ended",
            },
        ),
    },
)
