"""What only this service's README tells: its metrics. The other tables are tested for all services alike."""

from pathlib import Path

from libs.testkit.readme import differences
from services.supervision.domain.metrics import METRICS

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_names_every_metric() -> None:
    assert differences(README, {"metric": [metric.name for metric in METRICS]}) == []
