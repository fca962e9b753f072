"""Figures of a fit, from the fit alone."""

from __future__ import annotations

from matplotlib.figure import Figure

from frontierlag.analyses.analysis import Analysis
from frontierlag.figures import (
    MeanLag,
    Provenance,
    frontier_chart,
    lag_over_time,
    mean_lags,
)
from frontierlag.intervals import summarize
from frontierlag.names import AT_RELEASE, WINDOW
from frontierlag.results.bands import LAG_KIND, charted, curve_bands, lag_bands


def frontier(analysis: Analysis) -> Figure:
    """Score against release date, with the posterior of both frontiers."""
    observations = analysis.fit.observations
    scores = "published" if observations.responses is None else "posterior"
    shown = charted(analysis, observations.releases)
    about = Provenance.of(analysis)
    return frontier_chart(shown, curve_bands(analysis), about, _title(analysis), scores=scores)


def lag_by_day(analysis: Analysis, kind: str) -> Figure:
    """The trend lag or the realized lag on each day of the window."""
    bands = lag_bands(analysis).sel({LAG_KIND: [kind]})
    return lag_over_time(bands, Provenance.of(analysis), _title(analysis), _window(analysis))


def lag_of_period(analysis: Analysis, kind: str, period: str) -> Figure:
    """The posterior of a lag over one period."""
    draws = analysis.measured.lag(kind, period)
    one = MeanLag(
        analysis.name, kind, draws.to_numpy(), summarize(draws), analysis.convergence.converged
    )
    what = "lag at release" if kind == AT_RELEASE else f"{kind} lag"
    over = _window(analysis) if period == WINDOW else period
    title = f"{_title(analysis)}: {what}"
    return mean_lags([one], Provenance.of(analysis), title, over)


def _title(analysis: Analysis) -> str:
    leader, follower = analysis.fit.observations.releases.group_names
    return f"{follower} behind {leader}"


def _window(analysis: Analysis) -> str:
    window = analysis.measured.window
    return f"{window.since} to {window.as_of}"
