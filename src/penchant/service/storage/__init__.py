"""What must survive: ratings, visitors, keys, added items, and who asked to be forgotten."""
