"""The state machine of a case as a Mermaid diagram, drawn by asking the decider itself.

`python -m services.cases.tests.domain.state_diagram` draws it into the service's README.md anew.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from libs.ledger.decider import Refusal
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    CaseCommand,
    MergeCase,
    PassMoments,
    ReopenCase,
    UnmergeCase,
    rpc_of,
)
from services.cases.domain.case.situations import Case, NotOpened
from services.cases.tests.domain.history import after, approve_pause, facts, open_case, request_pause
from services.cases.tests.domain.test_case import EVERY_COMMAND, HISTORIES

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)
BY_ITSELF = "the time to answer is over"
ENDS = ("CLOSED", "REJECTED", "WITHDRAWN", "MERGED")
OTHER = CASE.fold(CASE.decide(open_case(case_id="0ther", public_id="LL-0THER-00000"), NotOpened()))
EVERY_WAY = [
    *EVERY_COMMAND,
    ReopenCase(by_reporter=False, imported=False, at=after(hours=9)),
    approve_pause(after(hours=9)),
]
REQUESTED = (*HISTORIES["InProgress"], *CASE.decide(request_pause(), CASE.fold(HISTORIES["InProgress"])))
"""At work, and asking for a pause beyond the limit."""


def drawn() -> str:
    """The diagram: an arrow for each way from one situation to another, with the rpcs that lead there."""
    labels = defaultdict[tuple[str, str], set[str]](set)
    for source, label, target in ways():
        if source != target:
            labels[source, target].add(label)
    open_ones = [source for source, target in labels if target == "WITHDRAWN"]
    ended = {target for _, target in labels if target in ENDS}
    inside, outside = list[str](), list[str]()
    for (source, target), names in labels.items():
        arrow = f"{source} --> {target}: {', '.join(sorted(names))}"
        if source in open_ones and target in open_ones:
            inside.append(f"        {arrow}")
        elif all(labels.get((each, target)) == names for each in open_ones) and source in open_ones:
            outside.append(f"    OPEN --> {target}: {', '.join(sorted(names))}")
        elif source == "MERGED":  # wherever it stood
            outside.append(f"    MERGED --> OPEN: {', '.join(sorted(names))}")
        else:
            outside.append(f"    {arrow}")
    outside += [f"    {name} --> [*]" for name in ENDS if name in ended]
    lines = ["    state OPEN {", *inside, "    }", *dict.fromkeys(outside)]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def ways() -> Iterator[tuple[str, str, str]]:
    """Every command in every situation that takes it: from where, by what, to where."""
    for opening in (open_case(), open_case(facts())):
        yield "[*]", "OpenCase", name_of(CASE.fold(CASE.decide(opening, NotOpened())))
    for history in (*HISTORIES.values(), REQUESTED):
        state = CASE.fold(history)
        both = (MergeCase(seen=state, into=OTHER, at=after(hours=9)), UnmergeCase(at=after(hours=9)))
        for command in (*EVERY_WAY, *both):
            target = led_to(state, command)
            if target is not None:
                yield name_of(state), rpc_of(command), name_of(target)
        left_alone = led_to(state, PassMoments(at=after(days=365)))
        if left_alone is not None:
            yield name_of(state), BY_ITSELF, name_of(left_alone)


def led_to(state: Case, command: CaseCommand) -> Case | None:
    """The situation that a command leads to; None if it is refused."""
    try:
        return CASE.fold(CASE.decide(command, state), state)
    except Refusal:
        return None


def name_of(state: Case) -> str:
    """As the contract names it: IN_PROGRESS."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(state).__name__).upper()


def main() -> None:
    """Draw it anew."""
    README.write_text(BLOCK.sub(lambda _: drawn(), README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
