"""Whatever people are shown by its value's name has a name in both languages."""

import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor
from linli.cases.v1 import cases_types_pb2
from linli.options.v1 import labels_pb2

from libs.ledger.text import Text
from libs.rpc.labels import label_of
from libs.testkit.contracts import every_service


def enums() -> list[EnumDescriptor]:
    """The enums of all services; those of options are for programs."""
    files: dict[str, FileDescriptor] = {}
    for service in every_service():
        files.update((file.name, file) for file in _with_imports(service.file))
    found = [enum for file in files.values() for enum in file.enum_types_by_name.values()]
    return [enum for enum in found if re.match(r"linli\.(?!options)", enum.full_name)]


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    yield file
    for each in file.dependencies:
        yield from _with_imports(each)


@pytest.mark.parametrize("enum", enums(), ids=lambda enum: enum.full_name)
def test_every_value_has_a_label_in_both_languages(enum: EnumDescriptor) -> None:
    labels = {
        value.name: value.GetOptions().Extensions[labels_pb2.label] for value in enum.values if value.number
    }

    assert [name for name, label in labels.items() if not (re.search("[一-鿿]", label.zh) and label.en)] == []
    assert len({label.zh for label in labels.values()}) == len(labels)
    assert len({label.en for label in labels.values()}) == len(labels)


def test_a_value_that_only_a_newer_release_knows_has_no_label_here() -> None:
    assert label_of(cases_types_pb2.CaseState, cases_types_pb2.CASE_STATE_CLOSED) == Text(
        zh="已办结", en="Closed"
    )
    assert not label_of(cases_types_pb2.CaseState, 99)
