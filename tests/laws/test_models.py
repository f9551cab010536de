"""The models that have joined the laws."""

from __future__ import annotations

from laws.laws import ModelLaws, RecommenderLaws
from laws.small_world import small_world
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.recommender import Recommender
from penchant.training import registry
from penchant.training.registry import MODELS


class TestBaseline(ModelLaws):
    name, seeded = "baseline", False
    agreement = 1e-5


class TestDot(ModelLaws):
    name, settings = "dot", {"factors": 4, "epochs": 10}
    agreement = 0.15


class TestDotBias(ModelLaws):
    name, settings = "dot_bias", {"factors": 4, "epochs": 10}
    agreement = 0.15


class TestNet(ModelLaws):
    name, settings = "net", {"factors": 4, "epochs": 10}
    agreement = 0.15


class TestBayes(ModelLaws):
    name, settings = "bayes", {"factors": 4, "samples": 12, "burn_in": 20, "thin": 2}
    agreement = 0.02


class TestALS(ModelLaws):
    name, settings = "als", {"factors": 4}
    agreement = 1e-5


class TestImplicitALS(ModelLaws):
    name, settings = "implicit_als", {"factors": 4, "positive_from": 3.5}
    agreement = 1e-5


class TestEASE(ModelLaws):
    name, settings, seeded = "ease", {"positive_from": 3.5, "regularization": 5.0}, False
    agreement = 1e-5


class TestSparseEASE(ModelLaws):
    name, settings, seeded = "sparse_ease", {"positive_from": 3.5, "regularization": 5.0}, False
    agreement, items_from_features = 1e-5, False


class TestELSA(ModelLaws):
    name, settings = "elsa", {"factors": 6, "positive_from": 3.5}
    agreement = 1e-5


class TestBothParts(RecommenderLaws):
    """A rating model, a choice model and a ranker with given weights."""

    @classmethod
    def trained(cls, seed: int) -> Recommender:
        ratings = small_world()
        return Recommender(
            registry.train(ratings, "als", seed=seed, factors=4),
            registry.train(ratings, "ease", seed=seed, positive_from=3.5, regularization=5.0),
            Ranker({"log_choice": 8.0, "log_like": 1.0}, {"log_choice": 1.0}, Liking.of(ratings.values, ratings.scale)),
        )


def test_every_registered_model_has_joined() -> None:
    joined = {one.name for one in ModelLaws.__subclasses__()}
    assert not MODELS.keys() - joined, "these models have not joined the laws; four lines here are enough"
