"""The oracle: real requests lie where the city says they lie."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from libs.geo.boundary import check_boundary
from libs.geo.index import AreaIndex, BoundaryRow

DATA = Path(__file__).parents[3] / "e2e" / "data"
AT = datetime(2020, 1, 1, tzinfo=UTC)


def councils() -> AreaIndex:
    """The councils as areas, ranked in the order of the file."""
    with gzip.open(DATA / "la-neighborhood-councils.geojson.gz", "rt") as file:
        features = json.load(file)["features"]
    return AreaIndex(
        BoundaryRow(
            area_id=feature["properties"]["nc_id"],
            path=("los-angeles", feature["properties"]["region"], feature["properties"]["nc_id"]),
            rank=rank,
            version=1,
            boundary=check_boundary(json.dumps(feature["geometry"])).geojson,
            valid_from=AT,
        )
        for rank, feature in enumerate(features)
    )


def test_locating_agrees_with_the_citys_own_council_for_9817_of_9989_requests() -> None:
    index = councils()
    with gzip.open(DATA / "myla311-2020.csv.gz", "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["latitude"].strip()]

    agreed = 0
    for row in rows:
        located = index.locate(float(row["longitude"]), float(row["latitude"]), AT)
        agreed += located is not None and located.area_id == row["nc"]

    assert len(rows) == 9_989
    assert agreed >= 9_817
