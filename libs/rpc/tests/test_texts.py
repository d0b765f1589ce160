"""Texts in two languages."""

from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.text import Text
from libs.rpc.texts import localized, text_of


def test_a_text_travels_and_comes_back() -> None:
    meals = Text(zh="助餐", en="Meals")

    assert localized(meals) == LocalizedText(zh="助餐", en="Meals")
    assert text_of(localized(meals)) == meals


def test_blanks_say_nothing() -> None:
    assert text_of(LocalizedText(zh="  ", en=" Meals ")) == Text(en="Meals")
    assert not Text(zh="  ")
    assert Text(zh="餐")
