"""Adapters of other libraries for comparisons. The package does not import them."""
