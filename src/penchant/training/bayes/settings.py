"""The settings of "bayes"."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class BayesSettings(Settings):
    """Bayesian matrix factorisation. The defaults suit most data."""

    factors: int | None = setting(
        None, "numbers in a user's and an item's vector (K); none: by the number of ratings", low=1, high=512
    )
    samples: int = setting(60, "samples kept in each chain; predictions are their mean", low=1)
    thin: int | None = setting(None, "sweeps from one kept sample to the next; none: by the size of the table", low=1)
    burn_in: int = setting(40, "sweeps of each chain before the first kept sample", low=0)
    budget: float | None = setting(
        None, "seconds after which sampling stops, with the samples it has; none: no limit", above=0.0
    )
    chains: int = setting(1, "independent chains; two or more allow a convergence check", low=1)
    use_features: bool = setting(True, "learn the effect of user and item features on the prior, if there are any")
    history: bool = setting(True, "learn the effect of who rated which items, without the ratings (SVD++)")
    rank: int = setting(300, "singular directions kept of a wide feature or history matrix", low=1)
    temporal_bias: bool = setting(
        False, "learn biases that a user's ratings share within a day, ten minutes, a minute, ten seconds"
    )
    user_noise: bool = setting(True, "learn a noise precision for each user (with the identity link)")
    link: str = setting("identity", "how a score becomes a rating", choices=("identity", "ordered_probit"))
