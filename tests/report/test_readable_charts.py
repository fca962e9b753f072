"""Charts show what there is: no empty rows, no trend cut off, no block of one colour."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from frontierlag.figures import Provenance
from frontierlag.results.charts import BANDS, BEST, TREND_CURVE, score_range
from frontierlag.studies.calibration.figure import coverage_chart
from frontierlag.studies.league.figure import leader_figure

ABOUT = Provenance("a comparison", "a table", date(2026, 8, 11), converged=True)


def test_a_panel_of_coverage_names_only_the_estimators_of_its_world():
    run = {"one": ["a", "b"], "two": ["b", "c", "d"], "three": ["a"]}
    rows = [
        {"world": world, "estimator": name, "lag": lag, "period": "window", "n": 100}
        | {"cover90": 0.9, "cover90_low": 0.85, "cover90_high": 0.95}
        for world, names in run.items()
        for name in names
        for lag in ("realized", "trend")
    ]
    figure = coverage_chart(pd.DataFrame(rows), ABOUT)
    panels = {axes.get_title(loc="left").split(" ")[0]: axes for axes in figure.axes}
    for world, names in run.items():
        axes = panels[world]
        labels = {
            tick: word.get_text()
            for tick, word in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        }
        dots = [y for line in axes.lines if line.get_marker() == "o" for y in line.get_ydata()]
        assert sorted(labels.values()) == names
        assert {labels[round(y)] for y in dots} == set(names)


def test_the_range_of_scores_holds_the_bands_of_the_trends():
    shown = pd.DataFrame(
        {
            "group": ["A", "A", "B", "B"],
            "score": [10.0, 12.0, 9.0, 11.0],
            "high": [11.0, 13.0, 10.0, 12.0],
        }
    ).assign(record=True)
    alone = score_range(shown)
    wide = pd.DataFrame([[0.0, 1.0, 2.0, 3.0, 30.0]], columns=[*BANDS])
    low, high = score_range(shown, wide.assign(curve=TREND_CURVE))
    assert low < 0.0
    assert high > 30.0
    # The staircase before the first records lies below the view on purpose.
    assert score_range(shown, wide.iloc[:0].assign(curve=BEST)) == alone
    narrow = pd.DataFrame([[11.0] * 5], columns=[*BANDS]).assign(curve=TREND_CURVE)
    assert score_range(shown, narrow) == alone


@pytest.mark.parametrize(("least", "floor", "named"), [(0.93, 90, True), (0.55, 0, False)])
def test_who_led_is_drawn_where_it_changes(least, floor, named):
    days = np.array(["2025-01-01", "2025-06-01", "2026-01-01"], dtype="datetime64[D]").astype(int)
    first = np.array([1.0, least, 0.99])
    other = 0.6 * (1 - first) if named else 0.1 * (1 - first)
    shares = np.column_stack([first, other, 1 - first - other])
    figure = leader_figure(days, shares, ["A", "B", "C"], ABOUT, "country")
    (axes,) = figure.axes
    assert axes.get_ylim() == pytest.approx((floor, 100))
    words = " ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))
    assert ("axis begins at 90 %" in words) is bool(floor)
    assert ("B" in words.split()) is named
