"""`make run`: start Linli, load Los Angeles, replay 10,000 real requests, report, keep serving."""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from e2e.city import helpers, los_angeles, report
from e2e.city.history import Story, story
from e2e.city.load import load
from e2e.city.platform import City, Platform, PlatformFailed, sign_in
from e2e.city.replay import Replayed, finish, replay
from e2e.city.rows import HeadingWrong, Refused, Request, read_requests

WIDTH = 78


def main() -> int:
    """Run the whole tour; 0 when it ended in order."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".linli"), help="where the platform keeps its data")
    parser.add_argument("--port", type=int, default=7400, help="gRPC port")
    parser.add_argument("--http-port", type=int, default=7480, help="port of metrics and health")
    parser.add_argument(
        "--requests", type=Path, default=los_angeles.REQUESTS, help="the city's requests (CSV, gzipped)"
    )
    parser.add_argument("--once", action="store_true", help="stop after the report")
    arguments = parser.parse_args()
    arguments.data.mkdir(parents=True, exist_ok=True)
    platform = Platform(
        data=arguments.data.resolve(),
        port=arguments.port,
        http_port=arguments.http_port,
        log=arguments.data.resolve() / "linli.log",
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _tour(platform, arguments.requests, once=arguments.once)
    except (PlatformFailed, HeadingWrong) as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        print("\nStopping ...", flush=True)
        platform.stop()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _tour(platform: Platform, requests: Path, *, once: bool) -> int:
    began = time.monotonic()
    print("Starting linli up ...", flush=True)
    platform.start()
    print(f"  ready after {time.monotonic() - began:.1f} s; its log is {platform.log}")
    city = sign_in(platform.address, platform.secret)
    done = platform.data / "los-angeles.json"
    if done.exists():
        print("Los Angeles is loaded already; its data was found again.")
        summary = json.loads(done.read_text("utf-8"))
    else:
        summary = _import(city, requests)
        done.write_text(json.dumps(summary), "utf-8")
    _report(city, summary)
    _invite(platform, city)
    if not once:
        _serve(platform)
    return 0


def _import(city: City, requests: Path) -> dict[str, object]:
    print("Loading Los Angeles ...", flush=True)
    bodies = load(city, lambda line: print(f"  {line}", flush=True))
    councils = frozenset(
        area.area_id.removeprefix(f"{los_angeles.CITY}-nc-") for area in los_angeles.areas() if area.boundary
    )
    outcomes = list(read_requests(requests, councils))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    stories = [story(outcome, bodies) for outcome in outcomes if isinstance(outcome, Request)]
    rules = Counter(
        rule.value for outcome in outcomes if isinstance(outcome, Request) for rule in outcome.rules
    )
    made = helpers.enrol(city)
    print(f"  {made} volunteers, made from a fixed seed (the city's file knows none)", flush=True)
    helped = helpers.help_out(city, stories)
    replayed = _replay(city, stories)
    released, revision = finish(city, stories, replayed.revision)
    return {
        "rows": len(outcomes),
        "told": len(replayed.cases),
        "refused": [[row.line, row.number, row.rule.value, row.detail] for row in refused],
        "not_told": replayed.refused,
        "rules": dict(rules),
        "commands": sum(replayed.commands.values()),
        "seconds": replayed.seconds,
        "released": released,
        "helped": {
            "volunteers": made, "needs": helped.needs, "proposed": helped.proposed, "covered": helped.covered,
            "bound": helped.bound, "accepted": helped.accepted, "declined": helped.declined,
            "minutes": helped.minutes, "reasons": dict(helped.reasons),
        },
        "revision": revision,
        "limited_by": _limited_by(replayed),
    }  # fmt: skip


def _replay(city: City, stories: list[Story]) -> Replayed:
    print(f"Replaying {len(stories):,} requests through the gRPC API ...", flush=True)
    live = sys.stdout.isatty()
    shown = 0.0

    def show(replayed: Replayed, total: int) -> None:
        nonlocal shown
        done = len(replayed.cases) + len(replayed.refused)
        if not live and done < total and replayed.seconds - shown < 10:
            return
        shown = replayed.seconds
        rate = done / replayed.seconds if replayed.seconds else 0.0
        left = (total - done) / rate if rate else 0.0
        line = f"  {done:>6,} of {total:,}  {rate:6.0f} requests/s  {left:4.0f} s left"
        print(f"\r{line}" if live else line, end="" if live else "\n", flush=True)

    replayed = replay(city, stories, show)
    if live:
        print()
    return replayed


def _limited_by(replayed: Replayed) -> str:
    commands = sum(replayed.commands.values())
    rate = commands / replayed.seconds if replayed.seconds else 0.0
    return (
        f"{commands:,} commands in {replayed.seconds:.0f} s ({rate:.0f}/s) on {os.cpu_count()} cores: "
        "one Python process runs all five services, and its one interpreter is what it waited for "
        "(`make bench` says where the time goes)"
    )


def _report(city: City, summary: dict[str, object]) -> None:
    revision = str(summary["revision"])
    print(f"\n{'=' * WIDTH}\nLos Angeles, requests of 1-3 January 2020, as Linli's scoreboard shows them")
    print("Time limits and working hours are ASSUMED (the city's file promises nothing).\n" + "=" * WIDTH)
    for section in report.sections(city, revision):
        print("\n".join(report.lines(section)), end="\n\n")
    print("\n".join(report.longest_open(city, revision)), end="\n\n")
    _report_import(summary)


def _report_import(summary: dict[str, object]) -> None:
    rules, refused, not_told = summary["rules"], summary["refused"], summary["not_told"]
    assert isinstance(rules, dict)
    assert isinstance(refused, list)
    assert isinstance(not_told, list)
    print(f"The import: {summary['rows']:,} rows, {summary['told']:,} cases, {len(refused)} rows refused,")
    print(f"{len(not_told)} cases not told to the end. {summary['limited_by']}.")
    print("Rows that were not clean, by the rule that was applied:")
    print("\n".join(report.tally(rules.items())))
    for line, number, rule, detail in refused:
        print(f"  line {line} ({number}): {rule}: {detail}")
    for number, rpc, why in not_told:
        print(f"  {number}: {rpc}: {why}")
    helped = summary["helped"]
    assert isinstance(helped, dict)
    print(
        f"Helpers: {helped['volunteers']} MADE volunteers; {helped['needs']} needs of assisted reporters\n"
        f"(1 in 100 of bulky items, by a fixed rule): {helped['proposed']} matched (priority "
        f"{helped['covered']} of a proven bound of {helped['bound']}),\n{helped['accepted']} accepted, "
        f"{helped['declined']} declined, {helped['minutes'] / 60:.0f} hours given."
    )


def _invite(platform: Platform, city: City) -> None:
    print(f"\n{'=' * WIDTH}")
    print(f"gRPC   {platform.address}   (all five services, reflection, health)")
    print(f"HTTP   {platform.http}/metrics  /livez  /readyz  /keys.json")
    print(f"token  (operator, expires; `linli token` gives a new one)\n{city.client.token()}\n")
    linli = f".venv/bin/linli call --data {platform.data} --port {platform.port}"
    print("Try:")
    print(f"""  {linli} supervision.GetScoreboard '{{"group_by": "GROUPING_BODY"}}'""")
    print(f"""  {linli} cases.ListCases '{{"filter": "state = ROUTED", "page_size": 3}}'""")
    print(f"""  {linli} identity.Locate '{{"point": {{"latitude": 34.05, "longitude": -118.25}}}}'""")


def _serve(platform: Platform) -> None:
    print("\nServing until Ctrl-C.", flush=True)
    assert platform.process is not None
    code = platform.process.wait()
    raise PlatformFailed(f"linli up ended with {code}; its log is {platform.log}")


if __name__ == "__main__":
    raise SystemExit(main())
