"""On the shipped ratings Spark's model is about as accurate as the local alternating least squares."""

from __future__ import annotations

from typing import Any

import pytest

import penchant as pt
from penchant.metrics.rating_error import rmse
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import main_model

pytestmark = [pytest.mark.java, pytest.mark.slow]


def test_spark_is_within_a_hundredth_of_local_least_squares(spark_session: Any) -> None:
    split = pt.split.random(pt.movielens())

    def error(**engine: Any) -> float:
        model = pt.train(split.train, "als", factors=16, **engine)
        predicted = predict_numbers(main_model(model), split.test.user_numbers, split.test.item_numbers)
        return rmse(split.test.values, predicted.mean)

    local = error()
    assert local < 0.875
    assert error(engine="spark", blocks=2) == pytest.approx(local, abs=0.01)
