"""`linli admin`, its nouns and their verbs: their help loads neither a client nor stubs."""

from functools import partial

import click

from services.command.admin.act import Act, Noun
from services.command.admin.acts import NOUNS
from services.command.lazy import Lazy, LazyGroup

_HELP = """\
Administer a running installation, over gRPC.

You act in your own name (`linli login`), with the rights that you hold. --dry-run prints
the request of a change and sends nothing. What cannot simply be taken back asks first.
"""


def admin() -> click.Command:
    """The group of all nouns."""
    lazy = {name: Lazy(noun.summary, partial(_verbs, name, noun)) for name, noun in NOUNS.items()}
    return LazyGroup("admin", help=_HELP, lazy=lazy)


def _verbs(name: str, noun: Noun) -> click.Command:
    lazy = {verb: Lazy(act.summary, partial(_command, verb, act)) for verb, act in noun.acts.items()}
    help_text = f"{noun.summary[0].upper()}{noun.summary[1:]}."
    return LazyGroup(name, help=help_text, lazy={**lazy, **noun.others})


def _command(verb: str, act: Act) -> click.Command:
    from services.command.admin.command import command_of

    return command_of(verb, act)
