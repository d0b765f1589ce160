"""Tomorrow's release is this one, and a step further."""

from pathlib import Path

from e2e.upgrade.releases import CHECKOUT
from e2e.upgrade.tomorrow import tomorrow


def test_the_edits_that_make_tomorrows_release_still_fit(tmp_path: Path) -> None:
    made = tomorrow(tmp_path)

    today = (CHECKOUT / "services/catalog/adapters/ledger.py").read_text("utf-8")
    assert "body_greeted" not in today
    assert "body_greeted" in (made.roots[0] / "services/catalog/adapters/ledger.py").read_text("utf-8")
