"""By whichever way a matter comes in, it becomes the same case; and nobody claims another's way."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.failures import RpcFailed
from libs.testkit.component import Component
from services.cases.tests.wire import imported, outcome, refused, report, service_of

CHANNELS = types.Channel.DESCRIPTOR.values[1:]
OWN: dict[str, set[str]] = {
    "resident": {"WEB", "MOBILE_APP"},
    "dispatcher": {"WEB", "MOBILE_APP", "PHONE_OPERATOR", "EMAIL", "LETTER", "DESK"},
    "grid worker": {
        *("WEB", "MOBILE_APP", "PHONE_OPERATOR", "EMAIL", "LETTER", "DESK"),
        *("GRID_WORKER", "FIELD_REPORT"),
    },
    "case officer": {"WEB", "MOBILE_APP", "PHONE_OPERATOR", "EMAIL", "LETTER", "DESK", "FIELD_REPORT"},
    "partner": {"WEB", "MOBILE_APP", "EMAIL", "PARTNER_API", "SMS_RELAY"},
    "working partner": {"WEB", "MOBILE_APP", "EMAIL", "PARTNER_API", "SMS_RELAY", "FIELD_REPORT"},
    "importer": {"WEB", "MOBILE_APP", "EMAIL", "PARTNER_API", "SMS_RELAY", "IMPORT"},
}
"""Who names which channel for what comes in now."""


@pytest.fixture
def callers(running: Component) -> dict[str, Any]:
    mint = running.mint
    tokens = {
        "resident": mint.person("RESIDENT", subject="resident-of-all-channels"),
        "dispatcher": mint.person("DISPATCHER", path="city"),
        "grid worker": mint.person("GRID_WORKER", path="city"),
        "case officer": mint.person("CASE_OFFICER", body="roads"),
        "partner": mint.client("cases.open", subject="partner-of-channels"),
        "working partner": mint.client("cases.open", "cases.work", subject="working-partner"),
        "importer": mint.client("cases.open", "cases.import", subject="importer-of-channels"),
    }
    return {name: service_of(running, token) for name, token in tokens.items()}


@pytest.mark.parametrize("caller", list(OWN))
def test_a_report_names_a_channel_of_its_caller(callers: dict[str, Any], caller: str) -> None:
    outcomes = {
        value.name.removeprefix("CHANNEL_"): outcome(
            callers[caller].open_case, report("graffiti", channel=value.number, anonymous=True)
        )
        for value in CHANNELS
    }

    assert {channel for channel, refusal in outcomes.items() if not refusal} == OWN[caller]
    assert set(outcomes.values()) == {"", "CHANNEL_NOT_YOURS"}


def test_a_channel_of_others_is_refused_by_its_name_in_chinese(callers: dict[str, Any]) -> None:
    by_phone = report("graffiti", channel=types.CHANNEL_PHONE_OPERATOR, anonymous=True)

    with pytest.raises(RpcFailed) as refusal:
        callers["resident"].open_case(by_phone)

    assert refusal.value.metadata["label_zh"] == "电话"


def test_history_tells_the_channels_of_others_but_no_sensor(operator: Any) -> None:
    by_phone = imported("C-1", "2021-01-05 09:00", channel=types.CHANNEL_PHONE_OPERATOR)
    by_sensor = imported("C-2", "2021-01-05 09:00", channel=types.CHANNEL_SENSOR)

    assert operator.open_case(by_phone).case.channel == types.CHANNEL_PHONE_OPERATOR
    assert refused(operator.open_case, by_sensor) == "CHANNEL_NOT_YOURS"


BY: dict[str, str] = {
    "WEB": "resident",
    "PHONE_OPERATOR": "dispatcher",
    "GRID_WORKER": "grid worker",
    "PARTNER_API": "partner",
    "SMS_RELAY": "partner",
    "IMPORT": "importer",
}
MATTER: dict[str, Any] = {
    "affair_id": "graffiti",
    "anonymous": True,
    "assisted": True,
    "address": "Mole Street 1",
    "attachments": [types.Attachment(digest="a1" * 32, media_type="image/jpeg", size=81_234)],
}


@pytest.mark.capability("000.8")
def test_the_same_matter_is_the_same_case_by_every_channel(callers: dict[str, Any], operator: Any) -> None:
    by_channel = {}
    for channel, caller in BY.items():
        asked = report(**MATTER, channel=types.Channel.Value(f"CHANNEL_{channel}"))
        by_channel[channel] = callers[caller].open_case(asked)

    first = told(operator, by_channel["WEB"])
    assert first["report"]["attachments"] == [MessageToDict(file) for file in MATTER["attachments"]]
    for channel, opened in by_channel.items():
        assert told(operator, opened) == first, channel
        assert opened.case.channel == types.Channel.Value(f"CHANNEL_{channel}")
        assert opened.receipt_code


def told(operator: Any, opened: pb.OpenCaseResponse) -> dict[str, Any]:
    """Everything about a case but its channel, its numbers, and the moments since its opening."""
    case_id = opened.case.case_id
    full = MessageToDict(operator.get_case(pb.GetCaseRequest(case_id=case_id)))
    entries = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case_id)).entries
    for number in ("caseId", "publicId", "channel", "openedTime", "reporterId"):
        full["case"].pop(number, None)
    for deadline in full["case"]["deadlines"]:
        for name in ("warnTime", "dueTime"):
            assert deadline.pop(name)
        for step in deadline["escalation"]:
            assert step.pop("dueTime")
            assert step.pop("soonerTime")
    del full["revision"]
    clocks = [each.clock for each in opened.case.deadlines]
    return {
        **full,
        "events": [entry.event for entry in entries],
        "counted": [counted(operator, case_id, clock) for clock in clocks],
    }


def counted(operator: Any, case_id: str, clock: "types.ClockKind.ValueType") -> tuple[Any, ...]:
    """By which limit a deadline was counted, and how much working time it gives from the opening on."""
    explained = operator.explain_deadline(pb.ExplainDeadlineRequest(case_id=case_id, clock=clock))
    return clock, MessageToDict(explained.limit), explained.calendar_id, explained.counted.ToTimedelta()
