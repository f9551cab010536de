"""The libraries that have an answer for users and items they never met, trained with what these have given."""

from __future__ import annotations

from peers.installed import adapters
from penchant.data.splitting import Split
from penchant.evaluation.scoring.external_models import Catalogue, Peer

LIBRARIES = ("myfm", "cmfrec", "lightfm")
SEED = 0


def quadrant_peers(joined: Split) -> list[Peer]:
    """Every library at hand, fitted once for all four quadrants.

    joined: a quadrant whose given ratings are among the training rows, since these libraries are trained anew where
    Penchant folds in. Peers that only order have predicts_ratings False: ask metrics.concordance of them.
    """
    catalogue = Catalogue.of(joined)
    peers: list[Peer] = [peer for adapter in adapters(LIBRARIES) for peer in adapter.for_newcomers(catalogue)]
    for peer in peers:
        peer.fit(joined.train, catalogue, seed=SEED)
    return peers
