"""What planners do about data that bodies share."""

from services.command.admin.act import Act, Noun

SHARE = Noun(
    summary="what bodies keep of people, and let one another read",
    acts={
        "define": Act(
            rpc="identity.DefineDataSet",
            summary="say what a body keeps of people",
            takes=("data_set_id",),
            words={
                "data_set_id": "a short name that becomes the id of the data set",
                "owner_body_id": "id of the body that keeps it",
                "data_fields": "what is kept: a DataField, such as NAME; may be given several times",
                "legal_basis": "by what right: an article of a law, a decree",
                "area_id": "id of the area whose people it is about [everybody]",
            },
        ),
        "data-sets": Act(
            rpc="identity.ListDataSets",
            summary="list what bodies keep of people",
            filters={"body": "body_id"},
        ),
        "twice": Act(
            rpc="identity.ListFieldsCollectedTwice",
            summary="list fields that several bodies collect of the same people",
        ),
        "ask": Act(
            rpc="identity.AskForShare",
            summary="ask the owner of a data set to let a body read it",
            takes=("data_set_id", "body_id"),
            words={
                "data_set_id": "id of the data set",
                "body_id": "id of the body that wants to read it",
                "legal_basis": "by what right: an article of a law, a decree",
                "since_time": "from when, such as 2027-01-01T00:00:00Z [now]",
            },
        ),
        "grant": Act(
            rpc="identity.GrantShare",
            summary="let a body read your body's data set",
            more="As another person than who asked.",
            takes=("share_id",),
            words={"share_id": "id of the share"},
            follows="Whoever reads for that body may read the data of everybody in the data set.",
        ),
        "refuse": Act(
            rpc="identity.RefuseShare",
            summary="do not let a body read your body's data set",
            takes=("share_id",),
            words={"share_id": "id of the share"},
            follows="They can ask again.",
        ),
        "end": Act(
            rpc="identity.EndShare",
            summary="end a share before its time",
            takes=("share_id",),
            words={"share_id": "id of the share"},
            follows="The next reading is refused.",
        ),
        "list": Act(
            rpc="identity.ListShares",
            summary="list shares of your bodies, the newest first",
            filters={"data-set": "data_set_id", "owner": "owner_body_id", "body": "asking_body_id"},
        ),
        "read": Act(
            rpc="identity.ReadSharedData",
            summary="read what a shared data set has of a person; it is recorded, citing the share",
            takes=("share_id", "resident_id"),
            words={"share_id": "id of the share"},
        ),
    },
)
