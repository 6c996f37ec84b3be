"""One hypothesis profile for all tests: seeded, and without a deadline, as kernels compile on first use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import matplotlib
from hypothesis import HealthCheck, settings

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "seeded", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("short", parent=settings.get_profile("seeded"), max_examples=8)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))
