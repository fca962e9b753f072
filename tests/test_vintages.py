"""Two vintages side by side: sharing, mixing, Shapley values, and the figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from simulate import make_releases

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import WORDS, Window
from frontierlag.errors import ScoresError
from frontierlag.figures.sheet import Provenance
from frontierlag.fits.sampling import SamplerSettings
from frontierlag.jobs import Job
from frontierlag.names import CENSORED, VALUE
from frontierlag.scores import load_scores, parse_comparison, records, releases
from frontierlag.scores.side_by_side import (
    ARRAYS,
    SideBySide,
    record_holders,
    shared_models,
    unshared_models,
)
from frontierlag.studies.vintages.comparison import (
    AFTER,
    BEFORE,
    COMPONENTS,
    CORNERS,
    VintageComparison,
    compare_vintages,
    shapley_weights,
    side_by_side,
)
from frontierlag.studies.vintages.study import (
    moved_table,
    vintage_sentences,
    vintage_table,
    vintage_waterfall,
)

OLD, NEW = "eci-2025-12-19", "eci-2026-08-11"
END = date(2026, 1, 2)
SMALL = SamplerSettings(chains=2, draws=150, tune=250, seed=3)


@pytest.fixture(scope="module")
def pair(eci_old):
    table = load_scores(NEW, dates="as-published")
    return SideBySide(eci_old, releases(table, parse_comparison("us-china")), END)


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


# --- what is shared, and what moved


def test_33_of_128_shared_models_have_another_date():
    one, other = (
        load_scores(name, dates="as-published").frame.set_index("model")["released"]
        for name in (OLD, NEW)
    )
    shared = one.index.intersection(other.index)
    assert len(shared) == 128
    both = one[shared].notna() & other[shared].notna()
    assert int((one[shared] != other[shared])[both].sum()) == 33


@pytest.mark.parametrize(("comparison", "shared"), [("us-china", 117), ("closed-open", 127)])
def test_the_33_are_all_in_either_comparison(comparison, shared):
    a, b = (
        releases(load_scores(n, dates="as-published"), parse_comparison(comparison))
        for n in (OLD, NEW)
    )
    table = shared_models(SideBySide(a, b, END))
    assert len(table) == shared
    assert int((table["days"] != 0).sum()) == 33


def test_o3_is_dated_117_days_earlier(pair):
    row = shared_models(pair).set_index("model").loc["o3"]
    assert row["released_a"] == pd.Timestamp("2025-04-16")
    assert row["released_b"] == pd.Timestamp("2024-12-20")
    assert row["days"] == -117
    assert row["score_change"] == pytest.approx(146.90 - 146.76)


def test_names_that_changed_their_spelling_are_not_shared(pair):
    assert "Grok-2" in pair.a.model
    assert "Grok-2 (Dec 2024)" in pair.b.model
    assert not {"Grok-2", "Grok-2 (Dec 2024)"} & set(shared_models(pair)["model"])


def test_the_ends_are_the_vintages_themselves(pair, eci_old):
    assert same(pair.of("a"), eci_old)
    later = releases(load_scores(NEW, dates="as-published"), parse_comparison("us-china"), END)
    assert same(pair.of("b"), later)
    assert pair.of("b").as_of == END


def test_every_mixture_takes_each_part_from_its_side(pair):
    column = {"a": pair.a, "b": pair.b}
    shared = set(shared_models(pair)["model"])
    for scores, dates, members in CORNERS:
        mixed = pair.mixed(scores, dates, members)
        alone = set(mixed.model) - shared
        assert alone == {
            m
            for m, d in zip(column[members].model, column[members].date, strict=True)
            if m not in shared and d <= np.datetime64(END)
        }
        for model in ("o3", "DeepSeek-R1", "Cerebras-GPT-13B"):
            i = np.flatnonzero(mixed.model == model)[0]
            j, k = (np.flatnonzero(column[s].model == model)[0] for s in (scores, dates))
            assert mixed.score[i] == column[scores].score[j]
            assert mixed.low[i] == column[scores].low[j]
            assert mixed.stderr[i] == column[scores].stderr[j]
            assert mixed.day[i] == column[dates].day[k]


def test_a_shared_model_dated_after_the_end_leaves_with_its_date():
    a = make_releases([0, 10, 20, 5, 15, 30], [0, 0, 0, 1, 1, 1], [1.0, 2, 3, 1, 2, 3])
    b = make_releases([0, 10, 20, 5, 15, 45], [0, 0, 0, 1, 1, 1], [1.0, 2, 3, 1, 2, 9])
    both = SideBySide(a, b, date(1970, 1, 31))
    assert [len(both.mixed("a", d, "a")) for d in "ab"] == [6, 5]
    assert both.mixed("b", "a", "a").score.max() == 9


def test_other_tables_cannot_be_set_side_by_side(pair, eci_old):
    other = releases(load_scores(NEW, dates="as-published"), parse_comparison("closed-open"))
    with pytest.raises(ScoresError, match="cannot be set side by side"):
        SideBySide(eci_old, other, END)
    with pytest.raises(ScoresError, match="2026-01-02"):
        SideBySide(eci_old, pair.b, date(2026, 1, 3))


def test_record_holders_are_those_of_each_vintage(pair):
    table = record_holders(pair)
    for side in "ab":
        found = pair.of(side)
        assert set(table["model"][table[f"record_{side}"]]) == set(found.model[records(found)])
    changes = table.set_index("model")["change"]
    assert changes["o3"] == "none"
    assert changes["DeepSeek-V3.2"] == "became a record"
    assert changes["Gemini 1.5 Pro"].startswith("no longer a record")
    assert "eci-2026-08-11" in changes["Gemini 1.5 Pro"]
    assert (table["record_a"] | table["record_b"]).all()


def test_the_window_is_what_both_can_speak_for():
    pair, window = side_by_side(Job(OLD, dates="as-published"), Job(NEW, dates="as-published"))
    assert window == Window(date(2023, 9, 6), END)
    back, swapped = side_by_side(Job(NEW, dates="as-published"), Job(OLD, dates="as-published"))
    assert swapped == window
    assert (back.a.table, back.b.table) == (pair.b.table, pair.a.table)
    _, past = side_by_side(
        Job(OLD, as_of=date(2025, 6, 30), dates="as-published"), Job(NEW, dates="as-published")
    )
    assert past.as_of == date(2025, 6, 30)


# --- the decomposition


def test_shapley_values_of_an_additive_change_are_its_terms():
    terms = dict(zip(COMPONENTS, (0.5, -2.0, 3.0), strict=True))
    value = {
        corner: sum(terms[n] for n, s in zip(COMPONENTS, corner, strict=True) if s == "b")
        for corner in CORNERS
    }
    for name, weights in shapley_weights().items():
        assert sum(float(w) * value[c] for c, w in weights.items()) == pytest.approx(terms[name])


def test_shapley_values_are_the_mean_over_orders():
    value = dict(zip(CORNERS, np.random.default_rng(1).normal(size=8), strict=True))
    for k, name in enumerate(COMPONENTS):
        steps = []
        for order in permutations(range(3)):
            before = order[: order.index(k)]
            corner = ["b" if j in before else "a" for j in range(3)]
            after = ["b" if j in (*before, k) else "a" for j in range(3)]
            steps.append(value[tuple(after)] - value[tuple(corner)])
        weights = shapley_weights()[name]
        assert sum(float(w) * value[c] for c, w in weights.items()) == pytest.approx(np.mean(steps))
        assert sum(weights.values()) == 0


def made_up(pair, seed=0, distinct=True) -> VintageComparison:
    """A comparison whose lags are given, one a corner, or the same for all."""
    rng = np.random.default_rng(seed)

    def corner(k: int, lag: float):
        drawn = xr.DataArray(rng.normal(lag, 1.0, (4, 250)), dims=("chain", "draw"))
        share = xr.DataArray(np.full((4, 250, 1), 0.1), dims=("chain", "draw", "period"))
        data = xr.Dataset({VALUE: drawn.expand_dims(period=["window"], axis=-1), CENSORED: share})
        return SimpleNamespace(
            name="linear-stochastic",
            convergence=SimpleNamespace(converged=True, verdict=lambda: "converged"),
            fit=SimpleNamespace(observations=SimpleNamespace(releases=pair.of("a"))),
            measured=SimpleNamespace(
                lags={"trend": data, "realized": data + k}, lag=lambda kind, _: drawn
            ),
        )

    one = corner(0, 5.0)
    corners = {c: corner(k, 5.0 + 0.3 * k) if distinct else one for k, c in enumerate(CORNERS)}
    return VintageComparison(pair, Window(date(2023, 9, 6), END), corners)


def test_the_parts_add_up_to_the_total(pair):
    for change in made_up(pair).changes:
        assert sum(p.months for p in change.parts) == pytest.approx(change.total, abs=1e-12)
        assert change.total == pytest.approx(change.after.mean - change.before.mean, abs=1e-12)
        assert change.mcse == pytest.approx(
            np.hypot(change.before.mcse_mean, change.after.mcse_mean)
        )
        assert all(0 < p.mcse < change.mcse for p in change.parts)
        # The made-up corners are 0.3 apart in the order of CORNERS: 4 x 0.3 for scores, ...
        assert [p.months for p in change.parts] == pytest.approx([1.2, 0.6, 0.3], abs=0.2)


def test_identical_vintages_differ_by_nothing(eci_old):
    comparison = made_up(SideBySide(eci_old, eci_old, END), distinct=False)
    for change in comparison.changes:
        assert change.total == change.mcse == change.in_sds == 0
        for part in change.parts:
            assert part.months == part.mcse == part.first == part.last == 0
    assert comparison.pair.shared[0].size == len(eci_old)
    assert (record_holders(comparison.pair)["change"] == "none").all()


CSV = "model,country,released,score,low,high\n"


def write_vintage(path, rng, shift: float = 0.0, more: int = 0, late: str = "") -> str:
    rows = []
    for k in range(14 + more):
        for country, behind in (("USA", 0.0), ("China", 9.0)):
            day = date.fromordinal(date(2024, 1, 5).toordinal() + 45 * k + int(behind))
            name = f"{country}-{k}"
            if name == late:
                day = date.fromordinal(day.toordinal() + 40)
            score = 120 + 1.9 * k - behind + rng.normal(0, 1) + (shift if country == "USA" else 0)
            rows.append(f"{name},{country},{day},{score:.2f},{score - 2:.2f},{score + 2:.2f}\n")
    path.write_text(CSV + "".join(rows))
    return str(path)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vintages")
    rng = np.random.default_rng(5)
    a = write_vintage(folder / "ours_2025-09-30.csv", rng)
    b = write_vintage(folder / "ours_2025-12-31.csv", rng, 1.5, 1, late="China-6")
    lines: list[str] = []
    result = compare_vintages(Job(a), Job(b), SMALL, cores=2, done=lines.append)
    return result, lines, (a, b)


@pytest.mark.xdist_group("linear-stochastic")
def test_a_real_comparison_holds_together(compared):
    comparison, lines, _ = compared
    assert len(lines) == 8
    assert len({id(a) for a in comparison.corners.values()}) == 8
    assert all(isinstance(a, Analysis) for a in comparison.corners.values())
    table = vintage_table(comparison)
    for _, rows in table.groupby("lag"):
        months = rows.set_index("step")["months"]
        assert months[list(COMPONENTS)].sum() == pytest.approx(months["total"], abs=2e-6)
        assert months["to"] - months["from"] == pytest.approx(months["total"], abs=2e-6)
        assert (rows["lower90"].dropna() < rows["upper90"].dropna()).all()
    after = comparison.corners[AFTER].measured
    assert table[(table["lag"] == "realized") & (table["step"] == "to")]["months"].item() == (
        pytest.approx(float(after.lag("realized", "window").mean()), abs=1e-6)
    )
    moved = moved_table(comparison)
    assert (moved["against_trend"].abs().diff().dropna() <= 0).all()
    late = moved.set_index("model").loc["China-6"]
    assert late["days"] == 40
    assert late["against_trend"] < late["score_change"] - 0.5
    assert set(comparison.verdicts()) >= {"nothing", "scores, dates, releases"}
    # China-14 comes after the first vintage's last day.
    assert unshared_models(comparison.pair)["model"].tolist() == ["USA-14"]
    assert len(record_holders(comparison.pair)) > 5
    assert "Shapley" in vintage_sentences(comparison)[1]
    assert WORDS[comparison.pair.a.dates] in vintage_sentences(comparison)[1]


@pytest.mark.xdist_group("linear-stochastic")
def test_a_vintage_against_itself_is_fitted_once_and_changes_nothing(compared):
    _, _, (a, _) = compared
    comparison = compare_vintages(Job(a), Job(a), SMALL, cores=2)
    assert len({id(found) for found in comparison.corners.values()}) == 1
    steps = vintage_table(comparison).query("step in ('scores', 'dates', 'releases', 'total')")
    assert (steps[["months", "mcse_mean"]] == 0).all(axis=None)
    assert moved_table(comparison).empty


# --- the figure


def test_the_bars_are_the_parts(pair):
    changes = made_up(pair).changes
    about = Provenance("us-china", f"{OLD} and {NEW}", END, "linear-stochastic")
    figure = vintage_waterfall(changes, (OLD, NEW), about, "Two vintages")
    for axes, change in zip(figure.axes, changes, strict=True):
        bars = {p.get_gid(): p for p in axes.patches if p.get_gid() in COMPONENTS}
        heights = [bars[p.component].get_height() for p in change.parts]
        assert heights == pytest.approx([p.months for p in change.parts])
        means = [line.get_ydata()[0] for line in axes.lines if line.get_gid() == "mean"]
        assert means == pytest.approx([change.before.mean, change.after.mean])
        top = bars["releases"]
        assert top.get_y() + top.get_height() == pytest.approx(change.after.mean)
    stamped = vintage_waterfall(changes, (OLD, NEW), replace(about, converged=False), "")
    assert any("NOT CONVERGED" in t.get_text() for t in stamped.texts)


def test_before_and_after_are_the_pure_corners():
    assert set(BEFORE) == {"a"}
    assert set(AFTER) == {"b"}
    assert len(set(CORNERS)) == 8
