"""What was looked at, and how it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from libs.telemetry import logs

State = Literal["ok", "soon", "broken", "unseen"]
"""All is well; it will break, or loses safety; it is broken; it could not be looked at."""

_SAID = {"ok": "ok", "soon": "WATCH", "broken": "BROKEN", "unseen": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing in plain words; `do`: what mends it."""

    service: str
    about: str
    state: State
    says: str
    do: str = ""

    def lines(self) -> Iterator[str]:
        """How it is printed."""
        yield f"  {self.about:<17} {_SAID[self.state]:<7} {self.says}"
        if self.do:
            yield f"  {'':<17} {'':<7} -> {self.do}"


@dataclass(frozen=True, slots=True)
class Looking:
    """What is found about one service."""

    service: str

    def ok(self, about: str, says: str) -> Finding:
        """It is well."""
        return Finding(service=self.service, about=about, state="ok", says=says)

    def soon(self, about: str, says: str, do: str) -> Finding:
        """It works, and will not for long, or not in every case."""
        return Finding(service=self.service, about=about, state="soon", says=says, do=do)

    def broken(self, about: str, says: str, do: str) -> Finding:
        """It does not work."""
        return Finding(service=self.service, about=about, state="broken", says=says, do=do)

    def unseen(self, about: str, says: str) -> Finding:
        """It cannot be seen from here."""
        return Finding(service=self.service, about=about, state="unseen", says=says)


def report(findings: Iterable[Finding]) -> Iterator[str]:
    """All of it as it is found, service by service, and what it comes to."""
    told, last = list[Finding](), ""
    for finding in findings:
        told.append(finding)
        if finding.service != last:
            last = finding.service
            yield last
        yield from finding.lines()
    broken, soon = ([each for each in told if each.state == state] for state in ("broken", "soon"))
    if not broken and not soon:
        yield "All is well, as far as this command can see."
        return
    yield f"{len(broken)} broken, {len(soon)} to watch. Begin with the first: others may follow from it."


def status(findings: Iterable[Finding]) -> int:
    """The exit status: 1 if anything is broken, 3 if something is to be watched, else 0."""
    states = {finding.state for finding in findings}
    return 1 if "broken" in states else 3 if "soon" in states else 0


def said(error: BaseException) -> str:
    """What an error says, in one line, without what a database quotes of its rows."""
    return " ".join(logs.without_rows(str(error)).split()) or type(error).__name__
