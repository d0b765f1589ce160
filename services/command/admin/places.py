"""What an operator does about areas, bodies, and which body owns what."""

from services.command.admin.act import Act, Noun
from services.command.lazy import Lazy, at

_AREA_ENDS = (
    "No case is opened in what has ended, and what happened there keeps its place. Grants, clients, bodies,"
    " responsibilities and services of it move to no successor by themselves:"
    " `linli admin area standing` counts them, before it and afterwards."
)

BODY = Noun(
    summary="departments, committees, providers and residents' groups",
    acts={
        "register": Act(
            rpc="identity.RegisterBody", summary="register a body, or find the one with this natural key"
        ),
        "show": Act(rpc="identity.GetBody", summary="show a body", takes=("body_id",)),
        "list": Act(
            rpc="identity.ListBodies",
            summary="list bodies",
            filters={"kind": "kind", "area": "area"},
            columns=("body_id", "name", "kind", "area_path"),
        ),
    },
)

AREA = Noun(
    summary="the tree of areas, and their boundaries",
    acts={
        "define": Act(
            rpc="identity.DefineArea",
            summary="add an area to the tree",
            takes=("area_id",),
            words={
                "area_id": "a short name that becomes its id",
                "valid_from_time": "when its boundary holds",
            },
        ),
        "change-boundary": Act(
            rpc="identity.ChangeBoundary",
            summary="change the boundary of an area from a moment on",
            takes=("area_id",),
            follows="Places that the boundary gains or loses belong to another area from that moment on."
            " Earlier boundaries stay for their own time. What stands in the area stays there:"
            " `linli admin area standing` counts it.",
        ),
        "rename": Act(
            rpc="identity.RenameArea",
            summary="give an area another name from a moment on",
            takes=("area_id",),
        ),
        "split": Act(
            rpc="identity.SplitArea",
            summary="split an area into new ones",
            more="Give the parts in --fields, each with its boundary: as GeoJSON, or as @ and the file of it."
            ' {"parts": [{"area_id": "...", "name": {"zh": "..."}, "boundary": "@west.geojson"}]}.',
            takes=("area_id",),
            follows=_AREA_ENDS,
        ),
        "merge": Act(
            rpc="identity.MergeAreas",
            summary="merge areas under one parent into a new one",
            more='Give the name of the new area in --fields: {"into": {"name": {"zh": "..."}}}.',
            follows=_AREA_ENDS,
        ),
        "end": Act(
            rpc="identity.EndArea",
            summary="end an area from a moment on",
            takes=("area_id",),
            words={"valid_until_time": "when it ends, such as 2027-01-01T00:00:00Z [now]"},
            follows=_AREA_ENDS,
        ),
        "show": Act(rpc="identity.GetArea", summary="show an area", takes=("area_id",)),
        "list": Act(
            rpc="identity.ListAreas",
            summary="list areas",
            filters={"parent": "parent_id", "level": "level", "area": "area"},
            columns=("area_id", "name", "level", "area_path", "boundary_version"),
        ),
        "locate": Act(
            rpc="identity.Locate",
            summary="find the areas in which a point lies",
            columns=("area_id", "name", "level", "area_path"),
        ),
        "strips": Act(
            rpc="identity.ListDisputedStrips",
            summary="list where boundaries of two areas overlap",
            columns=("area_id", "other_area_id", "owner_area_id", "point", "square_metres", "since_time"),
        ),
    },
    others={
        "standing": Lazy(
            "count what stands in an area, and moves to no other", at("admin.standing", "standing")
        )
    },
)

RESPONSIBILITY = Noun(
    summary="which body owns which affair in which area",
    acts={
        "assign": Act(
            rpc="catalog.AssignResponsibility", summary="make a body responsible for an affair in an area"
        ),
        "revise": Act(
            rpc="catalog.ReviseResponsibility",
            summary="hand a responsibility to another body, or change its basis",
            takes=("item_id",),
            follows="Cases that are opened from then on go to the body that you name.",
        ),
        "end": Act(
            rpc="catalog.EndResponsibility",
            summary="end a responsibility",
            takes=("item_id",),
            words={"valid_until_time": "when it ends, such as 2027-01-01T00:00:00Z [now]"},
            follows="Cases that are opened after its end have no owner, unless another responsibility holds.",
        ),
        "show": Act(rpc="catalog.GetResponsibility", summary="show a responsibility", takes=("item_id",)),
        "list": Act(
            rpc="catalog.ListResponsibilities",
            summary="list responsibilities",
            filters={"affair": "affair_id", "area": "area_id", "body": "body_id"},
            columns=("item_id", "affair_id", "area_id", "body_id", "legal_basis", "valid_from_time"),
        ),
        "find": Act(
            rpc="catalog.FindResponsible", summary="say who is responsible, and by which rule", columns=()
        ),
        "unowned": Act(
            rpc="catalog.ListUnownedMatters",
            summary="list affairs that nobody owns in an area",
            filters={"affair": "affair_id", "area": "area_id"},
            columns=("affair_id", "affair_name", "area_id", "area_name", "area_level"),
        ),
    },
)
