"""What every test runs under."""

from __future__ import annotations

import os
from pathlib import Path

import kernel_locks

os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).parent / "spark"))
os.environ.setdefault("PENCHANT_PRIORITY", "normal")  # a retraining in this process must not slow down later tests
kernel_locks.install()
