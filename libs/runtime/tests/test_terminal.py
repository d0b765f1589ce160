"""What is said at a terminal arrives, whatever its encoding."""

import io

import pytest

from libs.runtime.host.terminal import lossless


@pytest.mark.parametrize(
    ("encoding", "errors", "arrives"),
    [
        ("utf-8", "strict", "街🌳".encode() + b"\xe6\n"),
        ("gbk", "strict", "街".encode("gbk") + b"\\U0001f333\xe6\n"),
        ("ascii", "strict", b"\\u8857\\U0001f333\xe6\n"),
        ("ascii", "surrogateescape", b"\\u8857\\U0001f333\xe6\n"),
        ("ascii", "replace", b"???\n"),
    ],
)
def test_what_an_encoding_lacks_is_escaped_and_bytes_of_file_names_stay(
    encoding: str, errors: str, arrives: bytes
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, errors=errors)

    lossless(stream)
    stream.write("街🌳\udce6\n")
    stream.flush()

    assert written.getvalue() == arrives
