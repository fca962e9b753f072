"""The picture of the two lags, drawn when the pages are built, from a table of the package.

Staircases are the best published scores of each group. The lines are the mode of the posterior of
`linear-stochastic`, found by climbing its density: a point, without the interval that a fit has.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import minimize
from sphinx.application import Sphinx

from frontierlag.dates import day_number
from frontierlag.figures import Provenance, save
from frontierlag.figures.sheet import (
    COLORS,
    LAG_COLORS,
    NEUTRAL,
    add_sheet,
    date_axis,
    new_figure,
    styled,
)
from frontierlag.frontiers.observations import Observations
from frontierlag.jobs import Job, Prepared
from frontierlag.lags.realized import Staircase, realized_lag
from frontierlag.lags.trend import curve, trend_lag
from frontierlag.model import ModelSpec
from frontierlag.names import FOLLOWER, LEADER, REALIZED, TREND
from frontierlag.scores.registry import registry
from frontierlag.scores.releases import subset

SCORES, COMPARISON, MODEL = registry().roles.scores, "us-china", "linear-stochastic"
FIRST = date(2025, 5, 1)
STEM = "two-lags"


def posterior_mode(spec: ModelSpec, job: Prepared) -> dict[str, np.ndarray]:
    """Parameters at the highest point of the posterior density, shape ``(2,)`` each.

    Groups share no parameter, so each is climbed by itself, over the logarithms of what is
    positive; what is climbed is the density of the parameters themselves. Not every start leads to
    the highest peak (a wide scatter without a shortfall is one of its own): the best of several
    counts.
    """
    names = [q.name for q in spec.parameters]
    positive = np.array([name in ("scatter", "shortfall") for name in names])
    best = []
    for group in (LEADER, FOLLOWER):
        r = job.releases
        own = Observations(subset(r, r.of(group)), spec.observations(r).reference)

        def minus_log_density(x: np.ndarray, own: Observations = own) -> float:
            values = np.where(positive, np.exp(x), x)
            p = {name: np.full(2, value) for name, value in zip(names, values, strict=True)}
            prior = sum(float(q.prior.logp(values[i])) for i, q in enumerate(spec.parameters))
            mu = spec.trend_at(p, own)
            found = prior + float(spec.frontier.log_likelihood(p, mu, own.arrays).sum())
            return -found if np.isfinite(found) else 1e12

        slope, level = np.polyfit(own.arrays["years"], own.arrays["observed"], 1)
        climbs = [
            minimize(
                minus_log_density,
                # Releases lie a shortfall below their frontier on average.
                [level + shortfall, slope, np.log(2.0), np.log(shortfall)],
                method="L-BFGS-B",
            )
            for shortfall in (4.0, 10.0)
        ]
        highest = min(climbs, key=lambda climb: float(climb.fun))
        best.append(np.where(positive, np.exp(highest.x), highest.x))
    return {name: np.array([one[i] for one in best]) for i, name in enumerate(names)}


def draw(folder: Path) -> None:
    """Draw the picture and write it as SVG and PNG."""
    job = Job(SCORES, COMPARISON).prepare()
    spec = ModelSpec.of(MODEL, job.table.metric)
    p, r = posterior_mode(spec, job), job.releases
    reference = spec.observations(r).reference
    last = day_number(r.as_of)
    days = np.arange(day_number(FIRST), last + 1)
    stairs = [Staircase.of(r.day[r.of(g)], r.score[r.of(g)]) for g in (LEADER, FOLLOWER)]
    trends = [curve(spec.trend, p, days, reference, g) for g in (LEADER, FOLLOWER)]
    today = days[-1:]
    realized = float(realized_lag(stairs[LEADER], stairs[FOLLOWER], today)[0][0])
    first = int(r.day[r.of(LEADER)].min())
    smooth = float(trend_lag(spec.trend, p, today, reference, first, last)[0][0])
    level = {REALIZED: float(stairs[FOLLOWER].on(today)[0]), TREND: float(trends[FOLLOWER][-1])}
    with styled():
        figure = new_figure((8.2, 5.2))
        key: list[tuple[Any, str]] = [
            (Line2D([], [], color=NEUTRAL, lw=2), "best score available"),
            (Line2D([], [], color=NEUTRAL, lw=1.4, ls=(0, (5, 2))), "trend (posterior mode)"),
            (Line2D([], [], color=NEUTRAL, marker="o", ls="none", ms=4), "a release"),
        ]
        place = add_sheet(
            figure,
            "Two lags on one day",
            "From what the follower has on the last day back to when the leader had as much: "
            "on its trend, and in its best model.",
            Provenance(COMPARISON, SCORES, r.as_of, MODEL),
            key=key,
            right=0.75,
        )
        axes = figure.subplots(gridspec_kw=place)
        for g, name in enumerate(r.group_names):
            color = COLORS[g]
            axes.step(days, stairs[g].on(days), where="post", color=color, lw=2)
            axes.plot(days, trends[g], color=color, lw=1.4, ls=(0, (5, 2)))
            shown = r.of(g) & (r.day >= days[0]) & (r.score >= 136)
            axes.plot(r.day[shown], r.score[shown], "o", ms=4, color=color, alpha=0.45, lw=0)
            axes.annotate(
                name, (days[-1], stairs[g].on(today)[0]), xytext=(6, 0),
                textcoords="offset points", color=color, va="center", weight="bold",
            )  # fmt: skip
        _arrow(axes, last, level[REALIZED], realized, REALIZED, -14)
        _arrow(axes, last, level[TREND], smooth, TREND, 7)
        axes.set(xlim=(days[0], last), ylabel="ECI, points")
        axes.set_ylim(bottom=136)
        date_axis(axes, 2)
    save(figure, folder, STEM)


def _arrow(axes: Axes, last: int, level: float, months: float, kind: str, above: int) -> None:
    """An arrow from the last day back by a lag, with its length in words."""
    color, back = LAG_COLORS[kind], last - months * 365.25 / 12
    axes.annotate(
        "", (back, level), (last, level), zorder=3,
        arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    axes.annotate(
        f"{kind} lag: {months:.1f} months", ((back + last) / 2, level), xytext=(0, above),
        zorder=2.9, textcoords="offset points", color=color, ha="center", weight="bold",
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
    )  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    """Draw before the pages are read."""
    app.connect("builder-inited", lambda app: draw(Path(app.srcdir) / "_made"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
