"""Figures on small made-up data: the numbers drawn are the numbers given."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontierlag.figures import (
    MeanLag,
    Provenance,
    diagnostic_figures,
    frontier_chart,
    information_curve,
    lag_over_time,
    mean_lags,
    save,
)
from frontierlag.figures.diagnostics import PREDICTIVE_DRAWS
from frontierlag.figures.labels import place_labels, short_names
from frontierlag.figures.lags import BOUND_WORDS
from frontierlag.figures.sheet import COLORS, CREDIT, INTERVALS, STAMP, new_figure
from frontierlag.intervals import Summary, summarize
from frontierlag.results.charts import BANDS, release_table
from frontierlag.scores import Comparison, Releases
from frontierlag.scores.metric import ECI

AS_OF = date(2025, 6, 30)
ABOUT = Provenance("us-china", "made-up", AS_OF, "linear-stochastic", credit=CREDIT)
FAILED = replace(ABOUT, converged=False)
US_CHINA = Comparison("us-china", "USA", "China", "country")


def made_up_releases(n: int = 12) -> Releases:
    """Two groups of ``n`` releases, every one a record, and one of each far below."""
    day = np.r_[19500 + 60 * np.arange(n), 19510 + 60 * np.arange(n), 19600, 19601]
    score = np.r_[110.0 + 4 * np.arange(n), 102.0 + 4 * np.arange(n), 40.0, 41.0]
    group = np.r_[np.zeros(n), np.ones(n), 0, 1].astype(np.int64)
    names = [f"Leader-{k} (May 2024)" for k in range(n)] + [f"Follower-{k}" for k in range(n)]
    model = np.array([*names, "Tiny A", "Tiny B"])
    order = np.lexsort((model, score, day))
    error = np.full(len(day), 1.5)
    return Releases(
        comparison=US_CHINA,
        metric=ECI,
        as_of=AS_OF,
        table="made-up",
        model=model[order],
        organization=model[order],
        day=day[order],
        group=group[order],
        score=score[order],
        stderr=error,
        stderr_low=error,
        stderr_high=error,
        low=score[order] - 2,
        high=score[order] + 3,
    )


def made_up_curves() -> pd.DataFrame:
    """Rows as of ``bands.csv``: smooth trends, and best available as steps, which begin later."""
    dates = np.arange("2023-05-23", "2025-06-30", 10, dtype="M8[D]").astype(str)
    rise = np.linspace(110, 154, len(dates))
    parts = []
    for group, below, first in (("USA", 0, 0), ("China", 8, 3)):
        for curve, values in (("trend", rise - below), ("best", np.floor((rise - below) / 4) * 4)):
            start = first if curve == "best" else 0
            parts.append(banded({"curve": curve, "group": group, "date": dates}, values)[start:])
    return pd.concat(parts, ignore_index=True)


def banded(about: dict, middle: np.ndarray, ends=(-3.0, -1, 0.5, 1, 4)) -> pd.DataFrame:
    levels = {name: middle + end for name, end in zip(BANDS, ends, strict=True)}
    return pd.DataFrame(about | levels)


def made_up_lags() -> pd.DataFrame:
    """Rows as of ``lag_by_day.csv``."""
    dates = np.arange("2024-01-01", "2025-06-30", 5, dtype="M8[D]").astype(str)
    n = len(dates)
    wave = 6 + 2 * np.sin(np.arange(n) / 9)
    shares = {"undefined": np.where(np.arange(n) >= n - 8, 0.12, 0), "censored": 0.0}
    trend = banded({"lag": "trend", "date": dates}, wave, (-4.0, -1, 0, 1.5, 5)).assign(**shares)
    shares = {"undefined": 0.0, "censored": np.where(np.arange(n) < 20, 0.9, 0)}
    realized = banded({"lag": "realized", "date": dates}, wave + 1, (-4.0, -1, 0, 1.5, 5))
    return pd.concat([trend, realized.assign(**shares)], ignore_index=True)


def made_up_chart(about: Provenance = ABOUT, title: str = "Title") -> Figure:
    shown = release_table(made_up_releases())
    return frontier_chart(shown, made_up_curves(), US_CHINA, ECI, about, title, "Subtitle")


def made_up_means(converged: bool = True) -> list[MeanLag]:
    rng = np.random.default_rng(3)
    lags = []
    for k, model in enumerate(("linear-records", "linear-stochastic")):
        for kind in ("trend", "realized"):
            draws = rng.normal(5 + k, 1, (4, 250))
            if k == 1 and kind == "trend":
                draws[0, :20] = np.nan
            summary = summarize(xr.DataArray(draws, dims=("chain", "draw")))
            lags.append(MeanLag(model, kind, draws, summary, converged or k == 1))
    return lags


def made_up_tree() -> xr.DataTree:
    rng = np.random.default_rng(5)
    sample, n = (2, 200), 25
    center = np.linspace(100, 150, n)
    score = center + rng.normal(0, 2, n)
    dims, coords = ("chain", "draw"), {"chain": np.arange(2), "draw": np.arange(200)}
    predicted = center + rng.normal(0, 2, (*sample, n))
    density = -0.5 * ((score - center + rng.normal(0, 0.1, (*sample, n))) / 2) ** 2
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "level": ((*dims, "group"), rng.normal(size=(*sample, 2))),
                    "scatter": (dims, rng.normal(size=sample)),
                },
                {**coords, "group": ["USA", "China"]},
            ),
            "sample_stats": xr.Dataset({"energy": (dims, rng.normal(size=sample))}, coords),
            "posterior_predictive": xr.Dataset({"score": ((*dims, "release"), predicted)}, coords),
            "log_likelihood": xr.Dataset({"score": ((*dims, "release"), density)}, coords),
            "observed_data": xr.Dataset({"score": ("release", score)}),
        }
    )


@pytest.fixture(scope="module")
def chart() -> Figure:
    return made_up_chart()


def words(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def with_gid(figure: Figure, gid: str) -> list:
    return figure.findobj(lambda artist: artist.get_gid() == gid)


def edges(fill: PolyCollection, x: float) -> tuple[float, float]:
    """Lowest and highest vertex of a filled band at one place."""
    (path,) = fill.get_paths()
    y = path.vertices[np.isclose(path.vertices[:, 0], x), 1]
    return y.min(), y.max()


def overlapping(texts: list[Text]) -> list[tuple[str, str]]:
    boxes = [(text.get_text(), text.get_window_extent().extents) for text in texts]
    return [
        (a, b)
        for k, (a, p) in enumerate(boxes)
        for b, q in boxes[k + 1 :]
        if p[0] < q[2] and q[0] < p[2] and p[1] < q[3] and q[1] < p[3]
    ]


def inside(figure: Figure) -> None:
    """Assert that no text that is drawn leaves the sheet."""
    figure.draw_without_rendering()
    unseen = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in unseen:
            extents = text.get_window_extent().extents
            assert (extents[:2] >= 0).all(), text
            assert (extents[2:] <= figure.bbox.size).all(), text


def test_trend_bands_are_the_quantiles_given(chart: Figure) -> None:
    (axes,) = chart.axes
    bands = made_up_curves()
    fills = [c for c in axes.collections if isinstance(c, PolyCollection)]
    assert len(fills) == 4
    for group, pair in (("USA", fills[:2]), ("China", fills[2:])):
        own = bands[(bands["group"] == group) & (bands["curve"] == "trend")]
        for fill, ends in zip(pair, (["lower90", "upper90"], ["lower50", "upper50"]), strict=True):
            for k in (0, 17, -1):
                expected = tuple(own[ends].iloc[k])
                assert edges(fill, date2num(np.datetime64(own["date"].iloc[k]))) == pytest.approx(
                    expected
                )


def test_staircase_is_a_step_at_each_date(chart: Figure) -> None:
    (axes,) = chart.axes
    steps = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
    assert [line.get_color() for line in steps] == list(COLORS)
    best = made_up_curves().query("curve == 'best'")
    for group, line in zip(("USA", "China"), steps, strict=True):
        own = best[best["group"] == group]
        np.testing.assert_array_equal(line.get_ydata(), own["median"])
        np.testing.assert_array_equal(line.get_xdata(), date2num(pd.to_datetime(own["date"])))


def test_records_are_drawn_at_date_and_score_and_named_once(chart: Figure) -> None:
    releases = made_up_releases()
    for group in (0, 1):
        (dots,) = with_gid(chart, f"records-{group}")
        here = releases.of(group) & (releases.score > 50)
        expected = np.column_stack([date2num(releases.date[here]), releases.score[here]])
        np.testing.assert_allclose(dots.get_offsets(), expected)
    names = sorted(text.get_text() for text in with_gid(chart, "label"))
    expected_names = [f"Leader-{k}" for k in range(12)] + [f"Follower-{k}" for k in range(1, 12)]
    assert names == sorted(expected_names)


def test_chart_says_what_it_leaves_out_and_whose_data_it_is(chart: Figure) -> None:
    said = words(chart)
    below = "Not shown: 3 releases with a score below 103, among them the first record Follower-0."
    assert below in said
    assert INTERVALS in said
    for part in ("linear-stochastic", "made-up", "2025-06-30", "Epoch AI", "CC BY 4.0", "https://"):
        assert part in said
    assert STAMP not in said


def test_labels_do_not_overlap_nor_leave_the_axes(chart: Figure) -> None:
    labels = with_gid(chart, "label")
    assert overlapping(labels) == []
    frame = chart.axes[0].get_window_extent().extents
    for text in labels:
        box = text.get_window_extent().extents
        assert (box[:2] >= frame[:2]).all()
        assert (box[2:] <= frame[2:]).all()


def test_crowded_labels_are_dropped_rather_than_overlaid() -> None:
    figure = new_figure((2, 2))
    axes = figure.subplots()
    points = np.full((40, 2), 0.5) + np.arange(40)[:, None] * 1e-4
    names = [f"a rather long name {k}" for k in range(40)]
    texts = place_labels(axes, points, names, np.ones(40), ["k"] * 40, [], 7)
    assert 0 < len(texts) < 40
    assert overlapping(texts) == []


def test_label_keeps_clear_of_a_curve() -> None:
    figure = new_figure((4, 4))
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    curve = np.array([[0.0, 0.5], [1.0, 0.5]])
    (text,) = place_labels(axes, np.array([[0.5, 0.5]]), ["name"], np.ones(1), ["k"], [curve], 8)
    box = axes.transData.inverted().transform(text.get_window_extent().get_points())
    assert box[0, 1] > 0.5
    assert box[1, 1] < 0.6


def test_short_names_stay_unique() -> None:
    everything = ["R1 (Jan 2025)", "R1 (May 2025)", "V3 (Dec 2024)", "o1"]
    assert short_names(everything[1:], everything) == ["R1 (May 2025)", "V3", "o1"]


def test_lag_bands_are_the_quantiles_given_and_bounds_are_marked() -> None:
    lags = made_up_lags()
    figure = lag_over_time(lags, ABOUT, "Title")
    inside(figure)
    own = lags[lags["lag"] == "trend"]
    x = date2num(pd.to_datetime(own["date"]))
    trend, realized = figure.axes
    fills = [c for c in trend.collections if isinstance(c, PolyCollection) and c.get_paths()]
    for fill, ends in zip(fills, (["lower90", "upper90"], ["lower50", "upper50"]), strict=False):
        assert edges(fill, x[30]) == pytest.approx(tuple(own[ends].iloc[30]))
    np.testing.assert_allclose(trend.lines[0].get_ydata(), own["median"])
    assert trend.get_ylim() == realized.get_ylim()
    (bound,) = with_gid(figure, "bound")
    assert bound.axes is realized
    assert (bound.get_x(), bound.get_x() + bound.get_width()) == (x[0], x[20])
    (missing,) = with_gid(figure, "undefined")
    assert (missing.get_x(), missing.get_x() + missing.get_width()) == (x[-8], x[-1])
    said = words(figure)
    assert ABOUT.published_label in said
    assert BOUND_WORDS["realized"] in said
    assert BOUND_WORDS["trend"] not in said
    assert "12 %" in said
    assert [line.get_ydata()[0] for line in with_gid(figure, "published")] == [7.0, 7.0]


def test_published_line_names_its_comparison_elsewhere() -> None:
    about = replace(ABOUT, comparison="closed-open")
    assert about.published_label != ABOUT.published_label
    assert about.published_label in words(lag_over_time(made_up_lags(), about, "Title"))


def test_lag_without_any_value_is_said() -> None:
    lags = made_up_lags()
    lags.loc[lags["lag"] == "trend", list(BANDS)] = np.nan
    assert "no draw has a value" in words(lag_over_time(lags, ABOUT, "Title"))


def test_mean_lags_draw_the_summaries_given() -> None:
    lags = made_up_means()
    figure = mean_lags(lags, ABOUT, "Title")
    inside(figure)
    thin = sorted(tuple(line.get_xdata()) for line in with_gid(figure, "interval90"))
    assert thin == sorted((lag.summary.lower90, lag.summary.upper90) for lag in lags)
    thick = sorted(tuple(line.get_xdata()) for line in with_gid(figure, "interval50"))
    assert thick == sorted((lag.summary.lower50, lag.summary.upper50) for lag in lags)
    medians = sorted(line.get_xdata()[0] for line in with_gid(figure, "median"))
    assert medians == sorted(lag.summary.median for lag in lags)
    assert "2.0 %" in words(figure)
    assert STAMP not in words(figure)


def test_model_that_did_not_converge_is_hollow_and_says_so() -> None:
    figure = mean_lags(made_up_means(converged=False), ABOUT, "Title")
    hollow = [line for line in with_gid(figure, "median") if line.get_markerfacecolor() == "white"]
    assert len(hollow) == 2
    assert f"linear-records\n{STAMP}" in words(figure)


def test_mean_lag_without_any_value_is_said() -> None:
    nothing = Summary(*[np.nan] * 8, undefined=1.0)
    lag = MeanLag("linear-records", "trend", np.full((2, 5), np.nan), nothing)
    assert "no draw has a lag" in words(mean_lags([lag], ABOUT, "Title"))


@pytest.fixture(scope="module")
def diagnostics() -> dict[str, Figure]:
    return diagnostic_figures(made_up_tree(), ["level", "scatter"], FAILED)


def test_diagnostics_are_four_figures_with_titles_and_stamp(
    diagnostics: dict[str, Figure], tmp_path: Path
) -> None:
    assert list(diagnostics) == ["rank", "energy", "ppc", "loo_pit"]
    titles = [axes.get_title(loc="left") for axes in diagnostics["rank"].axes]
    assert titles[:3] == ["level, USA", "level, China", "scatter"]
    assert f"{PREDICTIVE_DRAWS} tables" in words(diagnostics["ppc"])
    for name, figure in diagnostics.items():
        inside(figure)
        assert STAMP in words(figure)
        assert "Epoch AI" in words(figure)
        svg, _ = save(figure, tmp_path, name)
        assert svg.stat().st_size < 300_000


@pytest.mark.parametrize("name", ["chart", "lag"])
def test_stamp_on_what_did_not_converge(name: str) -> None:
    if name == "chart":
        figure = made_up_chart(FAILED, "A title " * 14)
    else:
        figure = lag_over_time(made_up_lags(), FAILED, "A title " * 14)
    inside(figure)
    stamps = [text for text in figure.findobj(Text) if text.get_text() == STAMP]
    assert len(stamps) == 1 + len(figure.axes)
    heading = [
        text for text in figure.texts if text.get_text() == STAMP or "title" in text.get_text()
    ]
    assert len(heading) > 2
    assert overlapping(heading) == []


def test_credit_of_other_data_replaces_epochs() -> None:
    about = replace(ABOUT, credit="Data: mine.csv.")
    said = words(lag_over_time(made_up_lags(), about, "Title"))
    assert "mine.csv" in said
    assert CREDIT not in said


def test_settings_of_the_caller_stay_as_they_are(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    save(lag_over_time(made_up_lags(), ABOUT, "Title"), tmp_path, "lag")
    assert dict(mpl.rcParams) == before


def test_same_bytes_in_every_process(chart: Figure, tmp_path: Path) -> None:
    """Hash seeds differ between processes; the files must not."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_figures import *\n"
        "save(made_up_chart(), Path(sys.argv[2]), 'chart')\n"
    )
    other = tmp_path / "other"
    subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__).parent), str(other)], check=True
    )
    for path in save(made_up_chart(), tmp_path / "here", "chart"):
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name
        assert b"font-family" in path.read_bytes() or path.suffix == ".png"


def made_up_information() -> pd.DataFrame:
    """Rows as of ``information.csv``: a curve with one peak, and two lines a group."""
    level = np.linspace(100, 160, 41)
    total = 0.2 + 12 * np.exp(-0.5 * ((level - 150) / 6) ** 2)
    scale = pd.DataFrame(
        {
            "what": "scale",
            "level": level,
            "information": total,
            "information_lower90": 0.8 * total,
            "information_upper90": 1.3 * total,
        }
    )
    best = [
        {"what": "best", "group": group, "date": day, "level": at}
        for group, ends in (("USA", (118.0, 155.0)), ("China", (112.0, 148.0)))
        for day, at in zip(("2023-06-24", "2025-06-30"), ends, strict=True)
    ]
    return pd.concat([scale, pd.DataFrame(best)], ignore_index=True)


@pytest.mark.parametrize("about", [ABOUT, FAILED])
def test_information_is_drawn_as_given_with_its_standard_error(about):
    table, shown = made_up_information(), release_table(made_up_releases())
    figure = information_curve(table, shown, US_CHINA, ECI, about, "Where?")
    axes = figure.axes[0]
    scale = table[table["what"] == "scale"]
    line = next(one for one in axes.lines if one.get_gid() == "information")
    np.testing.assert_allclose(line.get_xdata(), scale["level"])
    np.testing.assert_allclose(line.get_ydata(), scale["information"])
    (interval,) = [one for one in axes.collections if one.get_gid() == "interval90"]
    edges = interval.get_paths()[0].vertices
    for bound in ("information_lower90", "information_upper90"):
        pairs = scale[["level", bound]].to_numpy()
        assert all((np.abs(edges - pair) < 1e-9).all(1).any() for pair in pairs)
    for side, group in enumerate(("USA", "China")):
        (rug,) = [one for one in axes.collections if one.get_gid() == f"releases-{side}"]
        places = sorted(path.vertices[0, 0] for path in rug.get_paths())
        np.testing.assert_allclose(places, sorted(shown["score"][shown["group"] == group]))
        at = [one.get_xdata()[0] for one in axes.lines if one.get_color() == COLORS[side]]
        best = table[(table["what"] == "best") & (table["group"] == group)]
        assert set(best["level"]) <= set(at)
    figure.draw_without_rendering()
    (errors,) = axes.child_axes
    low, high = axes.get_ylim()
    # The same heights on the other axis: one over the root of the information.
    np.testing.assert_allclose(sorted(errors.get_ylim()), sorted((low**-0.5, high**-0.5)))
    words = [text.get_text() for text in figure.findobj(Text)]
    assert any("2023-06-24" in one for one in words)
    assert (STAMP in words) is (about is FAILED)
