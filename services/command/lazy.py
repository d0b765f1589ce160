"""Groups of commands that load a command when it is needed: nobody waits for the imports of the others."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import click


class Lazy(NamedTuple):
    """A command that is made when it is asked for; its line in the group's help needs none of it.

    One that is not `listed` is another way to one that is.
    """

    summary: str
    make: Callable[[], click.Command]
    listed: bool = True


class LazyGroup(click.Group):
    """A group of such commands."""

    def __init__(self, *given: Any, lazy: Mapping[str, Lazy], **named: Any) -> None:
        super().__init__(*given, **named)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, as they were given."""
        return list(self._listed())

    def _listed(self) -> Mapping[str, Lazy]:
        return {name: lazy for name, lazy in self._lazy.items() if lazy.listed}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command, if there is one of that name."""
        found = self._lazy.get(cmd_name)
        return found.make() if found is not None else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words name; a mistyped one is answered with those close to it."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            raise click.exceptions.NoSuchCommand(
                unknown.command_name, possibilities=self._lazy, ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what there is into the help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self._listed().items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete names of commands without making one."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=lazy.summary)
            for name, lazy in self._listed().items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def at(module: str, name: str, *given: Any) -> Callable[[], click.Command]:
    """A command by its module and name; with `given`, what the function of that name makes of it."""

    def make() -> click.Command:
        found = getattr(importlib.import_module(f"services.command.{module}"), name)
        command: click.Command = found(*given) if given else found
        return command

    return make
