"""How many examples a property is tried with: a few in every run, many with `--thorough`."""

from typing import Any

from hypothesis import settings

MANY = 20
"""How many times more examples a thorough run tries."""

_USUAL = 50
_state = {"times": 1}


def configure(*, thorough: bool) -> None:
    """Choose for this run, before the tests are imported."""
    _state["times"] = MANY if thorough else 1
    # a slow machine is no counterexample: pytest's own timeout catches what hangs
    settings.register_profile(
        "patient", deadline=None, print_blob=True, max_examples=_USUAL * _state["times"]
    )
    settings.load_profile("patient")


def examples(many: int, **about: Any) -> settings:
    """`@examples(60)`: so many in every run, and 20 times as many in a thorough one."""
    return settings(max_examples=many * _state["times"], **about)
