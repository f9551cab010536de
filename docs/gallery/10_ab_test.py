"""An A/B test before the A/B test.

Two models on the same held-back rows: the difference of their lists, user by user, with an interval. It says which
model deserves the traffic of a live test, and how many users such a test needs.

A live test shows each list to other users, so the difference between users adds to its noise. Here every user has both
lists, and that noise cancels. What it cannot show is how a list changes what users choose.

The service runs the live test: `penchant serve films --experiment "ranking: combined, choice"` splits the users, and
`penchant report films --online --experiment ranking` shows both arms ([Serving](../guide/serving.md)).
"""

import penchant as pt

split = pt.split.random(pt.movielens(), test=0.2, seed=42)

# %% `pt.compare` trains every model on the training rows and tests each pair over users. It adds the baselines.

found = pt.compare(["ease", "implicit_als"], split, by="ndcg@10")
print(found)

# %% The differences with their intervals; the p-values are corrected for the number of pairs.

pairs = [pair for pair in found.pairs if "baseline" not in (pair.first, pair.second)]
for pair in pairs:
    gap = pair.difference
    print(f"{pair.first} - {pair.second}: {gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}), p = {pair.p_value:.4f}")

# %% How many users a live test needs: two groups, 5 % error, 80 % power, a normal approximation.
# The spread of one user's metric follows from the interval of its mean.

users = split.test.n_users
a, b = (found.metrics[label]["ndcg@10"] for label in ("ease", "implicit_als"))
spread = (a.high - a.low) / (2 * 1.96) * users**0.5
needed = 2 * ((1.96 + 0.84) * spread / (a.value - b.value)) ** 2
print(f"about {needed:,.0f} users in each group to see a difference of {a.value - b.value:.3f}")

# %% The picture: each difference with its 95 % interval; one that does not cross zero is found.

from drawing import axes, save

drawn = axes("Differences of lists of ten, over the same users", x="difference in NDCG@10")
for place, pair in enumerate(pairs):
    gap = pair.difference
    drawn.errorbar(gap.value, place, xerr=[[gap.value - gap.low], [gap.high - gap.value]], fmt="o", capsize=4)
drawn.axvline(0, linewidth=0.8, color="#888888")
drawn.set_yticks(range(len(pairs)), [f"{pair.first} - {pair.second}" for pair in pairs])
save(__file__)
