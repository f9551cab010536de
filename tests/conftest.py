"""What all tests need."""

import os

os.environ.setdefault("PENCHANT_PRIORITY", "normal")
"""A retraining in the process of the tests must not slow down the tests after it."""
