"""Texts in two languages on the wire and in the domain. Workers use it, too: it needs no grpc."""

from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.text import Text


def localized(text: Text) -> LocalizedText:
    """A text as it travels."""
    return LocalizedText(zh=text.zh, en=text.en)


def text_of(given: LocalizedText) -> Text:
    """A text as it was given, without the blanks around it."""
    return Text(zh=given.zh.strip(), en=given.en.strip())
