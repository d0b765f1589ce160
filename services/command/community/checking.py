"""A community file as a whole: read, and everything that is wrong with it."""

from dataclasses import dataclass
from pathlib import Path

from services.command.community.fitting import check_homes
from services.command.community.grounds import Boundary, boundaries
from services.command.community.model import Community
from services.command.community.names import check_codes, check_names
from services.command.community.opening import folder_of, opened
from services.command.community.promises import check_promises
from services.command.community.reading import read
from services.command.community.rules import check_rules
from services.command.community.tree import Problems
from services.command.community.wording import said


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a file says, if nothing is wrong with it."""

    community: Community
    boundaries: dict[str, Boundary]


def checked(file: Path) -> Checked | Problems:
    """The file or folder as a whole, or all that is wrong with it. Raises `CannotStart` if there is none."""
    problems = Problems()
    root = opened(file, problems)
    if root is None:
        return problems
    found = read(root, problems)
    check_names(found)
    check_codes(found)
    check_promises(found)
    check_homes(found)
    drawn = boundaries(found, folder_of(file))
    check_rules(found)
    return problems or Checked(community=found.community, boundaries=drawn)


def community_of(folder: Path) -> Community:
    """What a file says that is known to have no mistakes, such as a shipped one; its boundaries are not read.

    Raises ValueError if it cannot be read after all.
    """
    problems = Problems()
    root = opened(folder, problems)
    found = read(root, problems).community if root is not None else None
    if found is None or problems:
        raise ValueError("; ".join(said(each, "en") for each in problems))
    return found
