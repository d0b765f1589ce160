"""The published schema is that of the types."""

import pytest
from jsonschema import Draft202012Validator

from services.command.community.schema import FILE, schema, written


@pytest.mark.capability("004.8")
def test_the_committed_schema_is_that_of_the_types() -> None:
    assert FILE.read_text("utf-8") == written(), "python -m services.command.community.schema writes it anew"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
