"""Small made ratings for the lesson's tests."""

import numpy as np

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary


def ratings_of(values, *, users=None, items=None, titles=None) -> Ratings:
    """Ratings from a (U, I) table with NaN for blanks."""
    values = np.asarray(values, dtype=np.float32)
    rows, columns = np.nonzero(~np.isnan(values))
    features = FeatureTable({}, {}, titles) if titles is not None else None
    return Ratings(
        rows.astype(np.int32), columns.astype(np.int32), values[rows, columns],
        Vocabulary(users if users is not None else list(range(values.shape[0]))),
        Vocabulary(items if items is not None else list(range(values.shape[1]))),
        Scale(1.0, 5.0), item_features=features,
    )  # fmt: skip
