"""One lag of a fit: its draws, a table, a probability, a sentence and a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import SpecError
from frontierlag.facade.common import card
from frontierlag.intervals import INNER, OUTER, intervals, summarize
from frontierlag.intervals import probability as share_of
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    PERIOD,
    REALIZED,
    TREND,
    VALUE,
    WINDOW,
)
from frontierlag.results.sentences import lag_sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Lag:
    """A lag of one kind, in months, over every period.

    Attributes
    ----------
    of
        The fit that it is a lag of.
    kind
        ``trend``, ``release`` or ``realized``.
    """

    of: Analysis
    kind: str

    @property
    def draws(self) -> xr.DataArray:
        """Draws in months, dims ``(chain, draw, period)``; NaN where a draw has no lag.

        Periods are ``window`` (the mean over it), ``current`` (its last day), ``minimum`` and
        ``maximum`` over its days, and the calendar years.
        """
        found = self._dataset[VALUE].rename(f"{self.kind} lag")
        return found.assign_attrs(units="months")

    @property
    def censored(self) -> xr.DataArray:
        """Share of a period's days on which a draw's lag is not a measurement.

        A realized lag is then only a lower bound (left-censored); a trend lag is read from the
        leader's curve outside its data. Dims ``(chain, draw, period)``.
        """
        return self._dataset[CENSORED]

    @property
    def periods(self) -> list[str]:
        """Names of the periods."""
        return [str(name) for name in self._dataset[PERIOD].to_numpy()]

    def summary(self, probabilities: Sequence[float] = (INNER, OUTER)) -> pd.DataFrame:
        """One row a period, in months.

        Parameters
        ----------
        probabilities
            Those of the equal-tailed intervals.

        Returns
        -------
        pandas.DataFrame
            Indexed by period. ``mean`` and ``median``; ``eti50_lb``, ``eti50_ub`` and so on, the
            lower and upper bound of the equal-tailed interval of that probability in per cent, as
            ArviZ names them; ``mcse_mean`` and ``mcse_median``; ``censored``, the mean share of
            days on which the lag is only a bound (realized) or read outside the data (trend); and
            ``undefined``, the share of draws without a lag, over which no other number is taken.
        """
        wrong = [p for p in probabilities if not 0 < p < 1]
        if wrong:
            raise SpecError(f"an interval of probability {wrong[0]} does not exist; give 0 to 1")
        rows = []
        for period in self.periods:
            draws = self.draws.sel({PERIOD: period}, drop=True)
            s = asdict(summarize(draws))
            row = {"mean": s["mean"], "median": s["median"]}
            ends = intervals(draws.to_numpy(), probabilities)
            for share, (low, high) in zip(probabilities, ends, strict=True):
                name = f"eti{100 * share:g}"
                row |= {f"{name}_lb": low, f"{name}_ub": high}
            row |= {"mcse_mean": s["mcse_mean"], "mcse_median": s["mcse_median"]}
            bound = self.censored.sel({PERIOD: period}).mean(skipna=True)
            rows.append(row | {CENSORED: float(bound), "undefined": s["undefined"]})
        return pd.DataFrame(rows, index=pd.Index(self.periods, name=PERIOD))

    def probability(
        self, condition: Callable[[xr.DataArray], xr.DataArray], period: str = WINDOW
    ) -> float:
        """Posterior probability that a condition holds.

        Parameters
        ----------
        condition
            A function of the draws in months, such as ``lambda lag: lag > 6``.
        period
            The period.

        Returns
        -------
        float
            The share of all draws. A draw without a lag meets no comparison, so that
            ``lag > 6`` and ``lag <= 6`` add up to one minus ``undefined``.
        """
        met = condition(self.draws.sel({PERIOD: self._known(period)}, drop=True))
        if not isinstance(met, xr.DataArray) or met.dtype != bool:
            raise SpecError(
                "a condition is a function of the draws that says for each whether it holds, such "
                f"as lambda lag: lag > 6; this one gives {type(met).__name__}"
            )
        return share_of(met)

    def sentence(self, period: str = WINDOW) -> str:
        """The lag in one sentence that can stand alone, with its interval and caveats."""
        return lag_sentence(self.of, self.kind, self._known(period))

    def plot(self, period: str | None = None) -> Figure:
        """Draw the lag.

        Parameters
        ----------
        period
            Draw the posterior of this period. By default the lag day by day, and for the lag at
            release, which there is on some days only, the posterior of its mean over the window.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; ``savefig`` writes it.
        """
        from frontierlag.figures import MeanLag, Provenance, lag_over_time, mean_lags
        from frontierlag.results.charts import lag_table_by_day

        fit, about = self.of, Provenance.of(self.of)
        leader, follower = fit.fit.observations.releases.group_names
        title = f"{follower} behind {leader}"
        window = f"{fit.measured.window.since} to {fit.measured.window.as_of}"
        if period is None and self.kind in (TREND, REALIZED):
            bands = lag_table_by_day(fit)
            return lag_over_time(bands[bands["lag"] == self.kind], about, title, window)
        over = self._known(period or WINDOW)
        draws = fit.measured.lag(self.kind, over)
        converged = fit.convergence.converged
        one = MeanLag(fit.name, self.kind, draws.to_numpy(), summarize(draws), converged)
        what = "lag at release" if self.kind == AT_RELEASE else f"{self.kind} lag"
        return mean_lags([one], about, f"{title}: {what}", window if over == WINDOW else over)

    def __repr__(self) -> str:
        return f"<Lag {self.sentence()}>"

    def _repr_html_(self) -> str:
        return card(f"{self.kind} lag, months", [self.sentence()], self.summary())

    @property
    def _dataset(self) -> xr.Dataset:
        return self.of.measured.lags[self.kind]

    def _known(self, period: str) -> str:
        if str(period) not in self.periods:
            raise SpecError(f"there is no period {period!r}; there are {', '.join(self.periods)}")
        return str(period)
