"""Reading intervals as symmetric gives the lag that their two arms give (METHOD.md section 4).

Both models are fitted to both vintages. Their posteriors are of different models, so their means
need not be equal to Monte Carlo error; they agree if the difference is small beside what either
posterior leaves open. The tolerance is a quarter of the larger posterior standard deviation plus
three Monte Carlo errors: an interval moved by a quarter of a standard deviation still covers within
about two points of its 90 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from frontierlag.analysis import analyse
from frontierlag.lags.days import Window
from frontierlag.model import ModelSpec
from frontierlag.sampling import SamplerSettings
from frontierlag.scores import default_window_start
from frontierlag.summary import summarize

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("two-piece")]

SHARE = 0.25
SETTINGS = SamplerSettings(chains=4, draws=2000, tune=1000, target_accept=0.95, seed=2026)


@pytest.fixture(scope="module", params=["eci_old", "eci_new"])
def pair(request):
    r = request.getfixturevalue(request.param)
    window = Window(default_window_start(r), r.as_of)
    return [
        analyse(ModelSpec.of(name, r.metric), r, window, SETTINGS)
        for name in ("linear-stochastic", "linear-stochastic-twopiece")
    ]


def test_both_converge(pair):
    for analysis in pair:
        print(analysis.name, analysis.convergence.verdict())
        print([(c.name, round(c.value, 4), c.worst) for c in analysis.convergence.checks])
    assert [a.convergence.failures for a in pair] == [(), ()]


@pytest.mark.parametrize("kind", ["realized", "trend"])
def test_the_window_means_agree(pair, kind):
    draws = [a.measured.lag(kind, "window") for a in pair]
    one, two = (summarize(d) for d in draws)
    sd = max(float(d.std()) for d in draws)
    print(f"{kind}: {one.mean:.3f} ({one.mcse:.3f}) [{one.lower90:.2f}, {one.upper90:.2f}] against "
          f"{two.mean:.3f} ({two.mcse:.3f}) [{two.lower90:.2f}, {two.upper90:.2f}]; "
          f"difference {(two.mean - one.mean) / sd:.3f} sd of {sd:.3f}")
    assert abs(two.mean - one.mean) < SHARE * sd + 3 * np.hypot(one.mcse, two.mcse)
