"""What an operator does to a service by hand: verify, rebuild a view, rotate a key, parked events."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from libs.runtime.bundled.kept import environ_of, place_of
from libs.runtime.config.guards import CannotStart
from libs.runtime.host import operate, operate_claims, operate_terms
from libs.runtime.host.parts import Service
from libs.runtime.host.shell import in_a_sentence
from services.command.options import DATA

Get = Callable[[], Service]
Environ = Mapping[str, str]

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="data folder of a running `linli up` or `linli cluster` [LINLI_DATABASE_URL and LINLI_MASTER_KEY]",
)
_DATABASE = {"LINLI_DATABASE_URL", "LINLI_DATABASE_URL_FILE"}
_CLAIMS, _TERMS = "claims", "terms"
_parked_id = click.argument("parked_id", metavar="ID", type=int)


def rebuild(get: Get) -> click.Command:
    """The command that builds a view, the claims or the blind terms anew."""
    service = get()
    beside = {_CLAIMS: service.events.claims, _TERMS: service.events.blinded}
    choices = [*sorted(view.name for view in service.views), *(name for name, each in beside.items() if each)]

    @click.command()
    @click.argument("what", type=click.Choice(choices))
    @click.option("--compare", is_flag=True, help="only list what would differ")
    @data_option
    def rebuild(what: str, compare: bool, data: Path | None) -> int:
        """Build a view anew beside the live one, then switch.

        Or bring `claims` (what has one holder) or `terms` (what texts are found by) to what the ledger says.
        """

        def act(environ: Environ) -> int:
            if what == _CLAIMS:
                return operate_claims.rebuild_claims(service, environ, compare=compare)
            if what == _TERMS:
                return operate_terms.rebuild_terms(service, environ, compare=compare)
            return operate.rebuild_view(service, what, environ, compare=compare)

        return on(service, data, act)

    return rebuild


def verify(get: Get) -> click.Command:
    """The command that checks the ledger."""

    @click.command()
    @click.option(
        "--since",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="a head that was saved before: the ledger must still hold it",
    )
    @click.option("--only-new", is_flag=True, help="with --since: read only what follows the saved head")
    @click.option(
        "--save",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="write the head that was reached: keep it where nobody who reaches the database can alter it",
    )
    @data_option
    def verify(since: Path | None, save: Path | None, only_new: bool, data: Path | None) -> int:
        """Check every event of the ledger against its hashes. Ends with status 1 if one was altered.

        The service may run meanwhile. Without --since, a ledger whose whole history was written anew, or
        whose last events were cut off, looks well: keep heads.
        """
        if only_new and since is None:
            raise click.UsageError("--only-new needs a saved head: give it with --since")
        service = get()
        act = partial(operate.verify_ledger, service, since=since, save=save, only_new=only_new)
        return on(service, data, act)

    return verify


def rotate_master_key(get: Get) -> click.Command:
    """The command that wraps all keys with the new master key."""

    @click.command("rotate-master-key")
    @data_option
    def rotate_master_key(data: Path | None) -> int:
        """Wrap the keys of all persons with the first key in LINLI_MASTER_KEY. List the old key after it.

        The service may run meanwhile. An interrupted run continues where it stopped.
        """
        service = get()
        return on(service, data, lambda environ: operate.rotate_master_key(service, environ))

    return rotate_master_key


def mend_keys(get: Get) -> click.Command:
    """The command that lets the keys of a restored database follow the key store."""

    @click.command("mend-keys")
    @click.option("--apply", is_flag=True, help="do it, instead of only counting")
    @data_option
    def mend_keys(apply: bool, data: Path | None) -> int:
        """After an older backup was restored: find the keys of all who were not erased since it was made.

        Whoever was erased since then is erased again. No process of the service may run meanwhile.
        """
        service = get()
        return on(service, data, lambda environ: operate.mend_keys(service, environ, apply=apply))

    return mend_keys


def list_parked(get: Get) -> click.Command:
    """The command that lists parked events."""

    @click.command("list")
    @data_option
    def list_parked(data: Path | None) -> int:
        """List all parked events, subject by subject, each with the ID that the other commands take."""
        service = get()
        return on(service, data, lambda environ: operate.list_parked(service, environ))

    return list_parked


def show_parked(get: Get) -> click.Command:
    """The command that shows one of them."""

    @click.command("show")
    @_parked_id
    @data_option
    def show_parked(parked_id: int, data: Path | None) -> int:
        """Show one parked event in full."""
        service = get()
        return on(service, data, lambda environ: operate.show_parked(service, parked_id, environ))

    return show_parked


def retry(get: Get) -> click.Command:
    """The command that tries one of them again."""

    @click.command("retry")
    @_parked_id
    @data_option
    def retry(parked_id: int, data: Path | None) -> int:
        """Handle a parked event now, then all that wait behind it."""
        service = get()
        return on(service, data, lambda environ: operate.retry(service, parked_id, environ))

    return retry


def discard(get: Get) -> click.Command:
    """The command that gives one of them up."""

    @click.command("discard")
    @_parked_id
    @click.option("--reason", default="", metavar="TEXT", help="why, for the log; no personal data")
    @data_option
    def discard(parked_id: int, reason: str, data: Path | None) -> int:
        """Give a parked event up for good."""
        service = get()
        return on(service, data, lambda environ: operate.discard(service, parked_id, environ, reason=reason))

    return discard


def on(service: Service, data: Path | None, act: Callable[[Environ], int], *, owner: bool = False) -> int:
    """Do it to the database of the environment, or to that of what runs on a folder, there as its `owner`."""

    def act_there() -> int:
        if data is None and not _DATABASE & os.environ.keys():
            raise CannotStart(
                f"no database is named: give --data DIR ({DATA} for what `make run` or `linli up` runs here),"
                " or set LINLI_DATABASE_URL and LINLI_MASTER_KEY"
            )
        beside = environ_of(place_of(data), service.name, owner=owner) if data is not None else {}
        return act({**os.environ, **beside})

    return in_a_sentence(service, act_there, data)
