"""Every command of the runbooks is run by a test, or listed with the reason why not."""

from pathlib import Path

import pytest

from e2e.cluster.runbooks import PLAN, NotRun, RunBy, commands

TEXT = """\
## Settings
`openssl rand -base64 32`, then:
```console
$ .venv/bin/linli cases settings      # all of them
$ curl localhost
```
## When an alert fires
Run `linli doctor <service>`, not `linli`, nor `make tea`; `kubectl get
pods` comes first.
```console
$ .venv/bin/linli doctor cases      # a remark
what it prints
$ export LINLI_CELL=demo
$ linli call cases.AnnulMoment '{"case_id": "1",
    "reason": "a # is no remark"}'
```
### LinliDatabaseFull
  ```bash
  first
  ```
```bash
second
```
## Change the master key
`openssl rand -base64 32`, then `linli cases rotate-master-key`
"""


def test_commands_are_those_between_quotes_behind_a_prompt_and_in_scripts_and_elsewhere_linlis() -> None:
    assert commands(f"\n{TEXT}") == [
        ".venv/bin/linli doctor cases",
        """linli call cases.AnnulMoment '{"case_id": "1",\n    "reason": "a # is no remark"}'""",
        "linli doctor <service>",
        "kubectl get pods",
        "LinliDatabaseFull/0",
        "LinliDatabaseFull/1",
        ".venv/bin/linli cases settings",
        "linli cases rotate-master-key",
    ]


def test_every_command_of_the_runbooks_is_run_or_listed_with_a_reason() -> None:
    found = commands()

    assert [each for each in found if each not in PLAN] == []
    assert [each for each in PLAN if each not in found] == []


def test_a_reason_is_a_sentence() -> None:
    assert [each for each, plan in PLAN.items() if isinstance(plan, NotRun) and " " not in plan.reason] == []


@pytest.mark.parametrize("script", [each for each, plan in PLAN.items() if isinstance(plan, RunBy)], ids=str)
def test_the_tests_that_are_said_to_run_a_script_name_its_heading(script: str) -> None:
    plan = PLAN[script]
    assert isinstance(plan, RunBy)

    assert f'"{script.partition("/")[0]}"' in (Path(__file__).parent / plan.file).read_text("utf-8")
