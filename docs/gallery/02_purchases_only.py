"""Purchases without ratings.

Many tables have no ratings: a row says that a customer bought, clicked or played something. Such a table gets a choice
model. The lists are compared with the most popular items.

Here the MovieLens rows stand in for purchases; their ratings are thrown away.
"""

import penchant as pt

table = pt.movielens().to_frame().select(customer="user", product="item")
purchases = pt.Ratings.from_frame(table, user="customer", item="product")
print(purchases)

# %% Some rows are held back. The question of this split: which of a customer's other purchases does the list find?

split = pt.split.random(purchases, test=0.2, seed=42)
model = pt.train(split.train, seed=0)
report = pt.evaluate(model, split, plots=False)
print(model)

# %% The report has the model first, then the baselines, with intervals over customers.

found = {row.label: row.metrics["recall@10"] for row in report.rows if "recall@10" in row.metrics}
for label, interval in found.items():
    print(f"{label:12} {interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})")

# %% The picture: the share of the held-back purchases that a list of ten finds, with 95 % intervals.

from drawing import axes, save

drawn = axes("Purchases found by a list of ten", y="recall@10")
for label, interval in found.items():
    below, above = interval.value - interval.low, interval.high - interval.value
    drawn.bar(label, interval.value, yerr=[[below], [above]], capsize=4)
save(__file__)
