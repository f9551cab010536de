"""Splits into training and test ratings; each function states the question that its test rows answer."""

from penchant.data.splitting.cold_start import cold_items, cold_users
from penchant.data.splitting.quadrants import Quadrants, quadrants
from penchant.data.splitting.random_rows import get_cv_idxs, k_fold, per_user, random, repeated
from penchant.data.splitting.rolling import rolling
from penchant.data.splitting.split import Split, split_rows
from penchant.data.splitting.temporal import leave_last, temporal

__all__ = [
    "Quadrants",
    "Split",
    "cold_items",
    "cold_users",
    "get_cv_idxs",
    "k_fold",
    "leave_last",
    "per_user",
    "quadrants",
    "random",
    "repeated",
    "rolling",
    "split_rows",
    "temporal",
]
