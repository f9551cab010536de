"""The import graph has no cycle, a name means one thing, and scorers and priors answer for themselves."""

from __future__ import annotations

import ast
from collections import defaultdict

from project.package import classes, cycles, imports, modules, type_tests

SHARED_CLASSES = {
    "EmbeddingDot": "the lesson's torch module shows what the model's rows do",
    "EmbeddingDotBias": "the lesson's torch module shows what the model's rows do",
    "EmbeddingNet": "the lesson's torch module shows what the model's rows do",
}
SHARED_MODULES = {
    "baseline": "the model and its training",
    "compare": "the function and its command",
    "comparison": "the folder and its main class",
    "dot": "the scorer and its training",
    "evaluate": "the function and its command",
    "evaluation": "the package and its twin on Spark",
    "events": "of the training loop; of users, as the service's routes and their tables",
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


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert cycles(imports(modules())) == []


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
    assert {name: where for name, where in found.items() if name not in SHARED_CLASSES} == {}
    assert SHARED_CLASSES.keys() - found.keys() == set(), "these mean one thing now: take them off"


def test_a_module_name_means_one_thing() -> None:
    found = doubled({name: [name.rpartition(".")[2]] for name in modules()})
    assert {name: where for name, where in found.items() if name not in SHARED_MODULES} == {}
    stale = SHARED_MODULES.keys() - found.keys()
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
