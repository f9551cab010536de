"""Reading the model.

The vectors of items are not only for lists. Their main directions can be read: which films are at the ends of the
first, and which films are better than their popularity.

The lesson does this with `bayes` vectors too; [page 12](../guide/lesson/12-reading-the-model.md) explains the numbers.
"""

import penchant as pt
from penchant.lesson import bias_table, principal_axes

model = pt.train(pt.movielens(), "als", factors=16, seed=0)

# %% The bias of a film: how far it is rated above the mean, once its raters' habits are taken out.

biases = bias_table(model)
print([row.title for row in biases.best[:5]])
print([row.title for row in biases.worst[:5]])

# %% The principal axes of the vectors of the most rated films. What an axis means is for the reader to say.

axes_found = principal_axes(model, 2)
for axis in axes_found.axes:
    print(f"{axis.share:.0%}: {axis.low[:3]} … {axis.high[:3]}")

# %% The picture: films on the first two axes; the outermost have their titles.

from drawing import axes, save

first, second = axes_found.axes
drawn = axes("Films on the first two axes of their vectors", x="first axis", y="second axis")
drawn.scatter(first.places, second.places, s=6, color="#9fa8da")
named = {title for axis in (first, second) for title in (*axis.low[:3], *axis.high[:3])}
places = sorted(zip(second.places, first.places, first.titles, strict=True))
written = []
for y, x, title in places:
    if title in named:
        below = [at + 0.09 for at, near in written if abs(x - near) < 0.6]  # no title covers another one
        at = max([y, *below])
        written.append((at, x))
        line = {"arrowstyle": "-", "color": "#9fa8da", "linewidth": 0.6}
        drawn.annotate(title.rpartition(" (")[0], (x, y), xytext=(x + 0.04, at), fontsize=8, arrowprops=line)
drawn.margins(x=0.25)
save(__file__)
