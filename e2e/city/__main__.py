"""`make run`: start Linli, load Los Angeles, replay 10,000 real requests, report, keep serving."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from e2e.city import earlier, helpers, page, summary
from e2e.city.arguments import DATA, arguments_of
from e2e.city.earlier import Earlier
from e2e.city.folder import held
from e2e.city.history import Story, story
from e2e.city.load import load
from e2e.city.platform import City, Platform, PlatformFailed, sign_in
from e2e.city.replay import Interrupted, Replayed, finish, replay
from e2e.city.rows import Refused, Request
from e2e.city.source import DONE, RequestsWrong, Task, remember, task_for
from e2e.city.watch import Watch
from libs.rpc.failures import RpcFailed
from libs.runtime.host.terminal import INTERRUPTED, lossless, near, typed
from services.command.imports.progress import Progress
from services.command.imports.report.board import read_board
from services.command.imports.report.tables import wrapped

LINLI = ".venv/bin/linli"
_ENVIRON = {"LINLI_PHONE_REGION": "US"}
_ONE_CORE = {"LINLI_ONE_CORE": "true"}
"""Only its PostgreSQL and its loader have much to do beside it: it takes two thirds of the time."""
PIPE_CLOSED = 141
"""The exit status of a program whose reader has gone."""


def main() -> int:
    """Run the whole tour; 0 when it ended in order."""
    lossless(sys.stdout)
    arguments = arguments_of(sys.argv[1:])
    try:
        with held(arguments.data.resolve()) as data:
            platform = Platform(
                data=data,
                port=arguments.port,
                http_port=arguments.http_port,
                log=data / "linli.log",
                environ=_ENVIRON | ({} if arguments.cluster else _ONE_CORE) | os.environ,
                cluster=arguments.cluster,
            )
            outcome = _outcome_of_before(data / DONE)
            task = task_for(data, arguments.requests, arguments.first, loaded=outcome is not None)
            return _run(platform, arguments, task, outcome)
    except (PlatformFailed, RequestsWrong) as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `make run | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as failed:
        print(f"\n{failed.filename or failed}: {failed.strerror}", file=sys.stderr)
        return 1


def _run(
    platform: Platform, arguments: argparse.Namespace, task: Task, outcome: summary.Summary | None
) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _tour(platform, task, outcome, once=arguments.once)
    except RpcFailed as failed:
        lacks = platform.lacks()
        print(f"\n{failed}" + (f"\nThe platform cannot go on: {lacks}" if lacks else ""), file=sys.stderr)
        print(f"The platform's log is {near(platform.log or platform.data)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print("\n" + "\n".join(wrapped(_interrupted(interrupt, arguments.data))))
        return INTERRUPTED
    finally:
        _stop(platform)


def _stop(platform: Platform) -> None:
    """Stop it in order. Ctrl-C meanwhile ends us at once; it then ends by itself, as it does with us."""
    try:
        if platform.process is not None and not platform.ended():
            with suppress(OSError):  # the terminal is gone
                print("\nStopping (a few seconds) ...", flush=True)
        platform.stop()
    except KeyboardInterrupt:
        print(f"\nIt stops by itself; its log is {near(platform.log or platform.data)}", flush=True)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _kept(data: Path) -> str:
    return f"Nothing is lost: what was answered is kept in {data}, and the same command goes on from there."


def _interrupted(interrupt: KeyboardInterrupt, data: Path) -> str:
    kept = _kept(data)
    if not isinstance(interrupt, Interrupted):
        return f"Interrupted. {kept}"
    replayed = interrupt.replayed
    return (
        f"Interrupted: {replayed.told:,} of {interrupt.total:,} requests have been sent to their end "
        f"({sum(replayed.commands.values()):,} steps in this run). {kept}"
    )


def _tour(platform: Platform, task: Task, outcome: summary.Summary | None, *, once: bool) -> int:
    began = time.monotonic()
    print(f"Starting linli {'cluster' if platform.cluster else 'up'} ...", flush=True)
    platform.start()
    print(f"  ready after {time.monotonic() - began:.1f} s; its log is {near(platform.log or platform.data)}")
    with Watch(platform, _say_waiting) as watch:
        city = sign_in(platform.where, platform.secret, patience=watch.patience)
        try:
            _fill(platform, city, task, outcome)
        except PlatformFailed as failed:
            raise PlatformFailed(f"{failed}\n" + "\n".join(wrapped(_kept(platform.data)))) from None
    if once:
        return 0
    _invite(platform)
    return _serve(platform)


def _fill(platform: Platform, city: City, task: Task, outcome: summary.Summary | None) -> None:
    """Load the city, unless it is there, and report."""
    again = outcome is not None
    if outcome is None:
        remember(platform.data, task)
        outcome = {**_import(city, task.rows), "cluster": platform.cluster}
        (platform.data / DONE).write_text(json.dumps(outcome), "utf-8")
    else:
        print("Los Angeles is loaded already; its data was found again.")
    board = read_board(city, str(outcome["revision"]), summary.period(outcome), page.CUT)
    print("\n" + "\n".join(page.lines(board, outcome, again=again)))


def _say_waiting(sentence: str) -> None:
    print("\n" + "\n".join(wrapped(f"  {sentence}")), flush=True)


def _outcome_of_before(done: Path) -> summary.Summary | None:
    """What an earlier run came to, if one has finished."""
    try:
        outcome: summary.Summary = json.loads(done.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        print(f"{near(done)} is damaged: the requests are sent again, and those that are there are found.")
        return None
    return outcome


def _import(city: City, rows: Sequence[Request | Refused]) -> summary.Summary:
    print("Loading Los Angeles ...", flush=True)
    bodies = load(city, lambda line: print(f"  {line}", flush=True))
    stories = [story(row, bodies) for row in rows if isinstance(row, Request)]
    before = earlier.look(city, stories)
    volunteers = helpers.enrol(city)
    print(f"  {len(volunteers)} volunteers, made from a fixed seed (the city's file knows none)", flush=True)
    helped = helpers.help_out(city, stories, volunteers)
    replayed = _replay(city, stories, before)
    released, revision = finish(city, stories, replayed.revision)
    return {
        **summary.summed_up(rows, replayed),
        "released": released,
        "helped": summary.helped_by(len(volunteers), helped),
        "revision": revision,
    }


def _replay(city: City, stories: list[Story], before: Earlier) -> Replayed:
    print(f"Replaying {len(stories):,} requests through the gRPC API ...", flush=True)
    if before.cases:
        print(
            f"  {len(before.cases):,} are there already from an earlier run: going on after them", flush=True
        )
    progress = Progress(live=sys.stdout.isatty())
    replayed = replay(city, stories, progress, before)
    progress.close()
    return replayed


def _invite(platform: Platform) -> None:
    """Last of all what one wants to copy: three commands, and the one that gives a token."""
    at = "" if platform.data == DATA.resolve() else f" --data {typed(platform.data)}"
    print(f"\n{page.RULE}\nServing until Ctrl-C.\n")
    if isinstance(platform.where, str):
        print(f"gRPC  {platform.where}   (all five services, reflection, health)")
        print(f"HTTP  {platform.http}/metrics  /livez  /readyz  /keys.json")
    else:
        print("\n".join(f"gRPC  {address}   {name}" for name, address in platform.where.items()))
        print(f"The rest stands in {near(platform.data)}/addresses.json; logs in {near(platform.data)}/log")
    print("\nTry, in another terminal in this folder:")
    print(f"""{LINLI} call{at} supervision.GetScoreboard '{{"group_by": "GROUPING_BODY"}}'""")
    print(f"""{LINLI} call{at} cases.ListCases '{{"page_size": 3}}'""")
    print(f"""{LINLI} call{at} identity.Locate '{{"point": {{"latitude": 34.05, "longitude": -118.25}}}}'""")
    print("\nThe first operator's token, for a client of your own (good for eight hours):", flush=True)
    print(f"{LINLI} token{at}", flush=True)


def _serve(platform: Platform) -> int:
    assert platform.process is not None
    try:
        platform.process.wait()
    except KeyboardInterrupt:
        return 0
    raise PlatformFailed(platform.ended())


if __name__ == "__main__":
    raise SystemExit(main())
