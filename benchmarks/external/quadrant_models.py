"""The libraries that have an answer for users and items they never met, trained with what these have given."""

from __future__ import annotations

from external.installed_adapters import adapters
from penchant.data.splitting import Split
from penchant.evaluation.scoring.external_models import CatalogueInfo, ExternalModel

LIBRARIES = ("myfm", "cmfrec", "lightfm")
SEED = 0


def quadrant_peers(joined: Split) -> list[ExternalModel]:
    """Every library at hand, fitted once for all four quadrants.

    joined: a quadrant whose given ratings are among the training rows, since these libraries are trained anew where
    Penchant folds in. Peers that only order have predicts_ratings False: ask metrics.concordance of them.
    """
    catalogue = CatalogueInfo.of(joined)
    peers: list[ExternalModel] = [peer for adapter in adapters(LIBRARIES) for peer in adapter.cold_start_models(catalogue)]
    for peer in peers:
        peer.fit(joined.train, catalogue, seed=SEED)
    return peers
