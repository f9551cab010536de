"""The models that Spark can train, and their settings."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class SparkALSSettings(Settings):
    """Settings of both models. The regularization is weighted by each row's count, as in Zhou et al. 2008."""

    factors: int = setting(16, "the length of a user's or an item's vector", low=1, high=2048)
    epochs: int = setting(12, "passes that solve for all users and all items", low=1)
    blocks: int = setting(10, "number of blocks of users and of items; at least the cluster's cores", low=1)
    checkpoint_every: int = setting(5, "epochs between two checkpoints, -1 for none", low=-1)
    histories: bool = setting(True, "collect each user's rated items to the driver, so that lists can exclude them")


@dataclass(frozen=True)
class SparkAls(SparkALSSettings):
    """For ratings: damped biases first, then alternating least squares on the residuals."""

    regularization: float = setting(0.15, "weight of the squared vectors, times the row's number of ratings", above=0)
    user_damping: float = setting(5.0, "pseudo-count of average ratings that shrinks each user's bias", low=0)
    item_damping: float = setting(3.0, "pseudo-count of average ratings that shrinks each item's bias", low=0)
    bias_rounds: int = setting(2, "passes that estimate all item biases and all user biases", low=1)


@dataclass(frozen=True)
class SparkImplicitAls(SparkALSSettings):
    """For implicit feedback: a value gives the confidence that the user likes the item (Hu, Koren, Volinsky 2008)."""

    regularization: float = setting(0.05, "weight of the squared vectors, times the row's number of entries", above=0)
    alpha: float = setting(10.0, "confidence that a value of one adds", above=0)


MODELS: dict[str, type[SparkAls] | type[SparkImplicitAls]] = {"als": SparkAls, "implicit_als": SparkImplicitAls}
"""The models that MLlib trains, under the names of the local models."""

RATING_MODEL = "als"
"""The rating model that is trained if no model is named."""

DIVISION = ("blocks", "checkpoint_every")
"""The settings that say how the work is divided; they belong to every model, and with them alone no model is named."""
