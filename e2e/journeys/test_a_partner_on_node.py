"""A partner on Node, by the protos and the manual alone: reports, follows, answers, and is refused.

`make e2e-node` runs it. It needs Node and npm, which installs the packages that `e2e/node` locks.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from linli.cases.v1 import cases_service_pb2 as cases

from e2e.journeys.manual import PROTO, programs, registered, run
from e2e.journeys.town import Town, report

pytestmark = [pytest.mark.node, pytest.mark.process]
PACKAGES = Path(__file__).parents[1] / "node" / "node_modules"
NAMES = ("linli.mjs", "report.mjs", "work.mjs")


@dataclass(frozen=True, slots=True)
class Partner:
    """A folder with the manual's programs, and a client of the platform."""

    folder: Path
    environ: dict[str, str]

    def run(self, *words: str) -> str:
        """What a program prints."""
        return run(["node", *words], cwd=self.folder, **self.environ)

    def refused(self, method: str, request: str) -> str:
        """Why a call of cases is refused, as the partner's program reads it."""
        program = self.folder / "refused.mjs"
        program.write_text(
            'import { call, cases, detailsOf } from "./linli.mjs";\n'
            f'await call(cases, "{method}", {request}).then(() => console.log("allowed"),\n'
            "  (error) => console.log(detailsOf(error).reason));\n",
            "utf-8",
        )
        return self.run(program.name).strip()


@pytest.fixture(scope="module")
def programmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beside the protos, with the packages that the manual has a partner install."""
    at = tmp_path_factory.mktemp("partner")
    (at / "proto").symlink_to(PROTO)
    programs_at = at / "partner-node"
    programs_at.mkdir()
    assert PACKAGES.is_dir(), "`make e2e-node` installs the packages and runs these tests"
    (programs_at / "node_modules").symlink_to(PACKAGES)
    for name, program in zip(NAMES, programs("js"), strict=True):
        (programs_at / name).write_text(program, "utf-8")
    return programs_at


@pytest.fixture(scope="module")
def partners(town: Town, programmed: Path) -> dict[str, Partner]:
    """The clients that the manual registers, by their names."""
    where = str(town.platform.where)
    return {
        name: Partner(
            programmed, {"LINLI_ADDRESS": where, "LINLI_CLIENT_ID": client_id, "LINLI_CLIENT_SECRET": secret}
        )
        for name, (client_id, secret) in registered(town).items()
    }


@pytest.fixture(scope="module")
def reporting(partners: dict[str, Partner]) -> Partner:
    return partners["Leak sensors"]


@pytest.fixture(scope="module")
def working(partners: dict[str, Partner]) -> Partner:
    return partners["Lin office works"]


def test_it_reports_a_case_and_reads_the_feed(reporting: Partner) -> None:
    said = reporting.run("report.mjs")

    opened = re.match(r"opened (\S+) for lin-office at revision \S+", said)
    assert opened is not None, said
    assert said.count(" due ") == 4
    assert f"[ '{opened.group(1)}' ]" in said
    assert re.search(rf"^\d+ {opened.group(1)}$", said, re.MULTILINE), said


def test_it_follows_a_case_answers_and_shows_its_evidence(town: Town, working: Partner) -> None:
    case_id = case_of_lin(town)

    said = working.run("work.mjs", case_id)

    first, *_, last = (line.split()[0] for line in said.splitlines())
    assert (first, last) == ("CASE_STATE_ROUTED", "CASE_STATE_RESOLVED"), said
    seen = town.operator.cases.get_case(cases.GetCaseRequest(case_id=case_id))
    [answer] = seen.notes
    assert answer.text == "A plumber comes today."
    [photo] = answer.attachments
    history = town.operator.cases.get_case_history(cases.GetCaseHistoryRequest(case_id=case_id)).entries
    [resolved] = [entry for entry in history if entry.event.endswith(".CaseResolved")]
    shown = {"kind": "EVIDENCE_KIND_PHOTO", **MessageToDict(photo)}
    assert [MessageToDict(piece) for piece in resolved.evidence] == [shown]


def test_what_it_may_not_do_is_refused(town: Town, working: Partner) -> None:
    own = case_of_lin(town)
    foreign = town.report(town.resident("of-another-body"))
    ask = f'{{ request_id: "no", case_id: "{own}", body_id: "waterworks", legal_basis: "none", reason: "x" }}'

    assert working.refused("ReassignCase", ask) == "SCOPE_MISSING"
    assert working.refused("GetCase", f'{{ case_id: "{foreign.case_id}" }}') == "OUT_OF_REACH"
    accept = f'{{ request_id: "no", case_id: "{foreign.case_id}" }}'
    assert working.refused("AcceptCase", accept) == "OUT_OF_REACH"
    resolve = f'{{ request_id: "no-evidence", case_id: "{own}", outcome_code: "resolved" }}'
    assert working.refused("ResolveCase", resolve) == "EVIDENCE_MISSING"


def case_of_lin(town: Town) -> str:
    """A case that the standard affairs route to the manual's body."""
    opening = report(affair_id="environment", area_id="lin")
    opened = town.operator.cases.open_case(opening).case
    assert opened.body_id == "lin-office"
    return str(opened.case_id)
