"""What an operator does about programs: of partners, and what the platform could not do."""

from services.command.admin.act import Act, Noun

_ONCE = "The secret is shown once, on the terminal or in --secret-file, and cannot be read later."
_IN_CLIENTS_NAME = "Webhooks belong to the client that calls: set LINLI_TOKEN to its token."

PARTNER = Noun(
    summary="programs of partners: clients, their secrets and quotas",
    acts={
        "register": Act(
            rpc="identity.RegisterClient",
            summary="register a program that may request tokens",
            more=_ONCE,
            words={"area_id": "only in this area and those below", "body_id": "only for this body"},
            secret="client_secret",  # noqa: S106  # a field's name
        ),
        "list": Act(
            rpc="identity.ListClients",
            summary="list clients",
            filters={"body": "body_id", "retired": "retired"},
            columns=("client_id", "name", "area_path", "body_id", "retired", "scopes"),
        ),
        "change-secret": Act(
            rpc="identity.ChangeClientSecret",
            summary="replace the secret of a client",
            more=_ONCE,
            takes=("client_id",),
            secret="client_secret",  # noqa: S106  # a field's name
            follows="The old secret counts no more: the partner's program needs the new one to get tokens.",
        ),
        "set-quota": Act(
            rpc="identity.SetClientQuota",
            summary="set what a client may use of each server process",
            more="Without figures: the usual. It counts from the client's next token on.",
            takes=("client_id",),
        ),
        "retire": Act(
            rpc="identity.RetireClient",
            summary="retire a client",
            takes=("client_id",),
            follows="It gets no more tokens, those it has count no more, and its webhooks end. There is no"
            " way back: register another.",
        ),
        "move-system": Act(
            rpc="cases.TransferExternalSystem",
            summary="give the numbers of a partner's own system to another client",
            takes=("system", "owner_id"),
            follows="Only the new owner opens cases with numbers of that system from now on.",
        ),
    },
)

WEBHOOK = Noun(
    summary="addresses of partners that are told of events",
    acts={
        "register": Act(
            rpc="identity.RegisterWebhook",
            summary="have an HTTPS address told of events of cases",
            more=f"{_IN_CLIENTS_NAME} {_ONCE}",
            takes=("url",),
            secret="webhook_secret",  # noqa: S106  # a field's name
        ),
        "list": Act(rpc="identity.ListWebhooks", summary="list webhooks", more=_IN_CLIENTS_NAME),
        "rotate-secret": Act(
            rpc="identity.RotateWebhookSecret",
            summary="replace the secret of a webhook",
            more=f"{_IN_CLIENTS_NAME} {_ONCE}",
            takes=("webhook_id",),
            secret="webhook_secret",  # noqa: S106  # a field's name
            follows="Messages are signed with both secrets for 24 hours, then with the new one only.",
        ),
        "remove": Act(
            rpc="identity.RemoveWebhook",
            summary="remove a webhook",
            more=_IN_CLIENTS_NAME,
            takes=("webhook_id",),
            follows="The address is told nothing more; what waits for it is gone.",
        ),
        "test": Act(
            rpc="identity.TestWebhook",
            summary="send a test message now, and say what became of it",
            more=_IN_CLIENTS_NAME,
            takes=("webhook_id",),
        ),
        "parked": Act(
            rpc="identity.ListParkedWebhookMessages",
            summary="list messages that the address refused too often",
            more=_IN_CLIENTS_NAME,
            takes=("webhook_id",),
        ),
        "replay": Act(
            rpc="identity.ReplayWebhookMessages",
            summary="send parked messages again",
            more=_IN_CLIENTS_NAME,
            takes=("webhook_id",),
        ),
    },
)

SIGNING_KEY = Noun(
    summary="the keys that sign tokens",
    acts={
        "rotate": Act(
            rpc="identity.RotateSigningKey",
            summary="introduce a new signing key",
            follows="A new key signs all tokens from a minute from now on. With --retire-earlier it signs at"
            " once, and every token of every person and program ends.",
        ),
        "list": Act(
            rpc="identity.GetKeySet", summary="show the public keys, and what is revoked", columns=()
        ),
    },
)

PARKED = Noun(
    summary="neighbours' events that a service could not handle",
    acts={
        "list": Act(
            rpc="operations.ListParkedEvents",
            summary="list parked events",
            takes=("service",),
            columns=("parked_id", "source", "sequence", "type", "subject", "why", "tries", "parked_time"),
        ),
        "show": Act(
            rpc="operations.GetParkedEvent", summary="show one in full", takes=("service", "parked_id")
        ),
        "retry": Act(
            rpc="operations.RetryParkedEvent",
            summary="handle one now, then all that wait behind it",
            takes=("service", "parked_id"),
        ),
        "discard": Act(
            rpc="operations.DiscardParkedEvent",
            summary="give one up for good",
            takes=("service", "parked_id"),
            follows="The service never handles this event; what waits behind it goes on.",
        ),
    },
)
