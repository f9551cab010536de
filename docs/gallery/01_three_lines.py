"""A list in three lines.

Train on a table of ratings, ask for a list. Each line has the probability that the user chooses the film and the
expected rating with its uncertainty.

The shipped MovieLens table has 100,004 ratings. `pt.train` fits a model of ratings, a model of choices, and a ranker
that orders lists by both.
"""

import penchant as pt

ratings = pt.movielens()
model = pt.train(ratings, seed=0)
ranking = model.recommend(1, n=8)

# %% A ranking has ids, titles, scores and, where the model knows them, expected ratings and probabilities.

for line in ranking:
    print(f"{line.title:45} {line.predicted:.1f} ± {line.std:.1f}  chosen next: {line.p_choose:.1%}")

# %% The picture: the list from top to bottom, and how sure each expected rating is.

from drawing import axes, save

lines = list(ranking)[::-1]
drawn = axes("A list for user 1", x="expected rating, and one standard deviation")
drawn.errorbar([line.predicted for line in lines], range(len(lines)), xerr=[line.std for line in lines], fmt="o")
drawn.set_yticks(range(len(lines)), [line.title for line in lines])
save(__file__)
