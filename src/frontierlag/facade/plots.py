"""Figures of a fit, from the fit alone: drawn from the same tables as those of a results folder."""

from __future__ import annotations

from matplotlib.figure import Figure

from frontierlag.analyses.analysis import Analysis
from frontierlag.figures import MeanLag, Provenance, frontier_chart, lag_over_time, mean_lags
from frontierlag.intervals import summarize
from frontierlag.names import AT_RELEASE, WINDOW
from frontierlag.results import charts
from frontierlag.results.tables import capability_table


def frontier(analysis: Analysis) -> Figure:
    """Score against release date, with the posterior of both frontiers."""
    observations = analysis.fit.observations
    r = observations.releases
    scores = "published" if observations.responses is None else "posterior"
    shown = charts.releases_shown(capability_table(analysis), analysis.name)
    about, title = Provenance.of(analysis), _title(analysis)
    bands = charts.band_table(analysis)
    return frontier_chart(shown, bands, r.comparison, r.metric, about, title, scores=scores)


def lag_by_day(analysis: Analysis, kind: str) -> Figure:
    """The trend lag or the realized lag on each day of the window."""
    bands = charts.lag_table_by_day(analysis)
    bands = bands[bands["lag"] == kind]
    return lag_over_time(bands, Provenance.of(analysis), _title(analysis), _window(analysis))


def lag_of_period(analysis: Analysis, kind: str, period: str) -> Figure:
    """The posterior of a lag over one period."""
    draws = analysis.measured.lag(kind, period)
    converged = analysis.convergence.converged
    one = MeanLag(analysis.name, kind, draws.to_numpy(), summarize(draws), converged)
    what = "lag at release" if kind == AT_RELEASE else f"{kind} lag"
    over = _window(analysis) if period == WINDOW else period
    return mean_lags([one], Provenance.of(analysis), f"{_title(analysis)}: {what}", over)


def _title(analysis: Analysis) -> str:
    leader, follower = analysis.fit.observations.releases.group_names
    return f"{follower} behind {leader}"


def _window(analysis: Analysis) -> str:
    window = analysis.measured.window
    return f"{window.since} to {window.as_of}"
