"""Priors: the Gaussian distribution of a row before its ratings are used."""

from penchant.models.priors.cold_start_offset import ColdStartOffset
from penchant.models.priors.effects import Effect, FeatureEffect, HistoryEffect
from penchant.models.priors.popularity_mean import PopularityMean
from penchant.models.priors.prior import Prior, flat_prior
from penchant.models.priors.temporal_bias import TemporalBias

__all__ = [
    "ColdStartOffset",
    "Effect",
    "FeatureEffect",
    "HistoryEffect",
    "PopularityMean",
    "Prior",
    "TemporalBias",
    "flat_prior",
]
