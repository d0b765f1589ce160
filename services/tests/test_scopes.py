"""Every scope is explained in the contract, and every scope that is explained opens something."""

import re

from libs.testkit.contracts import every_service, syntax_comment
from libs.testkit.rpc import every_rpc, roles

EXPLAINED = set(
    re.findall(
        r"^ {3}([a-z]+(?:\.[a-z]+)?) {2,}\w", syntax_comment("linli/options/v1/access.proto"), re.MULTILINE
    )
)


def test_every_scope_that_an_rpc_asks_for_is_explained() -> None:
    asked = {
        scope for method in every_rpc(*every_service()) if method.access for scope in method.access.scopes
    }

    assert asked == EXPLAINED


def test_every_scope_that_a_role_gives_is_explained() -> None:
    assert set().union(*roles().values()) <= EXPLAINED
