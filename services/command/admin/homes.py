"""What an operator does about buildings and households."""

from services.command.admin.act import Act, Noun

BUILDING = Noun(
    summary="buildings and the dwellings in them",
    acts={
        "register": Act(
            rpc="identity.RegisterBuilding",
            summary="register a building with its dwellings, or add dwellings to it",
            takes=("building_id",),
            words={
                "building_id": "a short name that becomes its id",
                "area_id": "id of the area in which it stands [the deepest one around its place]",
                "address": "its address, without a unit",
            },
        ),
        "list": Act(
            rpc="identity.ListBuildings",
            summary="list buildings",
            filters={"area": "area"},
            columns=("building_id", "area_path", "address"),
        ),
    },
)

HOUSEHOLD = Noun(
    summary="households: who lives in which dwelling, and how many they are",
    acts={
        "form": Act(
            rpc="identity.FormHousehold",
            summary="register that people live together in a dwelling",
            more='Give the members in --fields: {"members": [{"resident_id": "...", "relation":'
            ' "RELATION_PARTNER"}]}. Whoever lived in another household leaves it.',
            takes=("building_id", "unit"),
        ),
        "show": Act(
            rpc="identity.GetHousehold",
            summary="show a household with all that was told of it",
            more="It is recorded who looked, and for what purpose; its members can see that.",
            takes=("household_id",),
        ),
        "list": Act(
            rpc="identity.ListHouseholds",
            summary="list where households live",
            filters={"area": "area", "building": "building_id"},
            columns=("household_id", "building_id", "area_path", "members"),
        ),
        "count": Act(
            rpc="identity.CountHouseholds",
            summary="count buildings, dwellings, households and their members in an area",
            takes=("area_id",),
        ),
    },
)
