"""Letters as a PDF: read again by a reader that is not ours."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from libs.notify.letters import FontUnusable, Letter, Typesetter

SENDER = "Willow Street Office, 1 Willow Road, Shanghai"
ZH = Letter(
    number=1,
    address="陈梅\n上海市静安区南京西路1号\n3单元502室",
    date="2026年3月2日",
    opening=("陈梅：您好！", "自上次来信以来，您的诉求有以下进展："),
    parts=[
        (
            "您的诉求LL-17已处理，请您确认",
            "如您在2026年3月9日22:20（UTC+08:00）前未表示意见，诉求将自动办结。",
        )
    ],
    closing=("如无法登录，请来信。",),
)
EN = Letter(
    number=2,
    address="Mary Zoë O'Brien\n12 Willow Road",
    date="2 March 2026",
    opening=("Dear Mary,",),
    parts=[("Your report LL-18 was received", "We received your report on 2 March 2026, 22:20 (UTC+08:00).")],
    closing=("Write to us.",),
)


@pytest.fixture(scope="module")
def typesetter(letter_font: Path) -> Typesetter:
    return Typesetter(letter_font)


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without its line breaks."""
    return ["".join(page.extract_text().split("\n")) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_reader_finds_the_text_of_both_languages_each_on_pages_of_its_own(typesetter: Typesetter) -> None:
    pdf, written = typesetter.pdf([ZH, EN], sender=SENDER, batch="7")

    first, second = pages(pdf)
    for said in (SENDER, "陈梅", "上海市静安区南京西路1号", ZH.parts[0][0], ZH.parts[0][1], "7-1", "1/1"):
        assert said in first
    for said in (SENDER, "Mary Zoë O'Brien", EN.parts[0][0], "7-2"):
        assert said in second
    assert "陈梅" not in second
    assert [(each.first_page, each.last_page) for each in written] == [(1, 1), (2, 2)]


def test_the_font_is_in_the_file(typesetter: Typesetter) -> None:
    pdf, _ = typesetter.pdf([ZH], sender=SENDER, batch="7")

    fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]  # of a PDF's objects
    embedded = [font.get_object() for font in fonts.values() if "/ToUnicode" in font.get_object()]
    assert embedded
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)


def test_a_long_letter_goes_on_and_the_next_one_begins_a_page(typesetter: Typesetter) -> None:
    long = replace(ZH, parts=[(f"您的诉求LL-{nth}已登记", "我们收到您的诉求。" * 9) for nth in range(40)])

    pdf, written = typesetter.pdf([long, EN], sender=SENDER, batch="7")

    found = pages(pdf)
    assert all(f"您的诉求LL-{nth}已登记" in "".join(found) for nth in range(40))
    assert [each.first_page for each in written] == [1, len(found)]
    assert len(found) > 3
    assert f"2/{len(found) - 1}" in found[1]


@pytest.mark.parametrize(
    "address",
    ["梅\n" + "上海市静安区南京西路" * 30, "x" * 500, "\n".join(str(line) for line in range(60))],
    ids=["long", "one word", "many lines"],
)
def test_the_whole_of_an_address_shows_in_the_window(typesetter: Typesetter, address: str) -> None:
    pdf, _ = typesetter.pdf([replace(EN, address=address)], sender=SENDER, batch="7")

    places: list[float] = []

    def visit(text: str, _cm: object, matrix: list[float], *_: object) -> None:
        if text.strip():
            places.append(matrix[5])

    text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=visit)
    head, _, _ = text.partition("2 March 2026")
    assert "".join(address.split()) in "".join(head.split())
    window = [y for y in places if y > 842 - 105 * 2.8346]
    assert min(window) > 842 - 90 * 2.8346


def test_a_character_that_the_font_does_not_have_is_told(typesetter: Typesetter) -> None:
    _, [written] = typesetter.pdf([replace(EN, address="𠮷田")], sender=SENDER, batch="7")

    assert written.missing == "𠮷"


def test_no_line_begins_with_what_ends_a_sentence(typesetter: Typesetter) -> None:
    lines = typesetter.wrapped("我们收到您的诉求，" * 40, 10.5, 200)

    assert not any(line.startswith("，") for line in lines)
    assert len(lines) > 5


def test_the_same_letters_make_the_same_file(typesetter: Typesetter) -> None:
    first, again = (typesetter.pdf([ZH, EN], sender=SENDER, batch="7")[0] for _ in range(2))

    assert first == again


@pytest.mark.parametrize("font", [Path("/nowhere.ttf"), Path(__file__)])
def test_what_is_no_font_is_said_to_be_none(font: Path) -> None:
    with pytest.raises(FontUnusable, match="fonts-wqy-microhei"):
        Typesetter(font)
