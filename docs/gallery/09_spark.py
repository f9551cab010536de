"""On Spark.

When ratings do not fit one machine, the same call trains on Apache Spark. What comes back is a recommender like any
other: a rating model, a choice model and a ranker.

Needs `pip install 'penchant[spark]'` and Java 17. Here Spark runs in local mode on a part of the shipped ratings, so
that both engines can be compared.
"""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import penchant as pt

ratings = pt.movielens()
split = pt.split.random(ratings.take(np.flatnonzero(ratings.user_numbers < 150)))
path = Path(tempfile.mkdtemp()) / "ratings.parquet"
split.train.to_frame().write_parquet(path)

# %% `engine="spark"` takes a path or URL that the workers can read. MLlib trains the rating model, and Spark counts the
# pairs of items from which the choice model follows.

on_spark = pt.train(str(path), engine="spark", blocks=2, seed=0)
here = pt.train(split.train, seed=0)
print(on_spark)
print(on_spark.ranker.facts["choice_model"])

# %% Lists for all users are made by the workers, in any order. They are those that this machine makes.

from penchant.engines import spark

lists = spark.recommend_all(on_spark, str(path.parent / "lists"), n=3, by="combined")
found = pl.read_parquet(f"{lists}/*.parquet").filter(pl.col("user") == 1).sort("rank")
print(found["item"].to_list(), on_spark.recommend(1, n=3).ids)

# %% Both predict the held-back ratings; ids are the same, so the calls are the same. On one machine the rating model is
# `bayes`, on Spark `als`.

users = split.test.users.take(split.test.user_numbers)
items = split.test.items.take(split.test.item_numbers)
predicted = {name: model.predict(users, items).mean for name, model in (("one machine", here), ("Spark", on_spark))}
for name, mean in predicted.items():
    print(f"{name:12} RMSE {np.sqrt(np.mean((mean - split.test.values) ** 2)):.3f}")

# %% The picture: the predictions of both.

from drawing import axes, save

drawn = axes("The same ratings predicted on one machine and on Spark", x="one machine", y="Spark")
drawn.scatter(predicted["one machine"][:2000], predicted["Spark"][:2000], s=4, alpha=0.5)
drawn.axline((3, 3), slope=1, linewidth=0.8, color="#888888")
save(__file__)
