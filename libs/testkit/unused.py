"""Code that nothing uses, as vulture finds it: a part of `make lint`, set up by `[tool.vulture]`.

Two kinds of names count as used though no Python reads them: the fields and enum members of the services
(and of tests), because the mapper, the views and the wire's tables go through them; and the rpcs of an
`...Api`, because the server finds them by the proto.
"""

import ast
import re
import sys

from vulture.config import make_config
from vulture.core import Vulture

_DATA = re.compile(
    r"services/\w+/(domain|application|adapters/views|adapters/case_rows)\b|libs/disclosure/view|/tests/"
)


class Unused(Vulture):  # type: ignore[misc]  # vulture ships no types
    """Vulture, except that it takes fields, enum members and rpcs as used."""

    def visit_ClassDef(self, node: ast.ClassDef) -> None:  # noqa: N802  # ast's name
        """Note what a class declares for others to go through."""
        super().visit_ClassDef(node)
        if _DATA.search(self.filename.as_posix()) and (node.decorator_list or node.bases):
            self.used_names.update(_declared(node))
        if node.name.endswith("Api"):
            self.used_names.update(each.name for each in node.body if isinstance(each, ast.FunctionDef))


def _declared(record: ast.ClassDef) -> set[str]:
    """The fields of a dataclass or TypedDict, the members of an enum."""
    targets = [
        target
        for each in record.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def main() -> int:
    """Print what is unused; answers vulture's exit status."""
    config = make_config()
    found = Unused(ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"])
    found.scavenge(config["paths"], exclude=config["exclude"])
    return int(found.report(min_confidence=config["min_confidence"]))


if __name__ == "__main__":
    sys.exit(main())
