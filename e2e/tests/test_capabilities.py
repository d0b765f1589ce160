"""The table of capabilities: every code has its sentence, and the tests that show it."""

import pytest

from e2e.capabilities import capabilities, codes, shown_by, table

KNOWN = {"identity": {"001.1": "Doors open."}, "cases": {"002.1": "Doors close."}}


@pytest.mark.parametrize("number", [1])
def test_a_test_with_parameters_counts_once(number: int, request: pytest.FixtureRequest) -> None:
    test: pytest.Item = request.node
    test.add_marker(pytest.mark.capability("001.1", "002.1"))

    shown = shown_by([test] * (number + 1))

    assert set(shown) == {"001.1", "002.1"}
    assert [name.rpartition("::")[2] for name in shown["001.1"]] == [
        "test_a_test_with_parameters_counts_once"
    ]


def test_the_table_names_the_tests_of_each_code_and_the_codes_without_any() -> None:
    lines = list(table(KNOWN, {"001.1": ["test_a.py::test_b"]}))

    assert "  001.1   Doors open." in lines
    assert "          - test_a.py::test_b" in lines
    assert lines[-2:] == ["\n1 of 2 are shown by a test.", "Nothing shows 002.1."]


def test_no_code_has_two_sentences() -> None:
    known = capabilities()

    assert sum(map(len, known.values())) == len(codes(known))
    assert all(sentence.endswith(".") for part in known.values() for sentence in part.values())
