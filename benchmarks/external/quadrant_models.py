"""External models that predict for new users and items, trained with the given ratings."""

from __future__ import annotations

from external.installed_adapters import adapters
from penchant.data.splitting import Split
from penchant.evaluation.scoring.external_models import CatalogueInfo, ExternalModel

LIBRARIES = ("myfm", "cmfrec", "lightfm")
SEED = 0


def quadrant_models(joined: Split) -> list[ExternalModel]:
    """The models of every installed library, fitted once for all four quadrants.

    joined: a quadrant with its given ratings among the training rows, since these libraries are retrained where
    Penchant folds in. Models that only rank have predicts_ratings False; metrics.concordance evaluates them.
    """
    catalogue = CatalogueInfo.of(joined)
    models: list[ExternalModel] = [
        model for adapter in adapters(LIBRARIES) for model in adapter.cold_start_models(catalogue)
    ]
    for model in models:
        model.fit(joined.train, catalogue, seed=SEED)
    return models
