"""The refusals about webhooks."""

from collections.abc import Sequence
from difflib import get_close_matches

from libs.ledger.decider import Kind, Refusal


def webhooks_are_for_clients() -> Refusal:
    """The caller is a person, or a client that was retired."""
    advice = "webhooks belong to clients: call with the token of the client that is to hear of events"
    return Refusal(Kind.PERMISSION, "WEBHOOKS_FOR_CLIENTS", advice)


def webhook_url_is_unfit() -> Refusal:
    """It cannot be the URL of an endpoint. The answer does not repeat it."""
    advice = (
        "give an address such as https://partner.example.org/linli: https, in ASCII, with a public host,"
        " without user, password or fragment"
    )
    return Refusal(Kind.INVALID, "WEBHOOK_URL_UNFIT", advice, field="url")


def webhook_kinds_are_unknown(unknown: Sequence[str], known: Sequence[str]) -> Refusal:
    """Events of these kinds are not sent to webhooks; `known` are those that can be."""
    last = {kind.rpartition(".")[2]: kind for kind in known}
    meant = [last[near] for kind in unknown for near in get_close_matches(kind.rpartition(".")[2], last, n=1)]
    advice = f"webhooks do not carry {', '.join(unknown)}, only events of cases"
    advice += f": did you mean {', '.join(meant)}?" if meant else f", such as {min(known, default='none')}"
    return Refusal(
        Kind.INVALID,
        "WEBHOOK_KINDS_UNKNOWN",
        advice,
        field="kinds",
        kinds=",".join(unknown),
        known=",".join(sorted(last)),
    )


def webhook_exists(webhook_id: str) -> Refusal:
    """The client has a webhook with this URL."""
    advice = "you have a webhook with this URL; remove it first if it is to get other kinds of events"
    return Refusal(Kind.ALREADY_EXISTS, "WEBHOOK_EXISTS", advice, webhook_id=webhook_id)


def webhooks_are_too_many(most: int) -> Refusal:
    """The client has as many as it may have."""
    advice = f"a client has at most {most} webhooks; remove one first"
    return Refusal(Kind.PRECONDITION, "WEBHOOKS_TOO_MANY", advice, most=str(most))


def webhooks_are_full(most: int) -> Refusal:
    """The installation has as many as it can serve."""
    advice = f"this installation serves {most} webhooks at most; ask its operator"
    return Refusal(Kind.PRECONDITION, "WEBHOOKS_FULL", advice, most=str(most))


def webhook_is_unknown(webhook_id: str) -> Refusal:
    """There is no such webhook, or it is another client's: the answer does not show which."""
    advice = "you have no webhook with this id; list your webhooks"
    return Refusal(Kind.NOT_FOUND, "WEBHOOK_UNKNOWN", advice, field="webhook_id", webhook_id=webhook_id)


def webhook_message_is_not_parked(message_id: str) -> Refusal:
    """No message with this id is parked."""
    advice = "no parked message of this webhook has this id; list the parked ones"
    return Refusal(
        Kind.NOT_FOUND, "WEBHOOK_MESSAGE_NOT_PARKED", advice, field="message_ids", message_id=message_id
    )


def webhook_tests_are_busy() -> Refusal:
    """As many tests as may be are under way."""
    advice = "too many webhooks are being tested; nothing was sent, try again in a moment"
    return Refusal(Kind.EXHAUSTED, "WEBHOOK_TESTS_BUSY", advice, retry_after_seconds="5")
