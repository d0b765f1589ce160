"""`linli community apply`: a platform becomes what a file says."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import Bar, say
from services.command.call import answered
from services.command.community import wording_of_steps as wording
from services.command.community.checking import Checked, checked
from services.command.community.commands import FILE, language_option, tell
from services.command.community.doing import do
from services.command.community.people import Passwords
from services.command.community.planning import planned
from services.command.community.standing import Standing
from services.command.community.steps import Action, Step
from services.command.community.tree import Problems
from services.command.community.wording import LANGUAGES, language_of_locale
from services.command.community.wording_of_steps import ACTIONS, SECTIONS, in_language
from services.command.connection import Connection, connection, connection_options

MOST_SHOWN = 20
"""Steps of one kind; more are only counted."""
_SHOWN = (Action.CREATE, Action.CHANGE, Action.END, Action.CANNOT)
_HELP = """\
\b
The difference is shown first. What the platform has and FILE does not name is left alone. A run that was
interrupted is completed by running it again; a second run changes nothing.
"""


@click.command(epilog=_HELP)
@connection_options
@FILE
@click.option("--dry-run", is_flag=True, help="only show the difference")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option(
    "--passwords",
    type=click.Path(path_type=Path),
    metavar="TO",
    help="create logins, and append their first passwords to this file (mode 0600)",
)
@language_option
def apply(
    file: Path, dry_run: bool, yes: bool, passwords: Path | None, language: str | None, **options: Any
) -> int:
    """Make a running platform what FILE says: areas, bodies, affairs and the rest, by the public rpcs.

    The exit status is 0 when the platform is as FILE says, 1 when something could not be changed.
    """
    found = checked(file)
    if isinstance(found, Problems):
        tell(found, language or language_of_locale())
        return 1
    stuck: list[Step] = []

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            standing = Standing(client)
            steps = planned(found, standing)
            stuck.extend(step for step in steps if step.action is Action.CANNOT)
            say("\n".join(shown(steps, found, language or language_of_locale())))
            work = [step for step in steps if step.calls]
            if dry_run or not (work or found.community.people or found.community.households):
                return
            if not yes:
                _ask(to.named())
            apply_to(found, standing, work, Passwords(passwords) if passwords else None)

    return answered(connection(**options), send) or (1 if stuck else 0)


def _ask(where: str) -> None:
    """Raises `CannotStart` where nobody can answer, and on a no."""
    if not sys.stdin.isatty():
        raise CannotStart("nothing was changed: nobody can be asked here: add --yes")
    if not click.confirm(f"Apply this at {where}?"):
        raise CannotStart("nothing was changed")


def shown(steps: list[Step], file: Checked, language: str = "en") -> list[str]:
    """The difference in lines, in `zh` or `en`."""
    chosen, lines = LANGUAGES.index(language), []
    for action in _SHOWN:
        of, word = [step for step in steps if step.action is action], ACTIONS[action][chosen]
        lines += [f"{_wide(word)} {_named(step, language)}" for step in of[:MOST_SHOWN]]
        if len(of) > MOST_SHOWN:
            more = Counter(step.section for step in of[MOST_SHOWN:])
            counted = ", ".join(f"{count} {_section(name, language)}" for name, count in more.items())
            lines.append(f"{_wide(word)} {in_language(wording.say('more', counted=counted), language)}")
    counts = Counter(step.action for step in steps)
    lines.append(", ".join(_counted(counts[action], action, language) for action in Action if counts[action]))
    people, households = len(file.community.people), len(file.community.households)
    said = [wording.say("people", count=people)] if people else []
    said += [wording.say("households", count=households)] if households else []
    if not any(step.calls for step in steps):
        said.append(wording.say("nothing-but-people" if people or households else "nothing"))
    return lines + [in_language(each, language) for each in said]


def _counted(count: int, action: Action, language: str) -> str:
    if language == "zh":
        return f"{ACTIONS[action][0]} {count}"
    return f"{count} cannot be changed" if action is Action.CANNOT else f"{count} to {action.value}"


def _wide(word: str) -> str:
    """A word in a column; a Chinese character is as wide as two others."""
    return word + " " * (13 - sum(1 if each.isascii() else 2 for each in word))


def _section(name: str, language: str) -> str:
    return SECTIONS.get(name, name) if language == "zh" else name


def _named(step: Step, language: str) -> str:
    why = in_language(step.why, language)
    return f"{_section(step.section, language)}: {step.name}{f' ({why})' if why else ''}"


def apply_to(
    file: Checked, standing: Standing, steps: list[Step], passwords: Passwords | None = None
) -> None:
    """Do the steps, with a bar, and say what was done."""
    bar = Bar("Applying")
    try:
        counts, homes = do(
            file, standing, steps, lambda done, step: _progress(bar, done, len(steps), step), passwords
        )
    finally:
        bar.end()
    if counts is not None:
        say(str(counts))
        if passwords is None and any(person.login for person in file.community.people):
            say("logins that are not there yet are created with --passwords FILE")
    if homes is not None:
        say(str(homes))
    say(f"{len(steps)} steps done")


_EVERY = 50


def _progress(bar: Bar, done: int, total: int, step: Step) -> None:
    if sys.stdout.isatty() or done % _EVERY == 0:
        bar.show(done, total, f"{step.section}: {step.name}")
