"""The import graph has no cycle, a name means one thing, and scorers and priors answer for themselves."""

from __future__ import annotations

import ast
from collections import defaultdict

from project.package import classes, cycles, imports, modules, type_tests

CYCLES_LEFT = {
    "penchant.data.feature_encoding", "penchant.data.features",
    "penchant.data.feature_join", "penchant.data.ratings", "penchant.data.reading", "penchant.data.table_conversion",
    "penchant", "penchant.evaluation.scoring.protocol", "penchant.evaluation.report.report",
    "penchant.evaluation.report.html", "penchant.evaluation.comparison.comparison_html",
    "penchant.evaluation.report.evaluate", "penchant.evaluation.comparison.compare",
    "penchant.evaluation.comparison.comparison",
}  # fmt: skip
"""Modules that are still in a cycle. No line is ever added; a module that has left its cycle leaves the list."""

SHARED_CLASSES = {
    "EmbeddingDot": "the lesson's torch module shows what the model's rows do",
    "EmbeddingDotBias": "the lesson's torch module shows what the model's rows do",
    "EmbeddingNet": "the lesson's torch module shows what the model's rows do",
}
CLASSES_LEFT = {"Comparison", "ItemMap", "Line", "Pull"}
"""Class names that still mean two things. No line is ever added."""

SHARED_MODULES = {
    "baseline": "the model and its training",
    "compare": "the function and its command",
    "comparison": "the folder and its main class",
    "dot": "the scorer and its training",
    "evaluate": "the function and its command",
    "evaluation": "the package and its twin on Spark",
    "fold_in": "the function and its command",
    "items": "the service's routes and their table",
    "lesson": "the package and its command",
    "losses": "the lesson's view of the trainer's losses",
    "metrics": "metrics of models; the service's are Prometheus metrics, the standard name",
    "models": "the package and its command",
    "net": "the scorer and its training",
    "optimizers": "the lesson's view of the trainer's optimizers",
    "ratings": "the ratings and their table in the service",
    "report": "the folder and its main class",
    "routes": "of the API and of the page",
    "saving": "of a trained model, and of the recommender around it",
    "service": "the package and its main class",
    "settings": "each part has its own",
    "training": "the package and its twin on Spark",
}
MODULES_LEFT = {"protocol", "rendering"}
"""Module names that still mean two things. No line is ever added."""


def test_no_module_imports_itself_by_way_of_others() -> None:
    found = cycles(imports(modules()))
    assert not [sorted(group) for group in found if not group <= CYCLES_LEFT]
    assert not CYCLES_LEFT.difference(*found), "these are in no cycle now: take them off CYCLES_LEFT"


def test_imports_of_all_kinds_are_found_and_a_cycle_of_them() -> None:
    head = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.b"
    inner = "def f():\n    from p import c"
    trees = {"p": "", "p.a": head, "p.b": inner, "p.c": "from p.a import A", "p.d": "import p.a\nfrom p import x"}
    graph = imports({name: ast.parse(code) for name, code in trees.items()})
    assert graph == {"p": set(), "p.a": {"p.b"}, "p.b": {"p.c"}, "p.c": {"p.a"}, "p.d": {"p.a", "p"}}
    assert cycles(graph) == [{"p.a", "p.b", "p.c"}]


def doubled(names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Names with the modules that hold them, where they are two or more."""
    where = defaultdict(list)
    for module, held in names.items():
        for name in held:
            where[name].append(module)
    return {name: found for name, found in where.items() if len(found) > 1}


def test_a_class_name_means_one_thing() -> None:
    found = doubled({name: classes(tree) for name, tree in modules().items()})
    assert {name: where for name, where in found.items() if name not in CLASSES_LEFT | SHARED_CLASSES.keys()} == {}
    assert (CLASSES_LEFT | SHARED_CLASSES.keys()) - found.keys() == set(), "these mean one thing now: take them off"


def test_a_module_name_means_one_thing() -> None:
    found = doubled({name: [name.rpartition(".")[2]] for name in modules()})
    assert {name: where for name, where in found.items() if name not in MODULES_LEFT | SHARED_MODULES.keys()} == {}
    stale = (MODULES_LEFT | SHARED_MODULES.keys()) - found.keys()
    assert stale == set(), "these mean one thing now: take them off"


PARTS = ("penchant.models.scorers", "penchant.models.priors")


def test_scorers_and_priors_answer_for_themselves() -> None:
    """Outside their folders nothing asks of what class a scorer or a prior is."""
    parts = {name for module, tree in modules().items() if module.startswith(PARTS) for name in classes(tree)}
    asking = {name: type_tests(tree, parts) for name, tree in modules().items() if not name.startswith(PARTS)}
    assert {name: lines for name, lines in asking.items() if lines} == {}


def test_type_tests_are_found() -> None:
    code = "isinstance(a, Dot)\nisinstance(a, Net | None)\nisinstance(a, (int, m.Dot))\nisinstance(a, int)\nDot(a)"
    assert type_tests(ast.parse(code), {"Dot", "Net"}) == [1, 2, 3]
