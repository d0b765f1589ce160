"""The refusals about incidents with personal data: code, kind and advice of each."""

from libs.ledger.decider import Kind, Refusal


def incident_is_unknown(incident_id: str) -> Refusal:
    """No incident has this id."""
    advice = "no incident has this id; list the incidents"
    return Refusal(Kind.NOT_FOUND, "INCIDENT_UNKNOWN", advice, incident_id=incident_id)


def incident_is_closed() -> Refusal:
    """Nothing more is recorded of it."""
    advice = "this incident is closed; record another one, and name this one in its description"
    return Refusal(Kind.PRECONDITION, "INCIDENT_CLOSED", advice)


def incident_lies_ahead(field: str) -> Refusal:
    """A moment of it has not come yet."""
    return Refusal(Kind.INVALID, "INCIDENT_AHEAD", "this moment has not come yet", field=field)


def classes_are_missing() -> Refusal:
    """It is not said which data were concerned."""
    advice = "name the classes of data, or the risk NONE if no personal data were concerned"
    return Refusal(Kind.INVALID, "INCIDENT_CLASSES_MISSING", advice, field="classes")


def notified_before_noticed() -> Refusal:
    """Nobody tells of what nobody has noticed."""
    advice = "nobody can be notified before the incident was noticed; check the moment"
    return Refusal(Kind.INVALID, "NOTIFIED_BEFORE_NOTICED", advice, field="notified_time")


def incident_is_not_assessed() -> Refusal:
    """Nobody has said how grave it is."""
    return Refusal(Kind.PRECONDITION, "INCIDENT_NOT_ASSESSED", "assess the incident before you close it")


def notification_is_open(duty: str) -> Refusal:
    """Somebody still has to be notified."""
    advice = "somebody still has to be notified: record that, or assess the incident anew"
    return Refusal(Kind.PRECONDITION, "NOTIFICATION_OPEN", advice, duty=duty)
