"""A package by this file, so that `benchmarks/service.py`, which is on the path as well, is not taken for it."""
