"""Training again every week.

What users choose changes. This example trains a choice model once, and again before every week, and compares both on
what users chose in that week.

In production one command does it: `penchant retrain films` trains a version on the old ratings and those that the
service has collected. It compares the new version with the served one on rows held back from both. Running servers
switch to it. Put it into cron; `penchant rollback films` goes back.
"""

import penchant as pt

ratings = pt.movietweetings()
weeks = pt.split.rolling(ratings, cuts=4, horizon=7)
once = pt.train(weeks[0].train, "implicit_als", seed=0)

# %% For every week: the model of the first week, and one that was trained on all rows before the week.


def recalls(week):
    again = pt.train(week.train, "implicit_als", seed=0)
    report = pt.evaluate(again, week, others={"trained once": once}, plots=False, replicates=50)
    before = next(row for row in report.rows if row.label == "trained once")
    return before.metrics["recall@10"].value, report["recall@10"].value


rows = [recalls(week) for week in weeks]
for number, (old, new) in enumerate(rows, 1):
    print(f"week {number}: trained once {old:.3f}, trained again {new:.3f}")

# %% The picture: the share of a week's choices that a list of ten finds.

from drawing import axes, save

drawn = axes("Lists of ten for the next week", x="week", y="recall@10")
for label, values in zip(("trained once", "trained every week"), zip(*rows, strict=True), strict=True):
    drawn.plot(range(1, len(rows) + 1), values, marker="o", label=label)
drawn.set_xticks(range(1, len(rows) + 1))
drawn.legend(frameon=False)
save(__file__)
