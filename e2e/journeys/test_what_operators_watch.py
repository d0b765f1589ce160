"""A running platform measures what its rules and dashboards name, and the doctor finds it well."""

import re

from e2e.journeys.measured import named, sampled, scraped
from e2e.journeys.town import Town, report
from libs.testkit.commands import linli
from libs.testkit.eventually import eventually

OF_A_BROKER = re.compile("linli_(broker|relay|inbox)_")
OF_TLS = {"linli_certificate_expiry_timestamp_seconds"}


def test_all_that_rules_and_dashboards_name_is_measured(town: Town) -> None:
    town.resident("watched").cases.open_case(report())
    wanted = {name for name in named() if not OF_A_BROKER.match(name)} - OF_TLS

    eventually(lambda: wanted <= sampled([town.platform.http]) or missing(town, wanted), seconds=30)


def missing(town: Town, wanted: set[str]) -> bool:
    raise AssertionError(f"not measured: {sorted(wanted - sampled([town.platform.http]))}")


def test_a_scrape_is_open_metrics_that_stays_within_its_bounds(town: Town) -> None:
    text = scraped(town.platform.http)

    assert text.endswith("# EOF\n")
    assert len(re.findall("^# TYPE linli_", text, re.MULTILINE)) > 40
    assert len(text.splitlines()) < 20_000


def test_the_doctor_finds_a_running_platform_well(town: Town) -> None:
    looked = linli("doctor", "--data", str(town.platform.data), "--process", town.platform.http)

    assert looked.returncode in {0, 3}, looked.stdout + looked.stderr
    assert "BROKEN" not in looked.stdout
    assert "reads identity" in looked.stdout
    assert "is ready" in looked.stdout
