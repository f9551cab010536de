"""The features that all external models get: one-hot ids, item labels such as genres, and release years."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy import sparse

from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.evaluation.scoring.labels import label_matrix

YEAR = re.compile(r"\((\d{4})")


def identities(trained: np.ndarray, n: int) -> Any:
    """One-hot columns of the numbers with training ratings, (n, known); rows of other numbers are empty."""
    known = np.unique(trained)
    return sparse.csr_matrix((np.ones(len(known)), (known, np.arange(len(known)))), shape=(n, len(known)))


def genres(catalogue: CatalogueInfo) -> Any:
    """A column for each label that two or more items share, (I, L)."""
    labels = label_matrix(catalogue.item_features)
    if labels is None:
        raise ValueError("these ratings have no item labels")
    return sparse.csr_matrix(labels.matrix.astype(np.float64))


def years(catalogue: CatalogueInfo) -> Any:
    """A column for each period of five years, and one for titles without a year, (I, bins)."""
    titles = catalogue.item_features.titles if catalogue.item_features else None
    found = [YEAR.search(title or "") for title in titles or ()]
    bins = np.array([int(year.group(1)) // 5 if year else 0 for year in found])
    kinds, at = np.unique(bins, return_inverse=True)
    return sparse.csr_matrix((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), len(kinds)))


def item_attributes(catalogue: CatalogueInfo) -> Any:
    """Genres and years as columns, (I, F), or None without item features."""
    if catalogue.item_features is None:
        return None
    return sparse.hstack([genres(catalogue), years(catalogue)], format="csr")
