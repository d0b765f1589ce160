"""The import contracts find what they are there to find."""

from grimp import ImportGraph

from libs.testkit.imports import ImportedOnlyBy, ImportsOnly


def _graph(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for importer, imported in imports:
        for module in (importer, imported):
            graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)
    return graph


def _only(graph: ImportGraph) -> list[tuple[str, str]]:
    options = {"modules": ["services.*.domain"], "allowed": ["libs.ledger.decider"]}
    contract = ImportsOnly(name="domain", session_options={}, contract_options=options)
    broken: list[tuple[str, str]] = contract.check(graph, verbose=False).metadata["broken"]
    return broken


def test_a_domain_may_import_the_standard_library_itself_and_what_is_allowed() -> None:
    graph = _graph(
        ("services.cases.domain.case", "datetime"),
        ("services.cases.domain.case", "services.cases.domain.events"),
        ("services.cases.domain.case", "libs.ledger.decider"),
        ("services.cases.tests.domain.test_case", "pytest"),
    )

    assert _only(graph) == []


def test_a_domain_may_import_nothing_else() -> None:
    graph = _graph(
        ("services.cases.domain.case", "msgspec"),
        ("services.cases.domain.case", "services.cases.application.app"),
        ("services.cases.domain.case", "services.catalog.domain.affair"),
    )

    assert [imported for _, imported in _only(graph)] == [
        "msgspec",
        "services.cases.application.app",
        "services.catalog.domain.affair",
    ]


def test_a_package_for_few_is_found_where_it_should_not_be() -> None:
    graph = _graph(
        ("services.cases.entrypoints.worker", "nameko"),
        ("services.cases.wiring", "nameko"),
        ("services.cases.tests.test_worker", "nameko"),
    )
    options = {"packages": ["nameko"], "importers": ["services.*.entrypoints.worker"]}

    check = ImportedOnlyBy(name="nameko", session_options={}, contract_options=options).check(
        graph, verbose=False
    )

    assert check.metadata["broken"] == [("services.cases.wiring", "nameko")]
