"""Other groups from the same draws: lags of any split of a fit's models."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from naive import realized
from simulate import make_releases

from frontierlag.dates import Window
from frontierlag.errors import FitError
from frontierlag.lags.split import every_capability, realized_over, split_staircases
from frontierlag.names import CENSORED, PERIOD, VALUE, WINDOW
from frontierlag.scores.groups import CLOSED_OPEN

MODELS = [f"model {i:03d}" for i in range(14)]


@pytest.fixture
def drawn():
    """Draws of fourteen models, in no order of time."""
    rng = np.random.default_rng(9)
    day = rng.choice(np.arange(18_000, 18_400), 14, replace=False)
    capability = xr.DataArray(
        100 + day / 30 - 600 + rng.normal(0, 4, (2, 3, 14)),
        dims=("chain", "draw", "release"),
        coords={"release": MODELS},
    )
    return day, capability


def split(day, group, models=MODELS):
    """Some models in two groups; ``make_releases`` names them by their place."""
    found = make_releases(day, group, np.zeros(len(day)))
    name = dict(zip([f"model {i:03d}" for i in range(len(day))], models, strict=True))
    return replace(
        found, comparison=CLOSED_OPEN, model=np.array([name[str(m)] for m in found.model])
    )


def window_from(day, last):
    dates = np.array([day, last]).astype("datetime64[D]").tolist()
    return Window(*dates)


def test_a_split_against_a_naive_loop(drawn):
    day, capability = drawn
    # Nine of the fourteen models, in two groups that no fit has seen.
    chosen = np.array([0, 2, 3, 5, 6, 8, 9, 11, 13])
    group = np.array([0, 1, 0, 1, 0, 0, 1, 0, 1])
    groups = split(day[chosen], group, [MODELS[i] for i in chosen])
    start = max(day[chosen][group == g].min() for g in (0, 1))
    window = window_from(start, 18_420)
    found = realized_over(split_staircases(groups, capability, seed=1), window)
    for c in range(2):
        for d in range(3):
            own = capability.to_numpy()[c, d, chosen]
            daily = [
                realized(
                    day[chosen][group == 0],
                    own[group == 0],
                    day[chosen][group == 1],
                    own[group == 1],
                    t,
                )
                for t in window.days
            ]
            at = found.isel(chain=c, draw=d).sel({PERIOD: WINDOW})
            assert float(at[VALUE]) == pytest.approx(np.mean([lag for lag, _ in daily]))
            assert float(at[CENSORED]) == pytest.approx(np.mean([bound for _, bound in daily]))


def test_the_labels_and_not_the_order_say_whose_draws_they_are(drawn):
    day, capability = drawn
    groups = split(day, np.arange(14) % 2)
    turned = capability.isel(release=slice(None, None, -1)).transpose("release", "draw", "chain")
    for one, other in zip(
        split_staircases(groups, capability, 1), split_staircases(groups, turned, 1), strict=True
    ):
        np.testing.assert_array_equal(one.best, other.best)


def test_two_splits_share_what_their_models_share(drawn):
    """With the same leader and follower in other words, the lags are the same in every draw."""
    day, capability = drawn
    group = np.arange(14) % 2
    window = window_from(18_390, 18_420)
    first = realized_over(split_staircases(split(day, group), capability, seed=1), window)
    renamed = replace(split(day, group), comparison=replace(CLOSED_OPEN, name="other"))
    xr.testing.assert_identical(
        first, realized_over(split_staircases(renamed, capability, seed=1), window)
    )


def test_a_model_without_draws_is_refused_by_name(drawn):
    day, capability = drawn
    groups = split(day, np.arange(14) % 2)
    with pytest.raises(FitError, match=r"no capability of 1 of the 14 models.*model 004"):
        split_staircases(groups, capability.drop_sel(release="model 004"), 1)


def test_models_of_neither_group_are_drawn_too(drawn):
    """A model of benchmark results has the capabilities of all models in its posterior."""
    from types import SimpleNamespace

    _, capability = drawn
    own, others = capability.isel(release=slice(0, 9)), capability.isel(release=slice(9, None))
    posterior = others.rename(release="other").to_dataset(name="other_capability")
    tree = xr.DataTree.from_dict(
        {"capabilities": own.to_dataset(name="capability"), "posterior": posterior}
    )
    found = every_capability(SimpleNamespace(tree=tree))
    xr.testing.assert_equal(found.sel(release=MODELS), capability)
    del tree["posterior"]["other_capability"]
    xr.testing.assert_equal(every_capability(SimpleNamespace(tree=tree)), own)
