"""The column names of a ratings table, spelled once."""

USER = "user"
ITEM = "item"
RATING = "rating"
TIMESTAMP = "timestamp"
