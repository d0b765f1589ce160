"""The oracle: real requests lie where the city says they lie."""

import csv
import gzip

from libs.geo.index import AreaIndex
from libs.geo.tests.councils import AT, DATA, rows


def test_locating_agrees_with_the_citys_own_council_for_9817_of_9989_requests() -> None:
    index = AreaIndex(rows())
    with gzip.open(DATA / "myla311-2020.csv.gz", "rt", newline="") as file:
        requests = [row for row in csv.DictReader(file) if row["latitude"].strip()]

    agreed = 0
    for row in requests:
        located = index.locate(float(row["longitude"]), float(row["latitude"]), AT)
        agreed += located is not None and located.area_id == row["nc"]

    assert len(requests) == 9_989
    assert agreed == 9_817
