"""The settings of factorizing on Spark."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class SparkALSSettings(Settings):
    """What both ways have in common. The regularization is weighted by each row's count, as Zhou et al. 2008 do."""

    factors: int = setting(16, "the length of a user's or an item's vector", low=1, high=2048)
    epochs: int = setting(12, "how often users and items are solved in turn", low=1)
    blocks: int = setting(10, "into how many blocks users and items are cut; more than the cluster's cores", low=1)
    checkpoint_every: int = setting(5, "epochs between two checkpoints, -1 for none", low=-1)
    histories: bool = setting(True, "bring what each user rated to the driver, so that lists can leave it out")


@dataclass(frozen=True)
class SparkAls(SparkALSSettings):
    """Ratings: damped biases first, then alternating least squares on what they leave unexplained."""

    regularization: float = setting(0.15, "the weight of the squared vectors for each of a row's ratings", above=0)
    user_damping: float = setting(5.0, "how many average ratings each user's bias is mixed with", low=0)
    item_damping: float = setting(3.0, "how many average ratings each item's bias is mixed with", low=0)
    bias_rounds: int = setting(2, "how often the biases of items and users are computed in turn", low=1)


@dataclass(frozen=True)
class SparkImplicitAls(SparkALSSettings):
    """Preferences: a rating says how sure one is that the user likes the item (Hu, Koren and Volinsky 2008)."""

    regularization: float = setting(0.05, "the weight of the squared vectors for each of a row's entries", above=0)
    alpha: float = setting(10.0, "how much a rating of one adds to the confidence", above=0)


MODELS: dict[str, type[SparkAls] | type[SparkImplicitAls]] = {"als": SparkAls, "implicit_als": SparkImplicitAls}
"""What can be trained on Spark, by the names that the local ways have."""
