"""Writes rules and dashboards into the chart's folder; with `--check` only says whether they are fresh."""

import json
import sys
from pathlib import Path

from libs.telemetry.monitoring.dashboards import DASHBOARDS
from libs.telemetry.monitoring.rules import rules

FOLDER = Path(__file__).parents[3] / "charts" / "linli"


def files() -> dict[Path, str]:
    """What is made, by where it lies."""
    made = {FOLDER / "rules" / "linli.yaml": rules()}
    for dashboard in DASHBOARDS:
        text = json.dumps(dashboard.made(), indent=1, ensure_ascii=False)
        made[FOLDER / "dashboards" / f"{dashboard.name}.json"] = text + "\n"
    return made


def stale() -> list[str]:
    """The files that are not as they would be made now, and those that nobody makes."""
    made = files()
    found = {path for kind in ("rules", "dashboards") for path in (FOLDER / kind).glob("*")}
    wrong = [path for path, text in made.items() if path not in found or path.read_text("utf-8") != text]
    return sorted(str(path.relative_to(FOLDER)) for path in {*wrong, *(found - made.keys())})


def main(words: list[str]) -> int:
    """Write or check; 1 if something is stale."""
    if words == ["--check"]:
        if told := stale():
            sys.stderr.write(f"stale in charts/linli: {', '.join(told)}; run `make monitoring`\n")
        return 1 if told else 0
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
