"""The settings of "bayes"."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class BayesSettings(Settings):
    """Bayesian matrix factorisation; the defaults are meant to be left alone."""

    factors: int = setting(16, "numbers in a user's and an item's vector", low=1, high=512)
    samples: int = setting(60, "samples kept in each chain; predictions are their mean", low=1)
    thin: int = setting(2, "sweeps from one kept draw to the next", low=1)
    burn_in: int = setting(40, "sweeps of each chain before the first kept draw", low=0)
    chains: int = setting(1, "independent chains; two or more show whether they agree", low=1)
    use_features: bool = setting(True, "learn a map from the features of users and items, where there are any")
    history: bool = setting(True, "let who rated what, apart from how, shift the prior of users and items (SVD++)")
    rank: int = setting(300, "directions kept of a wide feature or history matrix", low=1)
    temporal_bias: bool = setting(
        False, "let a user's ratings lean together within a day, ten minutes, a minute, ten seconds"
    )
    user_noise: bool = setting(True, "give every user a noise of their own (with the identity link)")
    link: str = setting("identity", "how a score becomes a rating", choices=("identity", "ordered_probit"))
