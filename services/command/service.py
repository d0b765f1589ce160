"""`linli <service> …`: the commands of a service. Those that run it are in `roles`, the others in `acts`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from services.command.lazy import Lazy, LazyGroup, at
from services.command.registry import load

if TYPE_CHECKING:  # a group's help needs no service
    from libs.runtime.host.parts import Service

Made = Callable[..., Callable[[], click.Command]]
"""Makes a command of the service, by the module and the name of what makes it."""

_ROLES = {
    "server": "api, projector and relay together, the default",
    "api": "gRPC and probes only",
    "projector": "folds the ledger into the views",
    "relay": "publishes the ledger's events to RabbitMQ",
    "worker": "handles the other services' events from RabbitMQ, and fires due clocks",
}


def group_of(name: str, declared: "Callable[[], Service] | None" = None) -> click.Group:
    """The commands of a service; `declared` answers its declaration [that of `services/<name>`]."""
    get = declared or partial(load, name)

    def made(module: str, maker: str, *about: str) -> Callable[[], click.Command]:
        return at(module, maker, get, *about)

    own = _of_identity(made) if name == "identity" else {}
    lazy = {**_running(made), **_maintaining(made), **own, **_hearing(made)}
    return LazyGroup(name, help=f"Run or maintain the {name} service.", lazy=lazy)


def _running(made: Made) -> Mapping[str, Lazy]:
    return {
        **{role: Lazy(summary, made("roles", "role", role, summary)) for role, summary in _ROLES.items()},
        "migrate": Lazy("create or upgrade the schema", made("roles", "migrate")),
        "await-schema": Lazy("wait until `migrate` has run", made("awaiting", "await_schema")),
        "settings": Lazy("list the settings", made("roles", "settings")),
    }


def _maintaining(made: Made) -> Mapping[str, Lazy]:
    rewraps = "rewrap the keys of all persons with the new master key"
    return {
        "rebuild": Lazy("rebuild a view, the claims or the terms from the ledger", made("acts", "rebuild")),
        "verify": Lazy("check the ledger against its hashes", made("acts", "verify")),
        "reconcile": Lazy("`sources reconcile`", made("sources", "reconcile"), listed=False),
        "rotate-master-key": Lazy(rewraps, made("acts", "rotate_master_key")),
        "mend-keys": Lazy("find persons' keys after a restore", made("acts", "mend_keys")),
    }


def _of_identity(made: Made) -> Mapping[str, Lazy]:
    notices = {
        "list": Lazy("list what has not arrived", made("machine", "list_notices")),
        "parked": Lazy("list the parked deliveries", made("machine", "list_parked_notices")),
        "replay": Lazy("try a parked delivery again", made("machine", "replay_notices")),
        "letters": Lazy("print what waits for a letter", made("machine", "print_letters")),
    }
    return {
        "first-operator": Lazy("make the first operator", made("machine", "first_operator")),
        "approve-nomination": Lazy("approve the second operator", made("machine", "approve_nomination")),
        "set-password": Lazy("replace a forgotten password", made("machine", "set_password")),
        "remove-second-factor": Lazy(
            "take a lost second factor away", made("machine", "remove_second_factor")
        ),
        "notices": _group("notices", "Notices that did not arrive, and letters.", notices),
        "webhooks": Lazy("list the webhooks of clients", made("machine", "list_webhooks")),
        "keys-root": Lazy("print the root of a signing key", at("keys_root", "keys_root")),
    }


def _hearing(made: Made) -> Mapping[str, Lazy]:
    parked = {
        "list": Lazy("list all of them, subject by subject", made("acts", "list_parked")),
        "show": Lazy("show one of them in full", made("acts", "show_parked")),
        "retry": Lazy("handle it now, then all events that wait behind it", made("acts", "retry")),
        "discard": Lazy("give it up for good", made("acts", "discard")),
    }
    sources = {
        "list": Lazy("list them, and how far each is handled", made("sources", "list_sources")),
        "reconcile": Lazy("go on after one has lost events", made("sources", "reconcile")),
        "forget": Lazy("give one up that is gone for good", made("sources", "forget")),
    }
    return {
        "parked": _group("parked", "Events that could not be handled.", parked),
        "sources": _group("sources", "The neighbours whose events it has heard.", sources),
    }


def _group(name: str, about: str, lazy: Mapping[str, Lazy]) -> Lazy:
    """A group within the group, which its line there says, too."""
    summary = f"{about[0].lower()}{about[1:-1]}: {', '.join(lazy)}"
    return Lazy(summary, lambda: LazyGroup(name, help=about, lazy=lazy))
