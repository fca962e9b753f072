"""The charts' own tables against brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from frontierlag.dates import DAYS_PER_MONTH, Window
from frontierlag.lags.dates import available
from frontierlag.lags.measure import realized_lag_by_day
from frontierlag.results.charts import (
    AGED,
    AS_LARGE,
    LAST_RELEASE,
    TODAY,
    page_tables,
    release_table,
    releases_shown,
    since_as_large,
)

pytestmark = pytest.mark.xdist_group("linear-records")


@pytest.fixture(scope="module")
def tables(records_analysis):
    return page_tables(records_analysis)


def test_staircases_are_the_running_maximum_of_the_capabilities(tables, records_analysis):
    """Each draw has its own days where sources leave them open; before the first, nothing is."""
    found = available(records_analysis.fit)
    bands = tables["bands"]
    for group, name in enumerate(records_analysis.fit.observations.releases.group_names):
        own = bands[(bands["curve"] == "best") & (bands["group"] == name)]
        for row in own.iloc[[len(own) // 4, len(own) // 2, -1]].to_dict("records"):
            day = np.datetime64(row["date"]).astype(int)
            there = (found.group == group) & (found.days <= day)
            best = np.where(there, found.flat, -np.inf).max(1)
            assert row["median"] == pytest.approx(np.median(best), abs=6e-4)
            assert row["lower90"] == pytest.approx(np.quantile(best, 0.05), abs=6e-4)
            assert row["upper50"] == pytest.approx(np.quantile(best, 0.75), abs=6e-4)


def test_trend_is_the_straight_line_of_the_draws(tables, records_analysis):
    fit = records_analysis.fit
    bands = tables["bands"]
    p = fit.trend_inputs
    for group, name in enumerate(fit.observations.releases.group_names):
        own = bands[(bands["curve"] == "trend") & (bands["group"] == name)]
        row = own.iloc[len(own) // 3]
        years = (pd.Timestamp(row["date"]) - pd.Timestamp(fit.observations.reference)).days / 365.25
        line = np.asarray(p["level"])[..., group] + np.asarray(p["slope"])[..., group] * years
        assert row["median"] == pytest.approx(np.median(line), abs=2e-3)
        assert row["upper90"] == pytest.approx(np.quantile(line, 0.95), abs=2e-3)


def test_lag_by_day_has_every_jump_and_both_ends(tables, records_analysis):
    releases = records_analysis.fit.observations.releases
    window = records_analysis.measured.window
    own = tables["lag_by_day"].query("lag == 'realized'")
    days = own["date"].to_numpy().astype("datetime64[D]").astype(int)
    assert (np.diff(days) > 0).all()
    assert days[0] == window.days[0]
    assert days[-1] == window.days[-1]
    inside = releases.day[(releases.group == 1) & (releases.day >= window.days[0])]
    assert set(inside) <= set(days)
    lag = realized_lag_by_day(records_analysis.fit, window)[0].to_numpy()
    at = len(own) // 2
    position = int(days[at] - window.days[0])
    assert own["median"].iloc[at] == pytest.approx(np.median(lag[..., position]), abs=6e-4)
    assert own["lower90"].iloc[at] == pytest.approx(np.quantile(lag[..., position], 0.05), abs=6e-4)


def test_now_agrees_with_the_lags_draw_by_draw(tables, records_analysis):
    now = tables["now"].set_index("quantity")
    measured = records_analysis.measured
    today = measured.lag("realized", "current")
    at_release = measured.lag("release", "current")
    for name, draws in ((TODAY, today), (LAST_RELEASE, at_release), (AGED, today - at_release)):
        assert float(now.loc[name, "median"]) == pytest.approx(float(draws.median()), abs=6e-4)
    lag = realized_lag_by_day(records_analysis.fit, measured.window)[0].to_numpy()
    lag = lag.reshape(-1, lag.shape[-1])[::37]
    found = since_as_large(
        xr.DataArray(lag[None], dims=("chain", "draw", "date")), measured.window
    ).to_numpy()[0]
    for draw, day in zip(lag, found, strict=True):
        earlier = [t for t in range(len(draw) - 1) if draw[t] >= draw[-1]]
        expected = (len(draw) - 1 - earlier[-1]) / DAYS_PER_MONTH if earlier else np.nan
        np.testing.assert_allclose(day, expected)
    assert 0 < now.loc[AS_LARGE, "lower90"] <= now.loc[AS_LARGE, "median"]


def test_a_lag_that_was_never_as_large_has_no_day():
    window = Window(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-01-04").date())
    lag = xr.DataArray(
        np.array([[[1.0, 2, 3, 4], [5, 1, 4, 4], [np.nan, 9, 1, 2]]]),
        dims=("chain", "draw", "date"),
    )
    found = since_as_large(lag, window).to_numpy()[0] * DAYS_PER_MONTH
    np.testing.assert_allclose(found, [np.nan, 1, 2])


def test_releases_hold_both_groups_and_their_records(chart_tables, eci_new):
    table = releases_shown(chart_tables["capabilities"], "linear-stochastic")
    pd.testing.assert_frame_equal(table, release_table(eci_new))


def test_records_are_those_of_the_score_table_with_equal_scores_and_days():
    days = ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03", "2024-01-04"]
    own = pd.DataFrame(
        {
            **{"model": "m", "organization": "", "group": "China", "results": np.nan},
            **{"release": list("fbdcea"), "released": days, "score": [2.0, 2, 3, 1, 3, 4]},
        }
    )
    own = own.assign(score_low=own["score"], score_high=own["score"])
    table = releases_shown(own, "m")
    assert list(table.loc[table["record"], "model"]) == ["b", "d", "a"]


def test_of_benchmark_results_a_release_stands_at_its_posterior(chart_tables):
    own = chart_tables["capabilities"].assign(
        results=7.0, median=np.arange(205.0), lower90=-1.0, upper90=300.0
    )
    few = own.head(3).assign(model="records")
    other = own.head(2).assign(group="neither group", released=np.nan)
    table = releases_shown(pd.concat([few, own, other], ignore_index=True), "records")
    assert list(table["score"]) == list(range(205))
    assert set(table["low"]) == {-1.0}
    for _, group in table.groupby("group"):
        assert group.loc[group["score"].idxmax(), "record"]
