"""Files of many layouts come out as the same rows."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from services.command.imports.mapping import File
from services.command.imports.readers import tables
from services.command.imports.readers.reading import heading_of, rows_of
from services.command.imports.readers.row import FileWrong

HEADING = ("工单编号", "诉求类型", "Straße")
ROWS = [("1", "垃圾清运", "Müllerstraße 7"), ("2", "路灯, 不亮", 'Ecke "Nord"')]
WESTERN = [("1", "Müll", "Müllerstraße 7"), ("2", "Laterne; dunkel", "Grünauer Straße")]


def text_of(rows: Sequence[Sequence[str]], heading: Sequence[str] = HEADING, delimiter: str = ",") -> str:
    def written(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if {delimiter, '"'} & set(value) else value

    return "".join(f"{delimiter.join(map(written, row))}\r\n" for row in (heading, *rows))


def read(path: Path, file: File | None = None) -> list[tuple[str, ...]]:
    found = list(rows_of(path, file or File()))
    assert not [row.problem for row in found if row.problem]
    return [tuple(row.values.values()) for row in found]


@pytest.mark.capability("004.13")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_of_any_encoding_and_delimiter_reads_the_same(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    rows = ROWS if encoding != "gb18030" else [(number, kind, "朝阳区三里屯") for number, kind, _ in ROWS]
    heading = HEADING if encoding != "gb18030" else ("工单编号", "诉求类型", "地址")
    path = tmp_path / "requests.csv"
    path.write_bytes(text_of(rows, heading, delimiter).encode(encoding))

    assert read(path) == rows
    assert heading_of(path, File())[0] == "工单编号"


def test_western_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(text_of(WESTERN, ("Nr", "Art", "Straße"), ";").encode("cp1252"))

    assert read(path) == WESTERN


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, lambda content: zipped({"a.csv": content})]
)
def test_compressed_files_are_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "requests"
    path.write_bytes(pack(text_of(ROWS).encode()))

    assert read(path) == ROWS


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_excel_says_its_own_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(f"sep=|\r\n{text_of(ROWS, delimiter='|')}", "utf-8")

    assert read(path) == ROWS


def test_a_sheet_gives_times_as_times_and_whole_numbers_without_a_point(tmp_path: Path) -> None:
    path = tmp_path / "requests.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Nr", "Opened", "Serial", None])
    book.worksheets[0].append([7, datetime(2020, 1, 3, 14, 5), 43833.5, None])  # noqa: DTZ001 -- as in a sheet
    book.create_sheet("Notes").append(["nothing"])
    book.save(path)

    assert read(path) == [("7", "2020-01-03 14:05:00", "43833.5")]
    assert heading_of(path, File()) == ["nr", "opened", "serial"]
    with pytest.raises(FileWrong, match="there is no sheet Data: it has Sheet, Notes"):
        list(rows_of(path, File(sheet="Data")))


def test_a_heading_below_titles_is_found_on_its_line(tmp_path: Path) -> None:
    path, book = tmp_path / "requests.csv", tmp_path / "requests.xlsx"
    path.write_text(f"Report; of; 2020\n\n{text_of(ROWS)}", "utf-8")
    sheet = openpyxl.Workbook()
    for cells in (["Report of 2020"], [], ["Nr", "Art"], [7, "Licht"]):
        sheet.worksheets[0].append(cells)
    sheet.save(book)

    assert read(path, File(heading=3)) == ROWS
    assert [(row.line, row.values) for row in rows_of(book, File(heading=3))] == [
        (4, {"nr": "7", "art": "Licht"})
    ]


def test_blanks_beyond_the_heading_are_no_values(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text("a,b\n1,2,\n3,4,,\n", "utf-8")

    assert read(path) == [("1", "2"), ("3", "4")]


OPEN311 = [
    {"service_request_id": 638344, "status": "closed", "lat": 37.762221815, "address": None},
    {"service_request_id": 638349, "status": "open", "media": {"url": "https://example.org/1.jpg"}},
]
FLAT = [("638344", "closed", "37.762221815", ""), ("638349", "open", "https://example.org/1.jpg")]


@pytest.mark.capability("004.13")
@pytest.mark.parametrize(
    "written",
    [
        json.dumps(OPEN311),
        json.dumps(OPEN311, indent=2),
        "\n".join(map(json.dumps, OPEN311)),
        json.dumps({"service_requests": OPEN311}),
        json.dumps({"service_requests": OPEN311}, indent=2),
        "\ufeff" + json.dumps(OPEN311),
    ],
)
def test_open311_reads_as_it_is_served_and_as_lines(tmp_path: Path, written: str) -> None:
    path = tmp_path / "requests.json"
    path.write_text(written, "utf-8")

    assert read(path) == FLAT


def test_a_long_list_is_read_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    path.write_text(json.dumps([{"n": str(number), "text": "ä" * 999} for number in range(500)]), "utf-8")

    assert [values[0] for values in read(path)] == [str(number) for number in range(500)]


def test_rows_that_do_not_fit_the_heading_come_with_their_problem(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text('a,b\n1,2\n3\n4,5,6\n"7"8,9\n\n10,11\n', "utf-8")

    rows = list(rows_of(path, File()))

    assert [(row.line, bool(row.problem)) for row in rows] == [
        (2, False),
        (3, True),
        (4, True),
        (5, True),
        (7, False),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-20], "is damaged"),
        (b"\xd0\xcf\x11\xe0old", "before 2007"),
        (b'[{"a": 1}, {"a"', "breaks off after 1 requests"),
        (b'{"a": [1], "b": [2]}', "file.records"),
        (zipped({"a.csv": b"a", "b.csv": b"b"}), "holds a.csv, b.csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "requests"
    path.write_bytes(content)

    with pytest.raises(FileWrong, match=said):
        list(rows_of(path, File()))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileWrong, match="cannot be read: No such file"):
        list(rows_of(tmp_path / "gone.csv", File()))


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(f"a,b\n1,{'x' * 8_000_000}\n", "utf-8")

    with pytest.raises(FileWrong, match="line 2 is longer than 8,000,000 characters"):
        list(rows_of(path, File()))


def test_a_heading_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text("a," * 4_000_001, "utf-8")

    for heading in (1, 2):
        with pytest.raises(FileWrong, match="line 1 is longer than 8,000,000 characters"):
            list(rows_of(path, File(heading=heading)))


@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "docProps/app.xml"]
)
def test_a_workbook_is_refused_if_what_must_be_held_whole_is_too_long(
    tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_WHOLE", 20_000)
    path = tmp_path / "requests.xlsx"
    path.write_bytes(zipped({"xl/worksheets/sheet1.xml": b" " * 20_001, part: b" " * 20_001}))

    with pytest.raises(FileWrong, match=f"{part} of the workbook is too long to be read: save it as CSV"):
        list(rows_of(path, File()))


def test_the_sheets_of_a_workbook_are_read_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_WHOLE", 20_000)
    path = tmp_path / "requests.xlsx"
    book = openpyxl.Workbook()
    for number in range(1000):
        book.worksheets[0].append([number, number + 0.5])
    book.save(path)

    assert len(read(path)) == 999
