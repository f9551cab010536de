"""Bayesian matrix factorisation."""

from penchant.training.bayes.gibbs import train
from penchant.training.bayes.settings import BayesSettings

__all__ = ["BayesSettings", "train"]
