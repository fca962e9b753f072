"""Scales of metrics: logarithms, negatives, METR's time horizons, Elo with dates from elsewhere."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from frontierlag import load_scores
from frontierlag.errors import ScoresError
from frontierlag.figures.sheet import new_figure, score_axis
from frontierlag.jobs import Job
from frontierlag.lags.published import release_matched, tolerance_of
from frontierlag.results.manifest import data_record
from frontierlag.scores import ATTRIBUTION, Metric, is_epochs, records
from frontierlag.scores.metric import ECI, GPQA_DIAMOND
from frontierlag.scores.registry import registry
from frontierlag.scores.scale import (
    AS_GIVEN,
    METRICS,
    TIME_HORIZON,
    Scale,
    ScaledMetric,
    axis_words,
    metric_of,
    scale_of,
    unit_words,
)

ROOT = Path(__file__).parents[2]
METR, NEWER = "metr-time-horizons-2026-05-14", "metr-time-horizons-v1.1-2026-05-14"
COST = Scale(raw="USD", log2=True, negated=True)
LOSS = Scale(raw="nats", negated=True)


@pytest.mark.parametrize("scale", [AS_GIVEN, TIME_HORIZON.scale, COST, LOSS])
def test_a_raw_value_comes_back_from_its_score(scale):
    raw = np.array([0.04, 1.0, 54.2, 719.0])
    np.testing.assert_allclose(scale.value(scale.score(raw)), raw, rtol=1e-12)
    # More is better, so the order of scores is that of what is good.
    assert np.all(np.diff(scale.score(raw)) * (-1 if scale.negated else 1) > 0)


def test_units_and_words_say_what_was_done():
    assert TIME_HORIZON.unit == "doublings of minutes"
    assert (COST.unit, LOSS.unit, AS_GIVEN.unit) == ("halvings of USD", "nats, negated", "points")
    assert TIME_HORIZON.scale.words == (
        "scores are the logarithm to base 2 of minutes: one more is twice as much"
    )
    assert "less is better" in COST.words
    assert "half as much" in COST.words
    assert (unit_words(ECI), unit_words(TIME_HORIZON)) == (
        "ECI", "METR time horizon in doublings of minutes",
    )  # fmt: skip
    assert axis_words(ECI) == "ECI score (points)"
    assert axis_words(TIME_HORIZON) == "METR time horizon (minutes, logarithmic)"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "30 s"), (1 / 60, "1 s"), (5.4, "5.4 min"), (59.9, "1 h"), (60, "1 h"), (719, "12 h"),
     (1440, "1 d"), (54.19, "54 min")],
)  # fmt: skip
def test_times_are_told_in_their_largest_unit(minutes, words):
    assert TIME_HORIZON.scale.told(math.log2(minutes)) == words


@pytest.mark.parametrize(
    ("scale", "low", "high"),
    [(TIME_HORIZON.scale, -5.0, 9.0), (TIME_HORIZON.scale, 2.0, 6.0), (COST, -12.0, 3.0),
     (COST, -4.0, -1.0), (LOSS, -3.4, -1.7)],
)  # fmt: skip
def test_ticks_stand_at_round_raw_values_between_the_ends(scale, low, high):
    at, told = scale.ticks(low, high)
    assert 2 <= len(at) <= 8
    assert at == sorted(at)
    assert low <= at[0]
    assert at[-1] <= high
    assert told == [scale.told(one) for one in at]
    assert len(set(told)) == len(told)
    digits = {w.split()[0].replace(".", "").replace("-", "").strip("0") for w in told}
    assert max(map(len, digits)) <= 2, told


def test_an_axis_of_time_horizons_reads_in_minutes_and_hours():
    axes = new_figure((4, 3)).subplots()
    axes.set_ylim(2, 9)
    score_axis(axes, TIME_HORIZON)
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        "5 min", "15 min", "30 min", "1 h", "2 h", "4 h", "8 h",
    ]  # fmt: skip
    before = axes.get_yticks()
    score_axis(axes, ECI)
    assert np.array_equal(axes.get_yticks(), before)  # points are what they are


@pytest.mark.parametrize("metric", [ECI, GPQA_DIAMOND, TIME_HORIZON])
def test_a_manifest_gives_the_metric_back(metric):
    again = metric_of(json.loads(json.dumps(asdict(metric))))
    assert again == metric
    assert type(again) is type(metric)


def test_a_plain_metric_is_what_it_was():
    """Stored fits are found by the text of their metric, so it may not change."""
    assert scale_of(ECI) == AS_GIVEN
    assert not any("scale" in repr(m) for m in METRICS.values() if not isinstance(m, ScaledMetric))
    assert isinstance(TIME_HORIZON, Metric)


def test_tolerance_of_a_logarithm_is_that_share_of_its_spread():
    assert (tolerance_of(ECI), tolerance_of(GPQA_DIAMOND)) == (1.0, 0.01)
    assert tolerance_of(TIME_HORIZON) == pytest.approx(0.15)
    r = Job(METR).prepare().releases
    assert release_matched(r) == release_matched(r, 0.15)


# --- METR's time horizons


def rows_of(name):
    file = resources.files("frontierlag.scores") / "data" / registry().find(name, "scores").file
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))


@pytest.mark.parametrize("name", [METR, NEWER])
def test_ends_of_the_95_percent_intervals_are_converted_as_ends(name):
    table = load_scores(name)
    shrink = norm.ppf(0.95) / norm.ppf(0.975)
    rows = {row["model"]: row for row in rows_of(name)}
    assert set(table.frame["model"]) == set(rows)
    for one in table.frame.to_dict("records"):
        middle, low, high = (math.log2(float(rows[one["model"]][c]))
                             for c in ("minutes", "low_95", "high_95"))  # fmt: skip
        assert one["score"] == pytest.approx(middle, abs=1e-12)
        assert one["low"] == pytest.approx(middle - shrink * (middle - low), abs=1e-12)
        assert one["high"] == pytest.approx(middle + shrink * (high - middle), abs=1e-12)
    assert table.reading.interval_level == 0.95
    r = Job(METR).prepare().releases
    # The lower arm is the longer one nearly everywhere: two-piece models read both.
    assert np.mean(r.stderr_low > r.stderr_high) > 0.8


def test_suites_are_apart_and_no_model_counts_twice():
    older, newer = rows_of(METR), rows_of(NEWER)
    assert (len(older), len(newer)) == (33, 14)
    for rows in (older, newer):
        assert len({row["model"] for row in rows}) == len(rows)
    # All models of China were measured with the older suite.
    assert sum(row["country"] == "China" for row in older) == 7
    assert not any(row["country"] == "China" for row in newer)
    with pytest.raises(ScoresError, match="China"):
        Job(NEWER).prepare()
    assert len(Job(NEWER, "OpenAI:Anthropic").prepare().releases) == 13


def test_the_older_suite_speaks_for_no_day_after_its_last_release():
    prepared = Job(METR).prepare()
    assert str(prepared.table.as_of) == "2025-11-24" == str(prepared.releases.date.max())
    assert str(prepared.table.vintage) == "2026-05-14"
    assert (int(prepared.releases.of(0).sum()), int(prepared.releases.of(1).sum())) == (25, 7)
    held = prepared.releases.model[records(prepared.releases, 1)]
    assert held[-1] == "kimi-k2-thinking"
    assert [row.model for row in prepared.table.left_out] == ["davinci-002"]


def test_credit_names_who_measured_and_who_compiled():
    credit = load_scores(METR).attribution
    assert is_epochs(credit)
    assert credit.startswith(ATTRIBUTION)
    assert "METR" in credit
    assert "arXiv:2503.14499" in credit


def test_the_record_of_a_run_says_the_scale():
    prepared = Job(METR).prepare()
    record = data_record(prepared.table, prepared.releases)
    assert record["scale"] == TIME_HORIZON.scale.words
    assert record["metric"]["scale"] == {"raw": "minutes", "log2": True, "negated": False}
    assert any("logarithm to base 2 of minutes" in note for note in record["notes"])
    plain = Job("gpqa-diamond-2026-01-17").prepare()
    assert data_record(plain.table, plain.releases)["scale"] == "scores are the table's values"


# --- a table of one's own


def costs(**changed):
    rows = [
        {"model": f"m{k}", "country": "USA" if k % 2 else "China", "released": f"2024-0{k + 1}-10",
         "cost": 8.0 / 2**k, "low": 6.0 / 2**k, "high": 16.0 / 2**k}
        for k in range(8)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changed)


def test_a_cost_is_negated_after_its_logarithm_and_its_ends_change_places():
    table = load_scores(
        costs(), columns={"score": "cost"}, log2=True, lower_is_better=True, unit="USD a task"
    )
    assert scale_of(table.metric) == Scale("USD a task", log2=True, negated=True)
    assert table.metric.unit == "halvings of USD a task"
    assert table.metric.name == "cost (log2, negated)"
    row = table.frame.iloc[0]
    assert (row["score"], row["low"]) == (-3.0, -4.0)
    assert row["high"] == pytest.approx(-math.log2(6.0))
    assert any(COST.words.replace("USD", "USD a task")[1:] in note for note in table.notes)


def test_a_cost_is_not_taken_as_it_stands():
    with pytest.raises(ScoresError, match="less is better"):
        load_scores(costs(), columns={"score": "cost"})


def test_a_loss_is_negated():
    table = load_scores(costs(), columns={"score": "cost"}, lower_is_better=True, unit="nats")
    assert table.metric.unit == "nats, negated"
    assert table.frame["score"].iloc[0] == -8.0
    assert tuple(table.frame[["low", "high"]].iloc[0]) == (-16.0, -6.0)


@pytest.mark.parametrize("column", ["cost", "low"])
def test_no_logarithm_is_taken_of_what_is_not_positive(column):
    frame = costs()
    frame.loc[2, column] = 0.0
    if column == "cost":
        frame.loc[2, "low"] = -1.0
    with pytest.raises(ScoresError, match=r"row 4, column .* logarithm of cost.*--log2"):
        load_scores(frame, columns={"score": "cost"}, log2=True, lower_is_better=True)


def test_minutes_are_the_unit_of_a_column_of_minutes():
    frame = costs().rename(columns={"cost": "minutes"})
    assert load_scores(frame, accept=("falling",)).metric.unit == "doublings of minutes"


def test_elo_with_95_percent_intervals_gets_its_dates_from_another_table():
    """The example of the docs, whose names differ from the other table's in hyphens and case."""
    examples = ROOT / "docs" / "examples"
    table = load_scores(examples / "my-elo.csv", dates_from=str(examples / "my-dates.csv"))
    one = table.frame.set_index("model").loc["birch-4"]
    assert (one["organization"], one["country"], one["weights"]) == ("Birch", "China", "open")
    assert str(one["released"].date()) == "2025-12-18"
    shrink = norm.ppf(0.95) / norm.ppf(0.975)
    assert one["low"] == pytest.approx(1249 - 13 * shrink)
    assert one["high"] == pytest.approx(1249 + 14 * shrink)
    assert table.reading.interval_level == 0.95
    r = table.compare("USA", "China").releases
    assert (int(r.of(0).sum()), int(r.of(1).sum())) == (5, 5)
    assert scale_of(table.metric) == AS_GIVEN
