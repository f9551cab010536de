"""Filters and business rules.

A shop rarely shows the plain list: some products are sold out, one shelf shows a single genre, near-duplicates bore
people, and new products need a place. Each rule is an argument of `recommend`.

The same arguments exist in `recommend_many`, on the command line and in the HTTP API.
"""

from collections import Counter

import penchant as pt

ratings = pt.movielens()
model = pt.train(ratings, "ease")
genres = dict(zip(ratings.items.ids.tolist(), ratings.item_features.columns["genres"], strict=True))
plain = model.recommend(1, n=20)

# %% `where` filters by feature, `among` and `exclude` by id. Seen items are left out unless you say otherwise.

lists = {
    "plain": plain,
    "comedy or horror": model.recommend(1, n=20, where={"genres": ["Comedy", "Horror"]}),
    "without the first ten": model.recommend(1, n=20, exclude=plain.ids[:10]),
    "diversity 0.7": model.recommend(1, n=20, diversity=0.7),
}
assert not set(lists["without the first ten"].ids) & set(plain.ids[:10])
assert all(set(genres[film]) & {"Comedy", "Horror"} for film in lists["comedy or horror"].ids)

# %% `new_items` keeps a share of the list for items without interactions, which a choice model cannot place.

fresh = model.recommend(1, n=20, new_items=0.2)
print(Counter(fresh.sources))

# %% The picture: how many films of each list have a genre.

from drawing import axes, save

shown = ("Action", "Comedy", "Crime", "Drama", "Horror", "Romance", "Sci-Fi", "Thriller")
drawn = axes("Genres of four lists of twenty", y="films")
for place, (label, ranking) in enumerate(lists.items()):
    counts = Counter(genre for film in ranking.ids for genre in genres[film])
    drawn.bar([n + 0.2 * (place - 1.5) for n in range(len(shown))], [counts[g] for g in shown], 0.2, label=label)
drawn.set_xticks(range(len(shown)), shown)
drawn.legend(frameon=False)
save(__file__)
