"""What every peer is told of users and items beside the ratings: who they are, and an item's genres and years."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy import sparse

from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.evaluation.scoring.labels import label_matrix

YEAR = re.compile(r"\((\d{4})")


def identities(trained: np.ndarray, n: int) -> Any:
    """A column for each number that has a training rating, (n, numbers met); rows of the others are empty."""
    known = np.unique(trained)
    return sparse.csr_matrix((np.ones(len(known)), (known, np.arange(len(known)))), shape=(n, len(known)))


def genres(catalogue: CatalogueInfo) -> Any:
    """A column for each label that two or more items share, (I, L)."""
    labels = label_matrix(catalogue.item_features)
    if labels is None:
        raise ValueError("these ratings have no item labels")
    return sparse.csr_matrix(labels.matrix.astype(np.float64))


def years(catalogue: CatalogueInfo) -> Any:
    """A column for each five years, and one for titles without a year, (I, bins)."""
    titles = catalogue.item_features.titles if catalogue.item_features else None
    found = [YEAR.search(title or "") for title in titles or ()]
    bins = np.array([int(year.group(1)) // 5 if year else 0 for year in found])
    kinds, at = np.unique(bins, return_inverse=True)
    return sparse.csr_matrix((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), len(kinds)))


def described(catalogue: CatalogueInfo) -> Any:
    """Genres and years side by side, (I, F), or None where nothing is known of the items."""
    if catalogue.item_features is None:
        return None
    return sparse.hstack([genres(catalogue), years(catalogue)], format="csr")
