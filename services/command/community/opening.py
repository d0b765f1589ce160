"""FILE becomes nodes: one YAML file, or a folder with `community.yaml` and CSV files for long sections."""

from pathlib import Path

from libs.runtime.config.guards import CannotStart
from services.command.community import csv_text, yaml_text
from services.command.community.model import RESERVED, Community
from services.command.community.tree import Fields, Node, Problems, Spot, Text

HEAD = "community.yaml"
_TABLES = (".csv", ".tsv", ".xls", ".xlsx", ".ods")
_MOST_BYTES = 64_000_000
_SECTIONS = tuple(
    name for name in Community.__struct_fields__ if name not in ("linli", "time_zone", "valid_from")
)


def opened(file: Path, problems: Problems) -> Node | None:
    """The root of what the file or folder holds. Raises `CannotStart` if there is neither."""
    if file.is_dir():
        return _folder(file, problems)
    if not file.exists():
        raise CannotStart(f"{file}: there is no such file or folder")
    return _yaml(file, str(file), problems)


def folder_of(file: Path) -> Path:
    """Where the files lie that it names."""
    return file if file.is_dir() else file.parent


def _folder(folder: Path, problems: Problems) -> Node | None:
    head = folder / HEAD
    if not head.exists():
        problems.add(Spot(str(folder)), "no-head")
        return None
    root = _yaml(head, str(head), problems)
    _name_unread(folder, problems)
    for table in sorted(folder.glob("*.csv")):
        at = Spot(str(table))
        if table.stem not in _SECTIONS:
            kind = "reserved" if table.stem in RESERVED else "unknown-table"
            problems.add(at, kind, key=table.stem, name=table.name, known=", ".join(_SECTIONS))
        elif isinstance(root, Fields):
            if any(key.value == table.stem for key, _ in root.entries):
                problems.add(at, "section-twice", name=table.stem)
            text = _text(table, str(table), problems)
            if text is not None:
                root.entries.append((Text(at, table.stem), csv_text.parse(text, str(table), problems)))
    return root


def _name_unread(folder: Path, problems: Problems) -> None:
    """Tell tables that are none for their name alone, such as Areas.CSV or areas.xlsx."""
    for table in sorted(folder.iterdir()):
        section = table.stem.lower()
        if (
            table.suffix.lower() in _TABLES
            and section in _SECTIONS
            and not (folder / f"{section}.csv").exists()
        ):
            problems.add(Spot(str(table)), "table-unread", name=table.name, wanted=f"{section}.csv")


def _yaml(path: Path, name: str, problems: Problems) -> Node | None:
    text = _text(path, name, problems)
    if text is None:
        return None
    root = yaml_text.parse(text, name, problems)
    if root is None and not problems:
        problems.add(Spot(name), "nothing")
    return root


def _text(path: Path, name: str, problems: Problems) -> str | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            problems.add(Spot(name), "unreadable", said=f"> {_MOST_BYTES:,} bytes")
            return None
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problems.add(Spot(name), "unreadable", said=error.strerror)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        problems.add(Spot(name, line, column), "encoding", byte=error.start)
    return None
