"""Tomorrow's release: a copy of this checkout that has gone one step further in each way that a release may.

It has one more step that expands the schema and one that contracts it, one more private event, which it
records whenever it hears of a body, and a view of another shape.
"""

import shutil
from pathlib import Path

from e2e.upgrade.releases import CHECKOUT, Release, release_at

_EXPANDS, _CONTRACTS = 900, 901  # the numbers of its steps

_EDITS = (
    (
        "libs/messaging/schema.py",
        ')\n"""Add new steps at the end',
        f"""\
    Step(
        {_EXPANDS},
        "of tomorrow",
        lambda cursor, _dsn: cursor.execute("CREATE TABLE public.of_tomorrow (id integer)"),
    ),
    Step(
        {_CONTRACTS},
        "without tomorrow's",
        lambda cursor, _dsn: cursor.execute("DROP TABLE public.of_tomorrow"),
        needs={_EXPANDS},
        contract=True,
    ),
)
\"\"\"Add new steps at the end""",
    ),
    (
        "services/catalog/domain/noted.py",
        'BODY: Decider[Note[BodyNoted], Noted[BodyNoted], BodyNoted] = noting("body")\n',
        '''\
BODY: Decider[Note[BodyNoted], Noted[BodyNoted], BodyNoted] = noting("body")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyGreeted:
    """Tomorrow, a body is greeted."""

    body_id: str


GREETING: Decider[Note[BodyGreeted], Noted[BodyGreeted], BodyGreeted] = noting("greeting")
''',
    ),
    (
        "services/catalog/adapters/ledger.py",
        '    "body_noted.v1": noted.BodyNoted,\n',
        '    "body_noted.v1": noted.BodyNoted,\n    "body_greeted.v1": noted.BodyGreeted,\n',
    ),
    (
        "services/catalog/entrypoints/reactions.py",
        "    return [Reaction(BODY, event.body_id, Note(noted))]\n",
        """\
    greeted = BodyGreeted(body_id=event.body_id)
    return [Reaction(BODY, event.body_id, Note(noted)), Reaction(GREETING, event.body_id, Note(greeted))]
""",
    ),
    (
        "services/catalog/entrypoints/reactions.py",
        "from services.catalog.domain.noted import AREA, BODY, AreaEndNoted, AreaNoted, BodyNoted\n",
        """\
from services.catalog.domain.noted import AREA, BODY, GREETING, AreaEndNoted, AreaNoted, BodyGreeted
from services.catalog.domain.noted import BodyNoted
""",
    ),
    (
        "services/catalog/wiring.py",
        "    views = ground.views\n",
        "    views = ground.views\n    ground.stream(GREETING)\n",
    ),
    (
        "services/catalog/wiring.py",
        "from services.catalog.domain.noted import AREA, BODY\n",
        "from services.catalog.domain.noted import AREA, BODY, GREETING\n",
    ),
    (
        "services/catalog/adapters/views/affairs.py",
        'indexes=("affair_path",)',
        'indexes=("affair_path", "parent_id")',
    ),
)


def tomorrow(folder: Path) -> Release:
    """Make it in a folder. Raises ValueError where the code is no longer as the edits expect it."""
    for part in ("libs", "services"):
        shutil.copytree(CHECKOUT / part, folder / part, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    for path, before, after in _EDITS:
        file = folder / path
        code = file.read_text("utf-8")
        if code.count(before) != 1:
            raise ValueError(f"{path} should hold this once, where tomorrow's release differs:\n{before}")
        file.write_text(code.replace(before, after), "utf-8")
    return release_at(folder, "tomorrow's release")
