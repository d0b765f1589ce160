"""A map is drafted by looking at a file: it reads that file, and says what is guessed."""

from pathlib import Path

import pytest

from services.command.imports.draft import draft
from services.command.imports.guessing import ambiguous, best_formats
from services.command.imports.map_file import parse_map
from services.command.imports.readers.row import FileWrong

BOSTON = Path(__file__).parents[4] / "e2e/data/boston311-100.csv"


def test_what_is_guessed_is_marked_and_what_must_be_said_too() -> None:
    lines = list(draft(BOSTON))

    assert "  id: case_enquiry_id  # guess; 101004143000, 101004130437, 101004155594, ..." in lines
    assert "    Citizens Connect App: mobile_app  # guess; 56 rows" in lines
    assert any(line.startswith("zone: UTC  # say") for line in lines)
    assert any(line.startswith("  without: my-city  # say") for line in lines)


def test_no_address_and_no_text_of_a_person_stands_in_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    rows = "".join(
        f"{n};Licht;03.01.2020;Musterweg {n};Frau Nummer{n * 'x'};+49 30 1234{n}\n" for n in range(9)
    )
    path.write_text(f"Nr;Art;Eingang;Adresse;Melderin;Beschreibung\n{rows}", "utf-8")

    said = "\n".join(draft(path))

    assert "address: adresse  # guess; many values" in said
    assert "Musterweg" not in said
    assert "Frau" not in said


def test_of_the_columns_that_a_map_lists_only_short_lists_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    said = [f"Frau Nummer{n * 'x'}" for n in range(9)]
    rows = "".join(
        f"{n};0{n + 1}.02.2020 10:00;{name};{name};{name};+49 30 1234{n}\n" for n, name in enumerate(said)
    )
    path.write_text(f"Nr;Eingang;Status;Type;Source;Rückruf\n{rows}", "utf-8")

    lines = list(draft(path))
    undone = "    # say: many values in the file; list what they mean, for instance Done: closed"
    by = parse_map("\n".join(lines).replace(undone, "    Done: closed"))

    assert not any("Frau" in line or "+49" in line for line in lines)
    assert "  # not used: rückruf (many values)" in lines
    assert (by.columns.state, by.columns.affair, by.columns.channel) == ("status", "type", "source")
    assert (by.affairs.values, by.channels.values) == ({}, {})


def test_a_short_word_within_another_names_no_column(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    rows = "".join(f"{n};0{n + 1}.02.2020 10:00;Frau A;kaputt;Nord\n" for n in range(9))
    path.write_text(f"Nr;Eingang;Party name;Art der Meldung;ort_der_meldung\n{rows}", "utf-8")

    lines = list(draft(path))

    assert "  affair: art der meldung  # guess; kaputt" in lines
    assert "  address: ort_der_meldung  # guess; Nord" in lines


def test_columns_without_a_telling_name_are_found_by_their_values(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    rows = "".join(
        f"{n % 3};A{n};0{n % 7 + 1}.02.2020 10:00;{'09.02.2020 11:00' * (n % 2)}\n" for n in range(20)
    )
    path.write_text(f"x;y;z;w\n{rows}", "utf-8")

    lines = [line.partition("  #")[0] for line in draft(path)]

    assert lines[lines.index("columns:") + 1 :][:4] == [
        "  id: y",
        "  opened: z",
        "  closed: w",
        "  affair: say",
    ]


@pytest.mark.parametrize(
    ("samples", "formats"),
    [
        (["31.01.2020 14:05", "01.02.2020 09:00"], ["%d.%m.%Y %H:%M"]),
        (["1/31/20 14:05", "2/1/20 9:00"], ["%m/%d/%y %H:%M"]),
        (["31/01/2020", "01/02/2020"], ["%d/%m/%Y"]),
        (["01/31/2020 02:05:10 PM"], ["%m/%d/%Y %I:%M:%S %p"]),
        (["2020年01月31日 下午2:05"], ["%Y年%m月%d日 %p%I:%M"]),
        (["43861.58", "43862"], ["excel"]),
        (["1580479500000"], ["epoch_milliseconds"]),
        (["1580479500"], ["epoch_seconds"]),
        (["2020-01-31T14:05:00+01:00", "2020-01-31 14:05"], ["iso"]),
        (["20200131"], ["%Y%m%d"]),
        (["31.01.2020 14:05"] * 9 + ["31.01.2020"], ["%d.%m.%Y %H:%M", "%d.%m.%Y"]),
        (["soon"], []),
    ],
)
def test_formats_of_times_are_found(samples: list[str], formats: list[str]) -> None:
    assert list(best_formats(samples)) == formats


def test_the_ends_of_the_calendar_are_guessed_as_no_times() -> None:
    assert list(best_formats(["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])) == []


def test_days_and_months_that_may_be_the_other_way_round_are_said_so() -> None:
    assert ambiguous(["%m/%d/%y %H:%M"], ["1/2/20 9:00"]) == "%d/%m/%y %H:%M"
    assert ambiguous(["%m/%d/%y %H:%M"], ["1/2/20 9:00", "1/31/20 9:00"]) == ""


def test_a_file_without_rows_has_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n", "utf-8")

    with pytest.raises(FileWrong, match="no rows"):
        list(draft(path))
