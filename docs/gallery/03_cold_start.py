"""A new user, rating by rating.

A new user gets a list at once, from what is popular. Every rating moves the expected ratings and makes them surer. The
model is not trained again.

The films that the new user rates here are three science-fiction films rated high and a romance rated low.
"""

import penchant as pt

ratings = pt.movielens()
model = pt.train(ratings, "bayes", samples=40, burn_in=40, thin=2, seed=0)
given = {260: 5.0, 1196: 5.0, 1721: 1.5, 1210: 4.5}
titles = {589: "Terminator 2", 3481: "High Fidelity", 597: "Pretty Woman"}

# %% `fold_in` solves for the user's row with all items fixed, the same step that training takes for every user.

states = [model.fold_in(dict(list(given.items())[:n])) for n in range(len(given) + 1)]
predictions = [state.predict(list(titles)) for state in states]
print([state.source for state in states])

# %% What to ask next: the films whose ratings would make the model surest, given what is known already.

for question in states[1].onboarding(3):
    print(question.title)

# %% The picture: expected ratings of three films after 0 to 4 ratings, with one standard deviation.

from drawing import axes, save

drawn = axes("Expected ratings of a new user", x="ratings given", y="stars")
for place, title in enumerate(titles.values()):
    steps = [n + 0.08 * (place - 1) for n in range(len(predictions))]
    drawn.errorbar(
        steps, [one.mean[place] for one in predictions], yerr=[one.std[place] for one in predictions], label=title,
        marker="o", capsize=3,
    )  # fmt: skip
drawn.set_xticks(range(len(predictions)))
drawn.legend(frameon=False)
save(__file__)
