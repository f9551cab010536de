"""Splits: each function states the question its test rows answer, and what they must not be used for."""

from penchant.data.splitting.newcomers import cold_items, cold_users
from penchant.data.splitting.over_time import leave_last, temporal
from penchant.data.splitting.quadrants import Quadrants, quadrants
from penchant.data.splitting.scattered import get_cv_idxs, k_fold, per_user, random, repeated
from penchant.data.splitting.split import Split, split_rows

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
    "split_rows",
    "temporal",
]
