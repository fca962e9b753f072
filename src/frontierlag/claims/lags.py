"""Questions about one lag: is it in a range, has it become shorter, was it ever negative."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import xarray as xr

from frontierlag import words
from frontierlag.analyses.analysis import Analysis
from frontierlag.claims.claim import (
    AT_LEAST,
    OF_BOUNDS,
    VERDICTS,
    ClaimDraws,
    Evidence,
    Need,
    Question,
    Unanswerable,
    verdict,
)
from frontierlag.intervals import probability
from frontierlag.lags.measure import realized_lag_by_day
from frontierlag.names import (
    AT_RELEASE,
    CENSORED,
    CHAIN,
    CURRENT,
    DATE,
    DRAW,
    MAXIMUM,
    MINIMUM,
    PERIOD,
    REALIZED,
    WINDOW,
)
from frontierlag.words import FEW_BOUNDS

Range = tuple[float, float]

# A year is reported from so many of its days on. Each group sets a record every 1.5 to 2 months: a
# quarter holds a step of both as a rule; over less, a mean is the state of one moment, which ages
# by a day a day, and not a year's.
FEWEST_DAYS = 90


def lag(analysis: Analysis, kind: str, period: str) -> tuple[xr.DataArray, float]:
    """Draws of a lag and the share of its days that are censored.

    For the last day and the minimum, which are one day in each draw, it is the share of the draws
    in which that day is censored; for the maximum at least the share of the window's days, any of
    which may in truth be longer. Of a lag at release it is the share of records.

    Raises
    ------
    Unanswerable
        If the window of the analysis has no such period, or too few days of a year.
    """
    window = analysis.measured.window
    if period not in window.periods:
        raise Unanswerable(f"the window {window.since} to {window.as_of} has no day in {period}")
    if period in window.years and (days := int(window.years[period].sum())) < FEWEST_DAYS:
        raise Unanswerable(
            f"the window {window.since} to {window.as_of} holds {days} days of {period}, "
            f"and a year is reported from {FEWEST_DAYS} on"
        )
    censored = analysis.measured.lags[kind][CENSORED].sel({PERIOD: period})
    return analysis.measured.lag(kind, period), float(censored.mean())


@dataclass(frozen=True)
class Between:
    """A question: whether a lag lies from ``low`` up to, not including, ``high`` months.

    This is the one place where the range is declared: pages and figures draw it, and ``said`` is
    how the claim words it, as in ``about 7``. Where the lag is only a lower bound on more than
    :data:`FEW_BOUNDS` of the days, a probability is given only if the bounds alone settle the
    claim: see :func:`_judged`.
    """

    kind: str
    period: str
    low: float = -float("inf")
    high: float = float("inf")
    said: str = ""

    def __call__(self, evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
        """Answer from the fit that is needed first."""
        draws, censored = lag(evidence.analysis(needs[0]), self.kind, self.period)
        within = (draws >= self.low) & (draws < self.high)
        note = bound_note(self.kind, self.period, censored)
        return _judged(draws, within, draws < self.high, censored, note)


between = Between


def extremes(kind: str, smallest: Range, largest: Range) -> Question:
    """Ask for the width of the range, and whether both of its ends lie in these ranges, months."""

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
        analysis = evidence.analysis(needs[0])
        (low, low_bound), (high, high_bound) = (
            lag(analysis, kind, period) for period in (MINIMUM, MAXIMUM)
        )
        bounds = bound_note(kind, WINDOW, lag(analysis, kind, WINDOW)[1])
        note = (
            f"{bounds}, and those days may have had the longest lag; the smallest is itself a "
            f"bound in {words.share(low_bound, none='none')} of the draws"
        )
        as_stated = _inside(low, smallest) & _inside(high, largest)
        possible = (low < smallest[1]) & (high < largest[1])
        if low_bound <= FEW_BOUNDS:
            possible = possible & (low >= smallest[0])
        # A smallest lag that may be longer takes from the range, a largest adds to it.
        what = OF_BOUNDS if low_bound > FEW_BOUNDS else AT_LEAST
        share = max(low_bound, high_bound)
        return _judged(high - low, as_stated, possible, share, note, what)

    return ask


def _inside(draws: xr.DataArray, of: Range) -> xr.DataArray:
    return (draws >= of[0]) & (draws < of[1])


def _judged(
    draws: xr.DataArray,
    holds: xr.DataArray,
    possible: xr.DataArray,
    share: float,
    note: str,
    bound: str = AT_LEAST,
) -> ClaimDraws:
    """What can be said of a lag that is only a lower bound on a share of the days.

    With few bounds, whether the claim ``holds``. With more, only whether the bounds leave it
    ``possible``: if they hardly do, that is an upper limit of its probability and answers the
    claim; otherwise nothing does.
    """
    if share <= FEW_BOUNDS:
        return ClaimDraws(draws, holds, note)
    at_most = probability(possible)
    if verdict(at_most) == VERDICTS[-1][1]:
        note_of_bound = f"{bound}: {note}; the probability is an upper limit"
        return ClaimDraws(draws, possible, note_of_bound, bound=bound)
    of_draws = words.share(1 - at_most, none="none")
    contradicted = f"the bounds alone contradict the claim in {of_draws} of the draws"
    note_of_bound = f"{bound}: {note}; {contradicted}, and the rest leave it open"
    return ClaimDraws(draws, None, note_of_bound, bound=bound)


def shorter(year: int) -> Question:
    """Ask whether a year's mean realized lag is below that of the year before."""

    def ask(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
        analysis = evidence.analysis(needs[0])
        (now, bound_now), (before, bound_before) = (
            lag(analysis, REALIZED, str(y)) for y in (year, year - 1)
        )
        change = now - before
        note = "; ".join(
            f"{y}: {bound_note(REALIZED, str(y), share)}"
            for y, share in ((year - 1, bound_before), (year, bound_now))
        )
        if max(bound_now, bound_before) > FEW_BOUNDS:
            return ClaimDraws(change, None, note, bound=OF_BOUNDS)
        return ClaimDraws(change, change < 0, note)

    return ask


def steadily(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Largest change from one year to the next, over the years that are identified.

    A year whose lag is mostly known (:data:`FEW_BOUNDS`), with enough days in the window,
    (:data:`FEWEST_DAYS`) counts; the note names the others with the reason.
    """
    analysis = evidence.analysis(needs[0])
    by_year: dict[str, xr.DataArray] = {}
    notes = []
    for year in analysis.measured.window.years:
        try:
            draws, censored = lag(analysis, REALIZED, year)
        except Unanswerable as reason:
            notes.append(f"{year} is left out: {reason}")
            continue
        bounds = bound_note(REALIZED, year, censored)
        if censored > FEW_BOUNDS:
            notes.append(f"{year} is left out: it is left-censored ({bounds})")
        else:
            by_year[year] = draws
            notes.append(f"{year}: {bounds}")
    if len(by_year) < 2:
        raise Unanswerable(
            "fewer than two calendar years have an identified lag: " + "; ".join(notes)
        )
    changes = [after - before for before, after in pairwise(by_year.values())]
    worst = xr.concat(changes, "step").max("step")
    return ClaimDraws(
        worst, worst < 0, "; ".join((f"years compared: {', '.join(by_year)}", *notes))
    )


def days_led(evidence: Evidence, needs: tuple[Need, ...]) -> ClaimDraws:
    """Share of the window's days on which the follower's best exceeds the leader's."""
    analysis = evidence.analysis(needs[0])
    by_day, _ = realized_lag_by_day(analysis.fit, analysis.measured.window)
    ahead = by_day < 0
    led = 100 * ahead.mean(DATE)
    each = ahead.mean((CHAIN, DRAW))
    likeliest = each.idxmax(DATE).dt.strftime("%Y-%m-%d").item()
    note = (
        f"likeliest on {likeliest}, with probability {words.probability_words(float(each.max()))}"
    )
    if float(each.max()) == 0:
        note = "the follower led on no day in any draw"
    return ClaimDraws(led, led == 0, note)


def bound_note(kind: str, period: str, share: float) -> str:
    """In words, how much of a lag is only a lower bound."""
    one_day = period in (MINIMUM, CURRENT)
    of = "draws" if one_day else "records" if kind == AT_RELEASE else "days"
    if share == 0:
        return f"a lower bound {'in' if one_day else 'on'} no {of[:-1]}"
    return f"only a lower bound {'in' if one_day else 'on'} {words.share(share)} of the {of}"
