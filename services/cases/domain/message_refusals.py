"""The refusals about messages and their answers. Part of the service's `refusals.py`."""

from libs.ledger.decider import Kind, Refusal


def message_to_oneself() -> Refusal:
    """A party does not write to itself."""
    message = "this message is addressed to the party that sends it: address another one"
    return Refusal(Kind.INVALID, "MESSAGE_TO_ONESELF", message, field="to")


def party_not_there(party: str) -> Refusal:
    """Nobody would read it."""
    message = (
        "there is nobody to read it: the reporter has no account, or no body has the case; write to another"
        " party"
    )
    return Refusal(Kind.PRECONDITION, "PARTY_NOT_THERE", message, party=party)


def message_not_found(message_id: str) -> Refusal:
    """The conversation has no such message."""
    message = "there is no such message in the conversation about this case: read the conversation"
    return Refusal(Kind.NOT_FOUND, "MESSAGE_NOT_FOUND", message, message_id=message_id)


def answer_not_owed(message_id: str) -> Refusal:
    """An answer that asks nothing in return has no limit."""
    message = "no answer is owed to this message, so it has no limit: it answers another one"
    return Refusal(Kind.PRECONDITION, "ANSWER_NOT_OWED", message, message_id=message_id)


def message_not_waiting(message_id: str) -> Refusal:
    """Only what was asked of a party is answered by it, once, to who asked."""
    message = "this is no message from that party to yours that waits for an answer: read the conversation"
    return Refusal(Kind.PRECONDITION, "MESSAGE_NOT_WAITING", message, message_id=message_id)


def too_many_unanswered(most: int) -> Refusal:
    """A flood of questions hides those that matter."""
    message = f"{most} messages of yours wait for an answer of this party already: wait for those"
    return Refusal(Kind.PRECONDITION, "TOO_MANY_UNANSWERED", message, most=str(most))
