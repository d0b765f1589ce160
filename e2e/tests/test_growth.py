"""A measurement that the disk cannot hold is not begun."""

from pathlib import Path

import pytest

from e2e.bench.growth import must_fit


def test_a_full_disk_is_told_beforehand_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"the rebuild may need .* GiB are free: .* TMPDIR, .* --events"):
        must_fit(tmp_path, "the rebuild", needed=2.0**60)


def test_what_fits_is_begun(tmp_path: Path) -> None:
    must_fit(tmp_path, "the rebuild", needed=1.0)
