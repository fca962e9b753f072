"""What the tests share: the real tables, and fits that are made once a worker."""

from __future__ import annotations

import matplotlib
import pytest
from evidence import evidence_of
from hypothesis import settings

from frontierlag.analyses.analysis import analyse
from frontierlag.dates import Window
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.model import ModelSpec
from frontierlag.scores import default_window_start, load_scores, parse_comparison, releases

matplotlib.use("Agg")
# The same examples every time: a test that fails once fails again.
settings.register_profile("frontierlag", derandomize=True, deadline=None, database=None)
settings.load_profile("frontierlag")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """A cache of the tests' own, and no store of fits: a test that fits twice must fit twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRONTIERLAG_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("FRONTIERLAG_FITS_GIB", "0")
        patch.delenv("FRONTIERLAG_REFIT", raising=False)
        yield


SMALL = SamplerSettings(chains=4, draws=200, tune=300, seed=7)


@pytest.fixture(scope="session")
def eci_new():
    return releases(load_scores("eci-2026-08-11"), parse_comparison("us-china"))


@pytest.fixture(scope="session")
def eci_old():
    """The table behind the published figure, with its dates."""
    return releases(
        load_scores("eci-2025-12-19", dates="as-published"), parse_comparison("us-china")
    )


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


@pytest.fixture(scope="session")
def closed_open():
    return releases(load_scores("eci-2026-08-11"), parse_comparison("closed-open"))


@pytest.fixture(scope="session")
def fitted(eci_new, window, closed_open):
    """us-china and closed-open as a run fits them, by seed; for group ``linear-stochastic``."""
    spec = ModelSpec.of("linear-stochastic", eci_new.metric)
    other = Window(default_window_start(closed_open), closed_open.as_of)

    def pair(seed):
        some = SamplerSettings(draws=400, tune=400, seed=seed)
        return analyse(spec, eci_new, window, some), analyse(spec, closed_open, other, some)

    return {seed: pair(seed) for seed in (3, 4)}


@pytest.fixture(scope="session")
def both(fitted):
    return fitted[3]


@pytest.fixture(scope="session")
def asked(fitted):
    """Those pairs as claims read them, by seed, each with one fit of both comparisons."""
    return {seed: evidence_of(pair) for seed, pair in fitted.items()}
