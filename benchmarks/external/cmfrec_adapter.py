"""cmfrec: collective matrix factorization of ratings and item attributes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse

from external.item_attributes import item_attributes
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.foundations.threads import limit_blas


class CMFAdapter:
    """The collective model, or the offsets model, in which an item's vector is an offset from a map of its attributes.

    offsets: whether it is the offsets model. shared: whether all users share one attribute. Through it a user without
    ratings gets the mean user vector; without it such a user has no vector, and item attributes have no effect.
    settings: cmfrec's own; the six lambdas are for user biases, item biases, users, items, user attributes and item
    attributes.
    """

    predicts_ratings, ranks = True, False

    def __init__(self, label: str = "cmfrec", *, offsets: bool = False, shared: bool = False, **settings: Any) -> None:
        self.label, self.offsets, self.shared, self.settings = label, offsets, shared, settings

    def identity(self) -> Mapping[str, Any]:
        return {
            "library": "cmfrec",
            "version": version("cmfrec"),
            "offsets": self.offsets,
            "shared": self.shared,
            "settings": self.settings,
        }

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        import cmfrec

        known = np.unique(train.user_numbers)
        # All users without a rating share one row, after the others. The collective model is fitted without this row,
        # because it gives a user with an empty row a bias of one. The offsets model predicts only for fitted rows.
        self.rows = np.full(catalogue.n_users, len(known))
        self.rows[known] = np.arange(len(known))
        shape = (len(known) + self.offsets, catalogue.n_items)
        cells = self.rows[train.user_numbers], train.item_numbers
        table = sparse.coo_matrix((train.values.astype(np.float64), cells), shape=shape)
        attributes = item_attributes(catalogue)
        self.model = self._kind(cmfrec)(**self._settings(), nthreads=1, random_state=seed)
        with limit_blas(1):
            self.model.fit(
                table,
                U=np.ones((len(known) + 1, 1)) if self.shared else None,
                I=None if attributes is None else attributes.toarray(),
            )

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.model.predict(self.rows[users], items)

    def _kind(self, cmfrec: Any) -> Any:
        return cmfrec.OMF_explicit if self.offsets else cmfrec.CMF

    def _settings(self) -> dict[str, Any]:
        lambdas = np.asarray(self.settings.get("lambda_", 10.0))
        return {**self.settings, "lambda_": lambdas if lambdas.ndim else float(lambdas)}


def cold_start_models(catalogue: CatalogueInfo) -> list[CMFAdapter]:
    """Both models, with settings tuned on four quadrant splits of the training rows of ml-latest-small."""
    return [
        CMFAdapter(
            "cmfrec CMF", shared=True,
            k=40, lambda_=[0.094, 0.08, 0.175, 0.175, 0.193, 0.193], scale_lam=True, scale_lam_sideinfo=True,
            w_user=0.26, w_item=17.0, center_U=False, add_implicit_features=True, w_implicit=1.74, use_cg=False,
        ),
        CMFAdapter(
            "cmfrec offsets", offsets=True, shared=True,
            k=40, k_main=10, lambda_=[2.9, 6.1, 14.5, 14.5, 17.8, 17.8], w_item=0.52, w_user=0.2, maxiter=30,
        ),
    ]  # fmt: skip
