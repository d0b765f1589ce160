"""What a runbook asks of PostgreSQL and of Prometheus, they can answer."""

import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from libs.messaging.schema import migrate
from libs.testkit.postgres import TestServer
from libs.testkit.promtool import promtool

_GUIDE = (Path(__file__).parents[3] / "OPERATING.md").read_text("utf-8")
_RUNBOOKS = _GUIDE.partition("\n## When an alert fires\n")[2].partition("\n## ")[0]
_QUOTED = [" ".join(each.split()) for each in re.findall(r"(?<!`)`([^`]+)`(?!`)", _RUNBOOKS)]
QUERIES = [each for each in dict.fromkeys(_QUOTED) if each.startswith("SELECT ") and each != "SELECT ..."]
EXPRESSIONS = [each for each in dict.fromkeys(_QUOTED) if re.match(r"(\w+ ?\(.*)?linli_", each)]


def _migrate(dsn: str) -> None:
    migrate(dsn, "post")


def test_the_runbooks_ask_something() -> None:
    assert len(QUERIES) > 5
    assert len(EXPRESSIONS) > 10


@pytest.mark.parametrize("query", QUERIES)
def test_postgresql_answers_a_query_of_a_runbook(postgres_server: TestServer, query: str) -> None:
    """`pid` alone in parentheses stands for the number that an operator has found."""
    database = postgres_server.copy_of("runbooks", _migrate)

    with psycopg.connect(database) as connection:
        connection.execute(query.replace("(pid)", "(0)"))
    postgres_server.drop(database)


@pytest.mark.process
def test_prometheus_reads_every_expression_of_a_runbook(tmp_path: Path) -> None:
    rules = [{"record": f"asked:{number}", "expr": expr} for number, expr in enumerate(EXPRESSIONS)]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "runbooks", "rules": rules}]}), "utf-8")

    ended = subprocess.run(
        [promtool(), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
