"""The whole command line: which commands there are, and what becomes of what they raise."""

import os
import sys
from collections.abc import Sequence
from functools import partial

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import INTERRUPTED, as_called, complain, in_their_words, lossless
from services.command.lazy import Lazy, LazyGroup, at
from services.command.registry import NAMES

_PIPE_CLOSED = 141
"""What a shell calls the end of a program whose reader (`| head`) has gone."""

_COMPLETE = "_LINLI_COMPLETE"
"""What a shell asks by when it completes a line: `eval "$(_LINLI_COMPLETE=bash_source linli)"`."""

_SERVICES = """\
\b
A service:
  linli cases server | worker | api | projector | relay | migrate | settings
  linli cases verify | rebuild VIEW
  linli cases parked list | show ID | retry ID | discard ID
  linli cases sources list | reconcile SOURCE POSITION | forget SOURCE
"""


def _of_service(name: str) -> click.Command:
    from services.command.service import group_of

    return group_of(name)


def _kubernetes() -> click.Command:
    return LazyGroup("kubernetes", help="What the pods and jobs of the Helm chart run.", lazy=_KUBERNETES)


_KUBERNETES = {
    "make-secrets": Lazy("make the Secrets that are missing", at("make_secrets", "make_secrets")),
    "smoke-test": Lazy("open a case and see it arrive in another service", at("smoke_test", "smoke_test")),
    "postgresql": Lazy("the PostgreSQL of the evaluation mode", at("evaluation", "postgresql")),
    "postgresql-client": Lazy(
        "psql, pg_dump or pg_restore at the PostgreSQL of the evaluation mode",
        at("evaluation", "postgresql_client"),
    ),
    "broker-definitions": Lazy(
        "users and rights for the RabbitMQ of the evaluation mode", at("evaluation", "broker_definitions")
    ),
}

_PROFILES = {
    "list": Lazy("list them, with who is logged in", at("profile", "list_profiles")),
    "use": Lazy("make one the current one", at("profile", "use_profile")),
    "set": Lazy("make one, or change where it leads", at("profile", "set_profile")),
    "remove": Lazy("forget one, and its token", at("profile", "remove_profile")),
}


def _profile() -> click.Command:
    return LazyGroup("profile", help="The installations that you work with.", lazy=_PROFILES)


def _community() -> click.Command:
    return LazyGroup(
        "community", help="A community by one file: areas, bodies, affairs and the rest.", lazy=_COMMUNITY
    )


_COMMUNITY = {
    "check": Lazy("check a community file, without a platform", at("community.commands", "check")),
    "apply": Lazy("make a platform what a community file says", at("community.apply_command", "apply")),
    "export": Lazy("write what a platform has as a community file", at("community.export_command", "export")),
    "shipped": Lazy("copy a community that comes with Linli", at("community.shipping", "shipped")),
    "schema": Lazy("print the JSON schema of community files", at("community.commands", "schema")),
}


def _privacy() -> click.Command:
    return LazyGroup("privacy", help="The protection of personal data.", lazy=_PRIVACY)


_PRIVACY = {
    "register": Lazy(
        "print every stored field with personal data: class, purpose, legal basis, retention",
        at("privacy_register", "register"),
    ),
}


def _import() -> click.Command:
    return LazyGroup("import", help="Requests of any city, from its own export by a map.", lazy=_IMPORT)


_IMPORT = {
    "map": Lazy("draft a map by looking at a file", at("imports.map_command", "draft_map")),
    "requests": Lazy("load requests by a map, or check them", at("imports.command", "import_requests")),
    "schema": Lazy("print the JSON schema of a map", at("imports.map_command", "print_schema")),
}


def _admin() -> click.Command:
    from services.command.admin.group import admin

    return admin()


_COMMANDS = {
    "up": Lazy("run all services in one process, with a bundled PostgreSQL", at("up", "up")),
    "cluster": Lazy(
        "run each service in its own processes over RabbitMQ, and restart them", at("cluster", "cluster")
    ),
    "call": Lazy("call an rpc of a running `linli up` or `linli cluster`", at("calling", "call")),
    "login": Lazy("log in to an installation, for the other commands", at("login", "login")),
    "logout": Lazy("delete the token of a login from this machine", at("login", "logout")),
    "profile": Lazy("installations: list, use, set, remove", _profile),
    "admin": Lazy("bodies, people, roles, areas, responsibilities, partners, ...", _admin),
    "export": Lazy("write all rows of a list as CSV or JSON", at("export", "export")),
    "community": Lazy("check a community file, and apply it to what runs", _community),
    "calendar": Lazy("import holidays from a file into a working calendar", at("calendar", "calendar")),
    "import": Lazy("load a city's own export of requests, by a map", _import),
    "token": Lazy("print an operator token for the running platform", at("calling", "token")),
    "doctor": Lazy("say what is wrong with an installation, and what to do", at("doctor", "doctor")),
    "topology": Lazy("print the exchanges and queues of RabbitMQ, in Markdown", at("topology", "topology")),
    "privacy": Lazy("the register of personal data", _privacy),
    "kubernetes": Lazy("what the Helm chart runs: make-secrets, smoke-test, ...", _kubernetes),
    **{
        name: Lazy(f"the {name} service: `linli {name} --help`", partial(_of_service, name)) for name in NAMES
    },
}


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from libs.telemetry import metrics

        click.echo(f"linli {metrics.version()}")
        context.exit()


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    invoke_without_command=True,
    epilog=_SERVICES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def linli(context: click.Context) -> int:
    """Community governance on event ledgers."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return 0


def main(words: Sequence[str]) -> int:
    """Run the command line of this process, or complete it for a shell; answers the exit status."""
    lossless(sys.stdout)
    try:
        if asked := os.environ.get(_COMPLETE):
            from click.shell_completion import shell_complete

            return shell_complete(linli, {}, "linli", _COMPLETE, asked)
        return run(words)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may Python's last flush fail
        return _PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED


def run(words: Sequence[str], group: click.Group = linli) -> int:
    """Run the command that the words name; answers its exit status. A refusal is printed in a sentence."""
    try:
        with group.make_context(as_called(), list(words)) as context:
            return int(group.invoke(context) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except click.Abort:
        complain("nothing was done")
        return INTERRUPTED
    except CannotStart as refused:
        complain(in_their_words(f"linli: {str(refused).strip()}"))
        return 1
