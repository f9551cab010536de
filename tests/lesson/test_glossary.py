"""Every term of the lesson has two sentences, a link to code that runs, and a page that uses it.

A page of the guide ends with links to the terms that it uses.
"""

import re

import pytest

from pages import ROOT, blocks

DOCS = ROOT / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
GUIDE = {page: page.read_text(encoding="utf-8") for page in sorted((DOCS / "guide" / "lesson").glob("*.md"))}
TERMS = (
    "activation", "activation function", "Adagrad", "Adam", "AdamW", "adaptive", "annealing", "autograd",
    "backpropagation", "bias", "broadcasting", "chain rule", "collaborative filtering", "cosine similarity", "crosstab",
    "cycle", "derivative", "dot product", "dropout", "embedding", "epoch", "Euclidean distance", "Eve", "factor",
    "finite difference", "forward pass", "fully connected layer", "GPU", "gradient descent", "GRG", "Hessian",
    "hidden layer", "hyperparameter", "initialisation", "interpolation", "Jacobian", "latent factor", "learning rate",
    "learning-rate finder", "loss", "matrix factorisation", "mean squared error", "minibatch", "module", "momentum",
    "neural network", "Netflix prize", "one-hot encoding", "online gradient descent", "optimiser", "overfitting", "PCA",
    "probabilistic matrix factorisation", "regularisation", "RMSE", "RMSprop", "sigmoid", "stochastic gradient descent",
    "tensor", "underfitting", "validation rows", "weight decay",
)  # fmt: skip
TERMS_OF_A_PAGE = re.compile(r"^Terms: .*?(?=\n\n|\Z)", re.M | re.S)
ENTRY = re.compile(r"^\*\*(?P<term>[^*]+)\.\*\* (?P<text>[^→]+?)\s→\s\[[^\]]+\]\((?P<link>[^)]+)\)", re.M | re.S)


def entries():
    section = GLOSSARY.split("## Terms of the lesson")[1]
    return {one["term"]: one for one in ENTRY.finditer(section)}


def section_of(link):
    """The text below the heading that a link names, up to the next heading of the same or a higher level."""
    file, _, anchor = link.partition("#")
    text = (DOCS / file).read_text(encoding="utf-8")
    if not anchor:
        return text
    lines, depth, found = text.splitlines(), 0, []
    for line in lines:
        level = len(line) - len(line.lstrip("#")) if re.match(r"#+ ", line) else 0
        if depth and level and (level <= depth or depth == 1):
            break
        if level and not depth and slug(line) == anchor:
            depth = level
        if depth:
            found.append(line)
    return "\n".join(found)


def slug(heading):
    words = re.sub(r"[^\w\s-]", "", heading.lstrip("# ").lower())
    return re.sub(r"\s", "-", words.strip())


def test_the_list_is_complete_and_in_order():
    found = list(entries())
    assert found == sorted(TERMS, key=str.lower)
    assert len(found) >= 51


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_two_sentences_a_running_example_and_a_page_that_uses_it(term):
    entry = entries()[term]
    assert len(re.findall(r"[.!?](?=\s|$)", entry["text"])) == 2
    assert any(block.kind in ("python", "sh run") for block in blocks(section_of(entry["link"])))
    assert any(term in used(text) for text in GUIDE.values()), f"no page of the guide uses {term!r}"


def used(text):
    """The terms that a page's sentences use, in order; a capital in a term is one in the text."""
    prose = TERMS_OF_A_PAGE.sub("", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return [term for term in TERMS if _pattern(term).search(prose)]


def _pattern(term):
    words = r"\s+".join(map(re.escape, term.split()))
    return re.compile(rf"\b{words}s?\b", 0 if term[0].isupper() else re.IGNORECASE)


@pytest.mark.parametrize("page", [page for page in GUIDE if page.name != "README.md"], ids=lambda page: page.stem)
def test_a_page_links_every_term_that_it_uses(page):
    line = TERMS_OF_A_PAGE.search(GUIDE[page])
    linked = re.findall(r"\[([^\]]+)\]\(\.\./\.\./glossary\.md#([\w-]+)\)", line[0] if line else "")
    assert [term for term, _ in linked] == used(GUIDE[page])
    for term, anchor in linked:
        assert f'<a id="{anchor}"></a>\n**{term}.**' in GLOSSARY
