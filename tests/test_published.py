"""The published figure and its conventions."""

from __future__ import annotations

from datetime import date

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from simulate import make_releases

from frontierlag.dates import day_number
from frontierlag.lags.published import catch_up, conventions, daily, release_matched

rows = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 1), st.integers(0, 24).map(lambda i: i / 2)),
    min_size=4,
    max_size=24,
)


def by_group(table):
    return [
        naive.record_rows([d for d, h, _ in table if h == g], [s for _, h, s in table if h == g])
        for g in (0, 1)
    ]


def assert_same(convention, lags, left_over):
    assert (convention.n, convention.censored) == (len(lags), left_over)
    expected = (np.mean(lags), min(lags), max(lags)) if lags else (np.nan,) * 3
    got = convention.mean, convention.minimum, convention.maximum
    np.testing.assert_allclose(got, expected, atol=1e-12)


@pytest.mark.parametrize(("which", "figures"), [(0, (6.69, 3.52, 13.80)), (1, (6.15, 1.12, 13.77))])
def test_the_published_figures(eci_old, which, figures):
    made = (release_matched(eci_old), daily(eci_old, date(2026, 1, 2)))[which]
    assert tuple(round(v, 2) for v in (made.mean, made.minimum, made.maximum)) == figures


def test_the_vintages_own_as_of_date_is_the_second_of_january(eci_old):
    assert eci_old.as_of == date(2026, 1, 2)
    assert conventions(eci_old)[1] == daily(eci_old, date(2026, 1, 2))


@pytest.mark.parametrize("vintage", ["eci_old", "eci_new"])
def test_conventions_on_the_real_tables(vintage, request):
    r = request.getfixturevalue(vintage)
    leader, follower = by_group(list(zip(r.day.tolist(), r.group, r.score, strict=True)))
    assert_same(release_matched(r), *naive.release_matched(leader, follower))
    assert_same(daily(r), *naive.daily(leader, follower, day_number(r.as_of)))
    lags, unmatched = naive.catch_up(leader, follower)
    assert_same(catch_up(r), lags, unmatched)
    # What the follower has not matched yet is counted: every record of the leader is accounted for.
    assert unmatched > 0
    assert catch_up(r).n + catch_up(r).censored == len(leader)


@hypothesis_settings(max_examples=200)
@given(rows)
def test_release_matched_and_catch_up_on_made_tables(table):
    day, group, score = zip(*table, strict=True)
    r = make_releases(day, group, score)
    leader, follower = by_group(table)
    assert_same(release_matched(r), *naive.release_matched(leader, follower))
    assert_same(catch_up(r), *naive.catch_up(leader, follower))


@hypothesis_settings(max_examples=200)
@given(rows)
def test_daily_on_made_tables(table):
    # Two records at least a group, before the first of the table.
    table = [
        (0, 0, 0.0),
        (1, 0, 0.5),
        (0, 1, 0.0),
        (2, 1, 0.5),
        *((d + 3, g, s) for d, g, s in table),
    ]
    day, group, score = zip(*table, strict=True)
    r = make_releases(day, group, score)
    leader, follower = by_group(table)
    assert_same(daily(r), *naive.daily(leader, follower, max(day)))


def test_the_margin_is_a_point_of_an_index_and_can_be_chosen(eci_old):
    leader, follower = by_group(
        list(zip(eci_old.day.tolist(), eci_old.group, eci_old.score, strict=True))
    )
    for margin in (0.0, 1.0, 3.0):
        assert_same(
            release_matched(eci_old, margin), *naive.release_matched(leader, follower, margin)
        )
    assert release_matched(eci_old, 1.0) == release_matched(eci_old)
    assert release_matched(eci_old, 0.0).mean > release_matched(eci_old, 3.0).mean
