"""Penchant: collaborative filtering that is accurate, fast, honest, and never stumped by someone it has not met."""

__version__ = "0.1.0"
