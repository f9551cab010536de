"""The shipped MovieTweetings data (2013): 141,695 ratings by 21,081 users, at the times of watching, with features."""

from __future__ import annotations

from importlib import resources

from penchant.data.ratings import Ratings

SCALE = (0, 10)
_FOLDER = "shipped/movietweetings"


def movietweetings() -> Ratings:
    """The shipped ratings in their file's order, with item features genres ("many") and year ("number"), and titles.

    Item ids are numbers of IMDb, texts with leading zeros. Ratings were tweeted, mostly right after watching, so the
    times say what was chosen when. Made by Dooms, De Pessemier and Martens (2013); LICENSE is next to the data.
    """
    with resources.as_file(resources.files("penchant.data") / _FOLDER) as folder:
        ratings = Ratings.from_file(folder / "ratings.dat.gz", scale=SCALE)
        return ratings.with_features(items=folder / "movies.dat.gz")
