"""`linli <service> <role>`, `migrate` and `settings`: what runs a service, and with what."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from libs.runtime.config import guards
from libs.runtime.config.settings import Settings, describe, flags
from libs.runtime.host.awaited import await_database
from libs.runtime.host.operate_schema import make_schema, show_schema
from libs.runtime.host.parts import Service
from libs.runtime.host.shell import WORKER, MakeWorker, in_a_sentence, run_role
from libs.runtime.host.terminal import say
from services.command import unknown
from services.command.acts import data_option, on

Get = Callable[[], Service]


def role(get: Get, name: str, summary: str) -> click.Command:
    """The command that runs a role until it is told to stop."""
    service = get()

    def run(**options: str | None) -> int:
        unknown.warn()
        environ = {**os.environ, **{variable: value for variable, value in options.items() if value}}
        worker = _maker_of_workers() if name == WORKER else None
        return in_a_sentence(service, lambda: run_role(service, name, environ, worker=worker))

    return click.Command(
        name,
        help=f"The {name} of {service.name}: {summary}.",
        epilog="\b\n" + "\n".join(_must_be_set(service)),
        params=list(_options(service)),
        callback=run,
    )


def migrate(get: Get) -> click.Command:
    """The command that makes the schema."""

    @click.command()
    @click.option(
        "--contract",
        is_flag=True,
        help="also take the steps that shut out earlier releases, and drop their views: only once no process"
        " of theirs is left",
    )
    @click.option("--dry-run", is_flag=True, help="only list the steps that would be taken, and their kinds")
    @click.option(
        "--within",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="wait so long for a database that does not answer yet [0]",
    )
    @data_option
    def migrate(contract: bool, dry_run: bool, within: float, data: Path | None) -> int:
        """Create or upgrade the schema. The release before goes on running, unless --contract is given."""
        service, make = get(), show_schema if dry_run else make_schema

        def act(environ: Mapping[str, str]) -> int:
            if within:
                await_database(service, environ, within)
            return make(service, environ, contract=contract)

        return on(service, data, act, owner=True)

    return migrate


def settings(get: Get) -> click.Command:
    """The command that lists what a service is configured with."""

    @click.command()
    def settings() -> int:
        """List the settings, with what they mean and their defaults."""
        rows = _described(get())
        width = max(len(variable) for variable, _, _ in rows)
        for variable, default, meaning in rows:
            say(f"{variable:<{width}}  {meaning} [{default}]")
        return 0

    return settings


def _maker_of_workers() -> MakeWorker | None:
    """What makes nameko's worker; None in a process that did not begin as one."""
    if not guards.is_patched():
        return None
    from libs.worker.host import WorkerHost  # only here: it loads nameko

    return WorkerHost


def _described(service: Service) -> list[tuple[str, str, str]]:
    return [*describe(Settings), *describe(service.settings, _prefix(service))]


def _options(service: Service) -> Iterator[click.Option]:
    """Every setting that is no secret may be given as a flag, too; a flag wins over its variable."""
    for flag, variable, meaning in [*flags(Settings), *flags(service.settings, _prefix(service))]:
        yield click.Option([flag, variable], metavar="VALUE", help=meaning)


def _must_be_set(service: Service) -> Iterator[str]:
    yield "Must be set in the environment (secrets there only, or in the file that ..._FILE names):"
    for variable, default, meaning in _described(service):
        if default == "must be set":
            yield f"  {variable}  {meaning}"
    yield f"All settings: `linli {service.name} settings`."


def _prefix(service: Service) -> str:
    return f"LINLI_{service.name.upper()}_"
