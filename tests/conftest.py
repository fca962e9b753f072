"""What the tests share: the real tables, and fits that are made once a worker."""

from __future__ import annotations

import matplotlib
import pytest
from hypothesis import settings

from frontierlag.analysis import analyse
from frontierlag.lags.days import Window
from frontierlag.model import ModelSpec
from frontierlag.sampling import SamplerSettings
from frontierlag.scores import default_window_start, load_scores, parse_comparison, releases

matplotlib.use("Agg")
# The same examples every time: a test that fails once fails again.
settings.register_profile("frontierlag", derandomize=True, deadline=None, database=None)
settings.load_profile("frontierlag")

SMALL = SamplerSettings(chains=4, draws=200, tune=300, seed=7)


@pytest.fixture(scope="session")
def eci_new():
    return releases(load_scores("eci-2026-08-11"), parse_comparison("us-china"))


@pytest.fixture(scope="session")
def eci_old():
    return releases(load_scores("eci-2025-12-19"), parse_comparison("us-china"))


@pytest.fixture(scope="session")
def window(eci_new):
    return Window(default_window_start(eci_new), eci_new.as_of)


@pytest.fixture(scope="session")
def small_settings():
    return SMALL


@pytest.fixture(scope="session")
def records_analysis(eci_new, window):
    """A short fit of linear-records; its tests belong to the xdist group of that name."""
    return analyse(ModelSpec.of("linear-records", eci_new.metric), eci_new, window, SMALL)
