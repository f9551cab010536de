"""What a request's work costs, in multiplications, known before it begins."""

from __future__ import annotations

from penchant.models.trained import TrainedModel
from penchant.recommending.elicitation import FEW, KNOWN, SAMPLES


def questions_cost(trained: TrainedModel, n: int) -> int:
    """The cost of choosing n items to ask about: each weighs every askable item in every sample that is used."""
    if trained.users.histories is not None:  # an item-item model, which asks about the most rated items
        return 0
    counts, users = trained.items.counts, len(trained.users)
    askable = min(max(int((counts >= KNOWN * users).sum()), FEW * n), len(counts))
    samples, width = min(SAMPLES, trained.samples), trained.users.factors + 1
    own_state = 0 if trained.scorer.linear else len(counts)  # such a scorer's slopes differ from user to user
    return samples * width**2 * (2 * n * askable + own_state)
