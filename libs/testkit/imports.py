"""Two import contracts that import-linter does not bring: who may import little, and what few may import.

They are named in `[tool.importlinter]` of pyproject.toml and run by `lint-imports`. Tests are free.
"""

import fnmatch
import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_Import = tuple[str, str]


def _is_test(module: str) -> bool:
    return ".tests" in module


def _matches(module: str, patterns: set[str]) -> bool:
    """Whether a module is one of the patterns (`services.*.domain`) or lies inside of one."""
    return any(fnmatch.fnmatchcase(module, p) or fnmatch.fnmatchcase(module, f"{p}.*") for p in patterns)


def _room(module: str, patterns: set[str]) -> str:
    """The package that a pattern names and that holds the module."""
    steps = module.split(".")
    prefixes = (".".join(steps[:length]) for length in range(1, len(steps) + 1))
    return next(prefix for prefix in prefixes if any(fnmatch.fnmatchcase(prefix, p) for p in patterns))


def _result(broken: set[_Import]) -> ContractCheck:
    return ContractCheck(kept=not broken, metadata={"broken": sorted(broken)})


def _print(check: ContractCheck, sentence: str) -> None:
    for importer, imported in check.metadata["broken"]:
        output.print_error(f"{importer} imports {imported}: {sentence}", bold=False)


class ImportsOnly(Contract):
    """Modules that import nothing but the standard library, themselves and what is allowed."""

    type_name = "imports_only"
    modules = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # asked for by import-linter
        """Look at each direct import of the modules."""
        modules, allowed = set(self.modules), set(self.allowed)  # type: ignore[call-overload]  # fields are descriptors
        broken: set[_Import] = set()
        for module in graph.modules:
            if not _matches(module, modules) or _is_test(module):
                continue
            own = _room(module, modules)
            for imported in graph.find_modules_directly_imported_by(module):
                fine = imported.split(".")[0] in sys.stdlib_module_names or _matches(
                    imported, allowed | {own}
                )
                if not fine:
                    broken.add((module, imported))
        return _result(broken)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import."""
        _print(check, "only the standard library and what the contract allows")


class ImportedOnlyBy(Contract):
    """Packages that only a few modules import."""

    type_name = "imported_only_by"
    packages = fields.SetField(subfield=fields.StringField())
    importers = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # asked for by import-linter
        """Look at who imports the packages directly."""
        packages, importers = set(self.packages), set(self.importers)  # type: ignore[call-overload]  # fields are descriptors
        broken: set[_Import] = set()
        for package in graph.modules:
            if not _matches(package, packages):
                continue
            for importer in graph.find_modules_that_directly_import(package):
                if not _is_test(importer) and not _matches(importer, importers | packages):
                    broken.add((importer, package))
        return _result(broken)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import."""
        _print(check, "this package is for the few modules that the contract names")
