"""A property worked out at its first use and then kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 # used like `property`
    """As `functools.cached_property`, without the lock that all instances share there before Python 3.12.

    Use it where one thread at a time has the instance.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self._name = ""
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type | None = None) -> T:
        value = instance.__dict__[self._name] = self._work(instance)
        return value
