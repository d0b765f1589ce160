"""`linli community`: check a community file, apply it, and write one from what runs."""

from collections.abc import Callable
from pathlib import Path

import click

from libs.runtime.host.terminal import complain, say
from services.command.community.checking import Checked, checked
from services.command.community.grounds import extent
from services.command.community.schema import written
from services.command.community.tree import Problems
from services.command.community.wording import LANGUAGES, language_of_locale, said
from services.command.community.wording_of_steps import SECTIONS

MOST_TOLD = 200
_OFTEN_NONE = frozenset({"buildings", "households", "qualifications", "posts"})
_SUMMED = {
    "zh": "共 {count} 处错误，没有改动任何内容",
    "en": "{count} mistake{s}; nothing was changed",
}
_FINE = {"zh": "{file}：没有错误：{counted}", "en": "{file}: no mistakes: {counted}"}
_MORE = {"zh": "……还有 {more} 处", "en": "... and {more} more"}

_REPAIRED = {
    "zh": "{name} 的边界与自身相交，将按修正后的使用（{said}）：请核对",
    "en": "the boundary of {name} crosses itself and is used as repaired ({said}): look at it",
}
_EXTENT = {
    "zh": "边界在经度 {west:.4f} 到 {east:.4f}、纬度 {south:.4f} 到 {north:.4f} 之间",
    "en": "boundaries lie from longitude {west:.4f} to {east:.4f} and latitude {south:.4f} to {north:.4f}",
}


def language_option(command: Callable[..., int]) -> Callable[..., int]:
    """In which language mistakes are told."""
    of = click.Choice(LANGUAGES)
    return click.option("--language", type=of, help="zh or en [by the locale]")(command)


FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@FILE
@language_option
def check(file: Path, language: str | None) -> int:
    """Check FILE as a whole, without a platform: a YAML file, or a folder with community.yaml and CSV files.

    Each mistake is told with file, line and column. The exit status is 0 if there is none, else 1.
    """
    language = language or language_of_locale()
    found = checked(file)
    if isinstance(found, Problems):
        tell(found, language)
        return 1
    say(_FINE[language].format(file=file, counted=counted(found, language)))
    for area_id, each in found.boundaries.items():
        if each.repaired:
            say(_REPAIRED[language].format(name=area_id, said=each.repaired.removeprefix("repaired: ")))
    if found.boundaries:
        west, east, south, north = extent(found.boundaries.values())
        say(_EXTENT[language].format(west=west, east=east, south=south, north=north))
    return 0


@click.command()
def schema() -> int:
    """Print the JSON schema of community files, for editors that complete and check by it."""
    click.echo(written(), nl=False)
    return 0


def tell(problems: Problems, language: str) -> None:
    """Print all that is wrong, in the order of the file."""
    lines = [said(each, language) for each in problems]
    for line in lines[:MOST_TOLD]:
        complain(line)
    if len(lines) > MOST_TOLD:
        complain(_MORE[language].format(more=len(lines) - MOST_TOLD))
    complain(_SUMMED[language].format(count=len(lines), s="" if len(lines) == 1 else "s"))


def counted(found: Checked, language: str = "en") -> str:
    """How much there is of everything."""
    numbers = {name: len(getattr(found.community, name)) for name in SECTIONS}
    numbers["boundaries"] = len(found.boundaries)
    told = {name: count for name, count in numbers.items() if count or name not in _OFTEN_NONE}
    if language == "zh":
        return "，".join(f"{count} 个{SECTIONS[name]}" for name, count in told.items())
    return ", ".join(f"{count} {name}" for name, count in told.items())
