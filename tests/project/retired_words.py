"""Words that the project does not use, with their replacements; `python tests/project/retired_words.py` counts.

A word is matched whole, in any case, in prose and as a part of a snake_case name. Where a word has a second meaning
that is fine, the pattern says which one is meant, or EXEMPT names the paths.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = ("src", "tests", "docs", "benchmarks", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
KINDS = (".py", ".md", ".html", ".j2", ".js", ".css", ".json")

WORDS = {
    # names
    r"debuts?|by_features": "cold-start offset",
    r"arrivals?|arrival_of": "ItemState, fold_in_item",
    r"newcomers?|by_newcomers|for_newcomers": "new (cold-start) user or item",
    r"visitors?": "UserState; new user (a visitor is only who opens the page of the service)",
    r"unmet|never[\s_]met": "unknown",
    r"stakes": "preference elicitation",
    r"tangents?": "Linearization",
    r"half-steps?": "row update",
    r"occasions?|stretches": "temporal bias",
    r"wish(es|ed)?": "positive interaction, request",
    r"steadiness": "user noise precision",
    r"roads?": "backend",
    r"crews?": "ThreadTeam",
    r"carry_out|carried_out": "fit",
    r"contestants?": "scorer",
    r"recipes?": "model spec",
    r"verdicts?": "overfitting summary",
    r"faulty[\s_]rows?": "invalid rows",
    r"side[\s_]columns?": "features",
    r"made_pairs": "synthetic pairs",
    r"row_checks": "row validation",
    r"start_scale|start_spread": "init_std",
    r"sweeps=|[\"']sweeps[\"']": "epochs (a sweep of a Gibbs sampler is the field's own word)",
    r"atlas": "item map",
    # prose
    r"foretell\w*|foretold": "predict",
    r"reckon\w*": "estimate, compute",
    r"told": "given",
    r"somebody|anybody|nobody": "a user, no user",
    r"whatever": "any",
    r"hardly": "rarely",
    r"lest": "so that … not",
    r"as they come": "in their order",
    r"by heart": "memorized",
    r"stands? beside": "is next to",
    r"gives? way to": "is replaced by",
    r"speaks? of": "describes",
    r"spared?|spares": "not applied to",
}
CLASSES = (
    "Answer", "Arrival", "Atlas", "Choices", "Crew", "Debut", "Entry", "Frame", "Gate", "Holder", "Lately", "Learnt",
    "Line", "Live", "Naive", "People", "Person", "Plan", "Question", "Recipe", "Shelf", "Stakes", "Tangent", "Visitor",
    "Way",
)  # fmt: skip
MODULES = (
    "added", "attaching", "batches", "calling", "cells", "collecting", "contestants", "debut", "faulty_rows",
    "finishing", "identifying", "joined", "lanes", "made_pairs", "matching", "measuring", "merging", "newcomers",
    "occasions", "over_time", "prefetching", "prepared", "row_checks", "scattered", "side_columns", "stakes", "start",
    "steadiness", "titles", "two_roads", "visiting", "visitor",
)  # fmt: skip
SPACE = r"\s+"  # also where a line ends
PATTERNS = {
    re.compile(rf"(?<![A-Za-z])(?:{word.replace(' ', SPACE)})(?![A-Za-z])", re.IGNORECASE): instead
    for word, instead in WORDS.items()
}

EXEMPT = (
    # path, words, why
    ("tests/project/retired_words.py", "*", "the list itself"),
    ("tests/project/test_words.py", "*", "tests of the list"),
    ("src/penchant/service/*", "visitor*", "who opens the page of the service, by a cookie"),
    ("tests/service/*", "visitor*", "who opens the page of the service, by a cookie"),
    ("src/penchant/client/*", "visitor*", "who opens the page of the service, by a cookie"),
    ("docs/guide/service*", "visitor*", "who opens the page of the service, by a cookie"),
    ("docs/guide/serving.md", "visitor*", "who opens the page of the service, by a cookie"),
    ("docs/decisions/010-the-service.md", "visitor*", "who opens the page of the service, by a cookie"),
    ("docs/gallery/04_postgresql.py", "visitor*", "who opens the page of the service, by a cookie"),
    ("benchmarks/benchmark_figures.py", "*sweeps*", "a key of result files"),
    ("docs/guide/cold_start.md", "road", "the title of a film: Road Games"),
    ("docs/guide/cold_start.md", "wish", "the title of a film: Death Wish"),
)


def files_of(place: Path) -> Iterator[Path]:
    """The text files of a folder that the project writes itself."""
    if place.is_file():
        yield place
    for path in sorted(place.rglob("*")):
        if path.suffix in KINDS and "shipped" not in path.parts and "results" not in path.parts:
            yield path


def hits(path: Path, text: str) -> list[tuple[int, str, str]]:
    """Line, word and replacement of each hit, without those that are exempt for the path (relative to the root)."""
    exempt = [word for place, word, _ in EXEMPT if fnmatch(path.as_posix(), place)]
    return [
        (text.count("\n", 0, match.start()) + 1, match.group(), instead)
        for pattern, instead in PATTERNS.items()
        for match in pattern.finditer(text)
        if not any(fnmatch(match.group().lower(), word) for word in exempt)
    ]


def hits_in(place: str) -> list[str]:
    """One line for each hit in a folder or a file, its path relative to the root."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {word!r}; write: {instead}"
        for path in files_of(ROOT / place)
        for line, word, instead in hits(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    ]


def main() -> None:
    """Print the hits of the named places, or their number for each folder of the tree."""
    if len(sys.argv) > 1:
        sys.stdout.writelines(line + "\n" for place in sys.argv[1:] for line in hits_in(place))
        return
    folders: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for place in PLACES:
        for line in hits_in(place):
            folders[str(Path(line.partition(":")[0]).parent)] += 1
            words[line.split("'")[1].lower()] += 1
    for found in (folders, words):
        sys.stdout.write("  ".join(f"{name} {count}" for name, count in sorted(found.items())) + "\n\n")


if __name__ == "__main__":
    main()
