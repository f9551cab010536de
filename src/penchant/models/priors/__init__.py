"""Priors: where a row starts before its ratings are seen."""

from penchant.models.priors.prior import Point, Prior, flat_prior

__all__ = ["Point", "Prior", "flat_prior"]
