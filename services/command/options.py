"""Options that several commands share, and what reads them."""

from pathlib import Path

import click

from libs.runtime.bundled.ports import port_number

DATA = Path(".linli")
STDIN = 0

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=DATA,
    metavar="DIR",
    help=f"data folder of the platform or cluster [{DATA}]",
)


end_with_stdin_option = click.option(
    "--end-with-stdin",
    is_flag=True,
    help="stop when standard input ends, and so with the program that started it",
)


class Port(click.ParamType[int]):
    """A port of this machine, or the first of some: `following` more come after it."""

    name = "port"

    def __init__(self, following: int = 0) -> None:
        self._following = following

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; what is no port is refused in a sentence."""
        try:
            return port_number(str(value), self._following)
        except ValueError as error:
            self.fail(str(error), param, ctx)
