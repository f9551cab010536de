"""On Spark.

When ratings do not fit one machine, the same call trains on Apache Spark. What comes back is a model like any other.

Needs `pip install 'penchant[spark]'` and Java 17. Here Spark runs in local mode on a part of the shipped ratings, so
that both engines can be compared.
"""

import tempfile
from pathlib import Path

import numpy as np

import penchant as pt

ratings = pt.movielens()
split = pt.split.random(ratings.take(np.flatnonzero(ratings.user_numbers < 150)))
path = Path(tempfile.mkdtemp()) / "ratings.parquet"
split.train.to_frame().write_parquet(path)

# %% `engine="spark"` takes a path or URL that the workers can read. The penalty grows with a row's ratings there.

on_spark = pt.train(str(path), "als", engine="spark", factors=8, epochs=4, blocks=2, seed=0)
here = pt.train(split.train, "als", factors=8, seed=0)

# %% Both predict the held-back ratings; ids are the same, so the calls are the same.

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
