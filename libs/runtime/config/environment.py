"""How settings are read: a typed dataclass from `LINLI_...` environment variables, checked at start."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class SettingsInvalid(Exception):
    """Some settings are missing or wrong; the message names every variable at fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the settings are invalid:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, repr=False)
class Secret(Generic[T]):
    """A text that is never shown: `reveal()` is the only way to its value.

    Read from `<NAME>` or, better, from the file that `<NAME>_FILE` names.
    """

    value: T

    def reveal(self) -> T:
        """The secret itself; never log it."""
        return self.value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"


def setting(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field of a settings class: its default (none: it must be given), meaning and bounds."""
    bounds = {"doc": doc, "minimum": minimum, "maximum": maximum, "choices": choices}
    return dataclasses.field(default=default, metadata=bounds)


def read(cls: type[T], environ: Mapping[str, str], prefix: str = "LINLI_") -> T:
    """Read `cls` from the environment: field `drain` comes from `LINLI_DRAIN`.

    Raises `SettingsInvalid` with all problems at once, each naming its variable.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    if cls is type(None):
        return cls()
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]  # a settings class is a dataclass
        name = prefix + field.name.upper()
        try:
            text = _text(name, environ, secret=_is_secret(hints[field.name]))
            if text is not None:
                values[field.name] = _bounded(_parse(text, hints[field.name]), field.metadata)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                problems.append(f"{name} is not set: {field.metadata.get('doc', 'it is required')}")
        except (ValueError, OSError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsInvalid(problems)
    try:
        return cls(**values)
    except ValueError as error:  # a rule over several fields, checked by the class itself
        raise SettingsInvalid([str(error)]) from error


def describe(cls: type[Any], prefix: str = "LINLI_") -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of each setting; the default as one would write it."""
    if cls is type(None):
        return []
    rows: list[tuple[str, str, str]] = []
    for field in dataclasses.fields(cls):
        default = "must be set" if field.default is dataclasses.MISSING else written(field.default)
        choices = ", ".join(choice for choice in field.metadata.get("choices", ()) if choice)
        meaning = field.metadata.get("doc", "") + (f": {choices}" if choices else "")
        rows.append((prefix + field.name.upper(), default, meaning))
    return rows


def flags(cls: type[Any], prefix: str = "LINLI_") -> list[tuple[str, str, str]]:
    """(flag, variable, meaning with the default) of each setting but secrets: those may not be typed."""
    hints = {} if cls is type(None) else typing.get_type_hints(cls)
    return [
        (f"--{variable.removeprefix('LINLI_').lower().replace('_', '-')}", variable, f"{meaning} [{default}]")
        for variable, default, meaning in describe(cls, prefix)
        if not _is_secret(hints[variable.removeprefix(prefix).lower()])
    ]


def written(value: Any) -> str:
    """A value in the notation in which it is read: 30s, 8h, true, a,b; "not set" for nothing."""
    if isinstance(value, timedelta):
        units = [(value / timedelta(seconds=size), unit) for unit, size in _UNITS.items()]
        whole = [(number, unit) for number, unit in units if number.is_integer() and number]
        number, unit = whole[-1] if whole else (value.total_seconds(), "s")  # the largest that fits
        return f"{number:g}{unit}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "not set"
    if isinstance(value, Secret):  # a default that is no secret: there is none
        return "not set"
    return "not set" if value is None or value == "" else str(value)


def _text(name: str, environ: Mapping[str, str], *, secret: bool) -> str | None:
    given = environ.get(name)
    file = environ.get(f"{name}_FILE") if secret else None
    if given and file:
        raise ValueError(f"give {name} or {name}_FILE, not both")
    return _from_file(name, Path(file)) if file else given or None


def _from_file(name: str, path: Path) -> str:
    """A secret from a file. Raises ValueError, which quotes nothing of it."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{name}_FILE: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ValueError(f"{name}_FILE: {path} holds no text") from None
    if not text:
        raise ValueError(f"{name}_FILE: {path} is empty")
    return text


def _is_secret(hint: Any) -> bool:
    return any(typing.get_origin(part) is Secret or part is Secret for part in _parts(hint))


def _parts(hint: Any) -> tuple[Any, ...]:
    union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return typing.get_args(hint) if union else (hint,)


def _parse(text: str, hint: Any) -> Any:
    wanted = next(part for part in _parts(hint) if part is not type(None))
    if wanted is Secret or typing.get_origin(wanted) is Secret:
        return Secret(text)
    if typing.get_origin(wanted) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    parse: Callable[[str], Any] | None = _PARSERS.get(wanted)
    if parse is None:
        raise ValueError(f"no parser for a setting of type {wanted}")
    return parse(text)


def _boolean(text: str) -> bool:
    if text.lower() in {"true", "yes", "1", "on"}:
        return True
    if text.lower() in {"false", "no", "0", "off"}:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _duration(text: str) -> timedelta:
    for unit in sorted(_UNITS, key=len, reverse=True):
        number = text.removesuffix(unit)
        if number != text and number.replace(".", "", 1).isdigit():
            return timedelta(seconds=float(number) * _UNITS[unit])
    raise ValueError(f"{text!r} is not a duration such as 500ms, 30s, 5m, 2h, 1d")


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: _whole_number,
    float: _number,
    bool: _boolean,
    Path: Path,
    timedelta: _duration,
}


def _bounded(value: Any, bounds: Mapping[str, Any]) -> Any:
    number, said, unit = value, str(value), ""
    if isinstance(value, timedelta):
        number, unit = value.total_seconds(), "s"
        said = f"{number:g}s"
    if bounds.get("minimum") is not None and number < bounds["minimum"]:
        raise ValueError(f"{said} is less than {bounds['minimum']}{unit}")
    if bounds.get("maximum") is not None and number > bounds["maximum"]:
        raise ValueError(f"{said} is more than {bounds['maximum']}{unit}")
    if bounds.get("choices") and value not in bounds["choices"]:
        raise ValueError(f"{value!r} is not one of {', '.join(bounds['choices'])}")
    return value
