"""A file is checked before anything is loaded from it, and a folder is loaded from one file only."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.city import los_angeles as la
from e2e.city.arguments import arguments_of
from e2e.city.rows import Refused, Request, Rule
from e2e.city.source import KEPT, HeadingWrong, RequestsWrong, Task, read, read_requests, remember, task_for
from e2e.tests.test_rows import COUNCILS
from e2e.tests.test_rows import row as clean

HEADING = "srnumber,requesttype,status,owner,nc,createddate,updateddate,servicedate,closeddate,"
HEADING += "requestsource,anonymous,address,latitude,longitude"


def from_file(folder: Path, *lines: bytes) -> list[Request | Refused]:
    source = folder / "rows.csv.gz"
    source.write_bytes(gzip.compress(b"\n".join([HEADING.encode(), *lines, b""])))
    return list(read_requests(source, COUNCILS))


def line(number: str, address: bytes = b"1 MAIN ST") -> bytes:
    values = clean(srnumber=number, address="@")
    plain = ",".join(values[field] for field in HEADING.split(","))
    return plain.encode().replace(b"@", address)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1"), b"", line("1-2", b'"two\nlines"'), line("1-3"))

    assert [(outcome.line, outcome.number) for outcome in outcomes] == [(2, "1-1"), (5, "1-2"), (6, "1-3")]


def test_a_line_with_too_many_or_too_few_fields_is_refused(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1") + b",more", b"1-2,Bulky Items", line("1-3"))

    assert [(outcome.line, isinstance(outcome, Refused)) for outcome in outcomes] == [
        (2, True), (3, True), (4, False),
    ]  # fmt: skip


def test_what_an_open_quote_swallows_is_named(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1", b'"1 MAIN ST'), line("1-2", b'"2 MAIN ST"'), line("1-3"))

    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].rule is Rule.BROKEN_LINE
    assert "lines 2 to 3" in outcomes[0].detail
    assert [outcome.number for outcome in outcomes[1:]] == ["1-3"]


def test_bytes_that_are_no_text_are_marked(tmp_path: Path) -> None:
    [request] = from_file(tmp_path, line("1-1", b"1 CA\xd1ON DR"))

    assert isinstance(request, Request)
    assert (request.address, request.rules) == ("1 CA\ufffdON DR", (Rule.NOT_UTF_8,))


def packed(source: Path, *lines: bytes) -> Path:
    source.write_bytes(gzip.compress(b"\n".join([HEADING.encode(), *lines, b""])))
    return source


def dated(number: int, created: str) -> bytes:
    return line(f"1-{number}").replace(b"1/2/20 9:00", created.encode())


def test_a_file_that_lacks_a_column_is_refused_by_its_heading(tmp_path: Path) -> None:
    packed = tmp_path / "other.csv.gz"
    packed.write_bytes(gzip.compress(b"srnumber,requesttype\r\n1-1,Bulky Items\r\n"))

    with pytest.raises(HeadingWrong, match="lacks status, createddate"):
        list(read_requests(packed, COUNCILS))


def test_a_file_that_is_not_gzipped_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("srnumber,requesttype\n", "utf-8")

    with pytest.raises(HeadingWrong, match="not gzipped"):
        list(read_requests(plain, COUNCILS))


@pytest.mark.parametrize(
    ("times", "why"),
    [
        (
            ["3/1/15 8:00"] * 5,
            r"5 of 5 rows \(lines 2, 3, 4 and 2 more; the first: 3/1/15 8:00\) were created before 2019, ",
        ),
        (
            ["2020-01-02T09:00:00"] * 3 + ["1/2/20 9:00"] * 3,
            r"3 of 6 rows \(lines 2, 3, 4; the first: '2020-01-02T09:00:00' .*\) have a time that cannot be",
        ),
        (["1/2/68 9:00"], r"1 of 1 rows \(line 2; .* have a time that has not come yet: .* check the years"),
        ([], r"has a heading and no rows\. Nothing was loaded\."),
    ],
)
def test_a_file_of_wrong_dates_is_refused_in_one_sentence(tmp_path: Path, times: list[str], why: str) -> None:
    source = packed(tmp_path / "rows.csv.gz", *(dated(n, created) for n, created in enumerate(times)))

    with pytest.raises(RequestsWrong, match=why) as wrong:
        read(source)

    assert "\n" not in str(wrong.value)
    assert str(wrong.value).endswith(". Nothing was loaded.")


def test_a_few_wrong_dates_cost_their_rows_only(tmp_path: Path) -> None:
    times = ["1/2/20 9:00", "3/1/15 8:00", "1/2/20 9:00"]
    source = packed(tmp_path / "rows.csv.gz", *(dated(n, created) for n, created in enumerate(times)))

    outcomes = read(source)

    assert [outcome.rule for outcome in outcomes if isinstance(outcome, Refused)] == [Rule.BEFORE_THE_CITY]
    assert len(outcomes) == 3


def test_a_file_of_which_nothing_can_be_imported_is_refused(tmp_path: Path) -> None:
    rows = [line(f"1-{number}").replace(b"Bulky Items", b"Volcano") for number in range(4)]

    with pytest.raises(
        RequestsWrong, match=r"4 of 4 rows .*the first: Volcano\) cannot be imported \(a type"
    ):
        read(packed(tmp_path / "rows.csv.gz", *rows))


def test_a_mark_at_the_beginning_belongs_to_no_column(tmp_path: Path) -> None:
    source = packed(tmp_path / "rows.csv.gz", line("1-1"))
    source.write_bytes(gzip.compress(b"\xef\xbb\xbf" + gzip.decompress(source.read_bytes())))

    assert [outcome.number for outcome in read(source)] == ["1-1"]


def test_a_file_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    source = packed(tmp_path / "rows.csv.gz", *(line(f"1-{number}") for number in range(500)))
    source.write_bytes(source.read_bytes()[:-200])

    with pytest.raises(RequestsWrong, match=r"is damaged .*: fetch it anew"):
        read(source)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose loading from `one.csv.gz` has begun."""
    remember(tmp_path, Task(file=packed(tmp_path / "one.csv.gz", line("1-1"))))
    return tmp_path


def test_a_folder_goes_on_with_its_own_file(folder: Path) -> None:
    given, left_out = (task_for(folder, file, loaded=False) for file in (folder / "one.csv.gz", None))

    assert given.rows == left_out.rows
    assert [row.number for row in given.rows] == ["1-1"]
    assert left_out.file == (folder / "one.csv.gz").resolve()


def test_a_copy_packed_anew_is_the_same_file(folder: Path) -> None:
    content = gzip.decompress((folder / "one.csv.gz").read_bytes())
    (folder / "copy.csv.gz").write_bytes(gzip.compress(content, compresslevel=1, mtime=7))

    assert len(task_for(folder, folder / "copy.csv.gz", loaded=False).rows) == 1


@pytest.mark.parametrize("loaded", [False, True])
def test_another_file_is_refused_by_a_folder_with_what_to_do(folder: Path, *, loaded: bool) -> None:
    other = packed(folder / "other.csv.gz", line("1-2"))

    with pytest.raises(
        RequestsWrong, match=r"other\.csv\.gz has others: load these into another folder with --data"
    ):
        task_for(folder, other, loaded=loaded)


def test_a_file_that_has_changed_is_another(folder: Path) -> None:
    packed(folder / "one.csv.gz", line("1-1"), line("1-2"))

    with pytest.raises(RequestsWrong, match=r"one\.csv\.gz has changed since"):
        task_for(folder, None, loaded=False)


def test_a_loaded_folder_needs_its_file_no_more(folder: Path) -> None:
    (folder / "one.csv.gz").unlink()

    assert task_for(folder, None, loaded=True).rows == ()
    with pytest.raises(RequestsWrong, match=r"which is gone: put it back to go on\."):
        task_for(folder, None, loaded=False)


def test_a_new_folder_takes_the_citys_file(tmp_path: Path) -> None:
    task = task_for(tmp_path, None, loaded=False)

    assert (task.file, len(task.rows)) == (la.REQUESTS, 10_000)


def test_a_shorter_first_run_goes_on_with_as_many_rows(tmp_path: Path) -> None:
    file = packed(tmp_path / "one.csv.gz", *(line(f"1-{n}") for n in range(5)))

    task = task_for(tmp_path, file, 2, loaded=False)
    remember(tmp_path, task)

    assert [row.number for row in task.rows] == ["1-0", "1-1"]
    assert task_for(tmp_path, None, loaded=False).rows == task.rows
    assert task_for(tmp_path, file, 2, loaded=False).rows == task.rows


@pytest.mark.parametrize("loaded", [False, True])
def test_another_number_of_rows_is_refused_by_a_folder_with_what_to_do(
    tmp_path: Path, *, loaded: bool
) -> None:
    remember(tmp_path, Task(file=packed(tmp_path / "one.csv.gz", line("1-1"), line("1-2")), first=1))

    with pytest.raises(RequestsWrong, match=r"from the first 1 rows of .*one\.csv\.gz: load another number"):
        task_for(tmp_path, None, 2, loaded=loaded)


@pytest.mark.parametrize("first", ["0", "-3", "many", "1.5"])
def test_what_is_no_number_of_rows_is_refused_in_a_sentence(
    first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments_of([f"--first={first}"])

    assert f"'{first}' is not a number of rows: use a whole number from 1 on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / KEPT).unlink(), "was loaded by an earlier build, .*: start over"),
        (lambda folder: (folder / KEPT).write_text("{"), "requests.json is damaged: start over"),
    ],
)
def test_a_folder_that_does_not_say_what_it_holds_is_not_guessed_at(
    folder: Path, spoil: Callable[[Path], object], why: str
) -> None:
    spoil(folder)

    with pytest.raises(RequestsWrong, match=why):
        task_for(folder, folder / "one.csv.gz", loaded=True)
