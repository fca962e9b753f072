"""The publisher's later conventions, for open and closed weights: by hand, and its figures."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from frontierlag.dates import DAYS_PER_MONTH, day_number
from frontierlag.lags.published import between_levels, equivalence
from frontierlag.scores import Releases, load_scores, parse_comparison, releases
from frontierlag.scores.groups import US_CHINA
from frontierlag.scores.metric import ECI

START = day_number(date(2024, 1, 1))


def small(rows, last):
    """Releases of (day, group, score, stderr), a table that ends on day ``last``."""
    day, group, score, stderr = (np.array(column) for column in zip(*rows, strict=True))
    order = np.lexsort((score, day))
    day, group, score, stderr = day[order], group[order], score[order] * 1.0, stderr[order] * 1.0
    return Releases(
        comparison=US_CHINA, metric=ECI, as_of=date.fromordinal(last + START + 719163),
        table="small", model=np.array([f"m{i:02d}" for i in range(len(day))]),
        organization=np.full(len(day), "x"), day=day + START, group=group, score=score,
        stderr=stderr, stderr_low=stderr, stderr_high=stderr, low=score, high=score,
    )  # fmt: skip


def test_an_equivalence_on_points_worked_out_by_hand():
    rows = [(0, 0, 100, 1), (10, 1, 101, 1), (20, 0, 103, 1), (40, 0, 104, 1)]
    table = small(rows, 50)
    # 103 - 101 is 1.41 standard errors of the difference, 104 - 101 is 2.12; 1.645 are needed.
    # Days 10 to 39: no record is better beyond doubt. Days 40 to 50: since day 40.
    found = equivalence(table)
    assert (found.n, found.censored, found.minimum) == (41, 0, 0)
    assert found.maximum * DAYS_PER_MONTH == pytest.approx(10)
    assert found.mean * DAYS_PER_MONTH == pytest.approx(sum(range(11)) / 41)
    # By strict exceedance 103 is enough: days 20 to 50, since day 20.
    found = equivalence(table, 0.5)
    assert found.mean * DAYS_PER_MONTH == pytest.approx(sum(range(31)) / 41)
    late = equivalence(table, 0.5, since=date.fromordinal(START + 45 + 719163))
    assert late.mean * DAYS_PER_MONTH == pytest.approx(np.mean(range(25, 31)))


def test_a_day_knows_nothing_of_later_records():
    rows = [(0, 0, 100, 0), (10, 1, 105, 0), (100, 0, 110, 0), (200, 0, 111, 30)]
    # Until day 199 the lead of 110 over 105 is certain, from day 100 on; the record of day 200 is
    # doubtful, so that from then on no release is better beyond doubt.
    found = equivalence(small(rows, 150))
    assert found.maximum * DAYS_PER_MONTH == pytest.approx(50)
    longer = equivalence(small(rows, 210))
    assert longer.maximum * DAYS_PER_MONTH == pytest.approx(99)
    assert longer.mean * DAYS_PER_MONTH == pytest.approx(sum(range(100)) / 201)


def test_without_errors_the_higher_score_is_better_and_the_first_is_a_bound():
    rows = [(0, 0, 100, 0), (5, 1, 100, 0), (20, 0, 103, 0)]
    assert equivalence(small(rows, 30)).maximum * DAYS_PER_MONTH == pytest.approx(10)
    rows = [(0, 0, 110, 1), (5, 1, 100, 1), (20, 0, 113, 1)]
    found = equivalence(small(rows, 30))
    assert found.censored == found.n == 26
    assert found.maximum * DAYS_PER_MONTH == pytest.approx(30)


def test_between_levels_worked_out_by_hand():
    rows = [
        *[(0, 0, 90, 1), (10, 0, 100, 1), (30, 0, 110, 1)],
        *[(0, 1, 90.5, 1), (40, 1, 100, 1), (130, 1, 110, 1)],
    ]
    found, spread = between_levels(small(rows, 200), 11)
    # At 100 the follower is 30 days later, at 101 to 110 it is 100 days later.
    lags = np.array([30, *[100] * 10]) / DAYS_PER_MONTH
    assert found.mean == pytest.approx(lags.mean())
    assert spread == pytest.approx(np.quantile(lags, (0.05, 0.95)))


def test_the_publishers_figures_of_open_weights_come_out_nearly():
    # By day of first use: in October 2025 the publisher's own file had o3 at that day.
    table = load_scores("eci-2026-08-11")
    comparison = parse_comparison("closed-open")
    newest = releases(table, comparison)
    in_2026 = date(2026, 1, 1)
    # Published: 4 months by equivalence and 6 by strict exceedance, over which days is not said.
    last = equivalence(newest, since=newest.as_of)
    assert last.mean == pytest.approx(4, abs=0.5)
    assert equivalence(newest, 0.5, since=in_2026).mean == pytest.approx(6, abs=0.75)
    # Published in October 2025: 3.5 (1.1 to 5.3).
    found, (low, high) = between_levels(releases(table, comparison, date(2025, 10, 31)))
    assert found.mean == pytest.approx(3.5, abs=0.5)
    assert (low, high) == pytest.approx((1.1, 5.3), abs=0.5)
