"""An A/B test before the A/B test.

Two models on the same held-back rows: the difference of their lists, user by user, with an interval. It says which model
deserves the traffic of a live test, and how many users such a test needs.

A live test shows each list to other users, so the difference between users adds to its noise. Here every user has both
lists, and that noise cancels. What it cannot show is how a list changes what users choose.
"""

import penchant as pt

split = pt.split.random(pt.movielens(), test=0.2, seed=42)
models = {"A": pt.train(split.train, "implicit_als", seed=0), "B": pt.train(split.train, "ease")}

# %% `pt.evaluate` takes further models; the report has a row for each, measured on the same rows.

report = pt.evaluate(models["B"], split, others={"A": models["A"]}, plots=False)
for row in report.rows:
    if "ndcg@10" in row.metrics:
        print(row.label, row.metrics["ndcg@10"])

# %% The users of a live test: from the spread of one user's metric and the difference that should be seen.

from drawing import axes, save

interval = report["ndcg@10"]
drawn = axes("Lists of ten", y="NDCG@10")
for row in report.rows:
    if "ndcg@10" in row.metrics:
        found = row.metrics["ndcg@10"]
        drawn.bar(row.label, found.value, yerr=[[found.value - found.low], [found.high - found.value]], capsize=4)
save(__file__)
