"""When the follower catches up with what the leader has: an interval of dates for each level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontierlag.figures.sheet import (
    FOLLOWER_COLOR,
    INTERVALS,
    LEADER_COLOR,
    Provenance,
    add_sheet,
    bare_rows,
    date_axis,
    new_figure,
    styled,
    watermark,
)
from frontierlag.studies.forecast.catch_up import ASSUMED, BEST, Forecast, chance

ROW, HEAD = 0.46, 2.2  # inches that a level takes, and that everything else takes
LONGEST = 24  # characters of a name next to the axis


def catch_up_dates(
    forecasts: Sequence[Forecast], about: Provenance, title: str, subtitle: str = ""
) -> Figure:
    """Draw the dates on which the follower's best available exceeds levels of the leader.

    One row a level: when the leader released it, and the follower's date with its median and
    intervals. Left of the as-of line the data speak, right of it the forecast. An interval that
    reaches beyond the drawn range ends in an arrow; in words stand the probability of having caught
    up by the given date and, from 0.005 on, that of not doing so within the horizon.

    Parameters
    ----------
    forecasts
        From the top down, as of :class:`~frontierlag.studies.forecast.catch_up.CatchUp`.
    about
        Model, dataset and verdict; its as-of date is the line.
    title, subtitle
        The heading.

    Returns
    -------
    The figure.
    """
    first, last = _limits(forecasts, about.as_of)
    with styled():
        figure = new_figure((9.2, HEAD + ROW * len(forecasts)))
        place = add_sheet(
            figure, title, subtitle, about, key=_key(about, forecasts), columns=2, notes=[ASSUMED],
            left=1.75, right=1.95,
        )  # fmt: skip
        place["top"] -= 0.02
        axes = figure.subplots(gridspec_kw=place)
        watermark(axes, about)
        bare_rows(axes)
        axes.set(xlim=(date2num(first), date2num(last)), ylim=(-0.6, len(forecasts) - 0.4))
        axes.axvline(date2num(about.as_of), color="#222222", lw=1.1, ls=(0, (4, 2)), gid="as-of")
        axes.axvspan(date2num(about.as_of), date2num(last), color="#f4f4f4", lw=0, zorder=0.2)
        if forecasts and first < forecasts[0].by < last:
            axes.axvline(
                date2num(forecasts[0].by), color="#222222", lw=0.9, ls=(0, (1, 1.5)), gid="by"
            )
        for k, forecast in enumerate(forecasts):
            _draw(axes, forecast, len(forecasts) - 1 - k, last)
        axes.set_yticks(range(len(forecasts))[::-1], [_name(f) for f in forecasts])
        date_axis(axes, every=3 if (last - first).days < 1200 else 6)
    return figure


def _draw(axes: Axes, forecast: Forecast, y: float, last: date) -> None:
    when = forecast.when
    if forecast.released:
        axes.plot(
            date2num(forecast.released),
            y,
            "D",
            ms=5,
            mfc="white",
            mec=LEADER_COLOR,
            mew=1.3,
            zorder=3,
            gid="released",
        )
    for low, high, width, gid in (
        (when.lower90, when.upper90, 1.4, "interval90"),
        (when.lower50, when.upper50, 4.2, "interval50"),
    ):
        if low is None or low > last:
            continue
        open_end = high is None or high > last
        ends = date2num([low, last if open_end else high])
        axes.plot(ends, [y, y], color=FOLLOWER_COLOR, lw=width, zorder=2.5, gid=gid)
        if open_end and gid == "interval90":
            axes.plot(ends[1], y, ">", ms=6, color=FOLLOWER_COLOR, clip_on=False, gid="beyond")
    if when.median and when.median <= last:
        axes.plot(
            date2num(when.median),
            y,
            "o",
            ms=6.5,
            color=FOLLOWER_COLOR,
            mec="white",
            mew=1.1,
            zorder=4,
            gid="median",
        )
    axes.annotate(
        _words(forecast),
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        size=8,
        color="#444444",
        gid="numbers",
    )


def _words(forecast: Forecast) -> str:
    """Median date and the probability by the given date."""
    when = forecast.when
    median = f"{when.median:%Y-%m-%d}" if when.median else "beyond the horizon"
    words = f"{median}; P {chance(forecast.by_probability)}"
    if when.beyond >= 0.005:
        words += f"\nbeyond the horizon: P {chance(when.beyond)}"
    return words


def _name(forecast: Forecast) -> str:
    if forecast.target == BEST:
        return "present best"
    name = forecast.target
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _key(about: Provenance, forecasts: Sequence[Forecast]) -> list[tuple[Any, str]]:
    by = f"{forecasts[0].by}" if forecasts else ""
    return [
        (
            Line2D([], [], color=FOLLOWER_COLOR, lw=3.5, marker="o", ms=6, mec="white"),
            f"the follower exceeds it: median, {INTERVALS}",
        ),
        (
            Line2D([], [], lw=0, marker="D", ms=5, mfc="white", mec=LEADER_COLOR, mew=1.3),
            "the leader released it",
        ),
        (
            Line2D([], [], color="#222222", lw=1.1, ls=(0, (4, 2))),
            f"data end on {about.as_of}; forecast from there on",
        ),
        (
            Line2D([], [], color="#222222", lw=0.9, ls=(0, (1, 1.5))),
            f"{by}: P is the probability by then",
        ),
    ]


def _limits(forecasts: Sequence[Forecast], as_of: date) -> tuple[date, date]:
    """All releases and 90 % intervals, but no further ahead than three years."""
    found = [as_of, *(f.by for f in forecasts)]
    for f in forecasts:
        ends = (f.released, f.when.lower90, f.when.upper90, f.when.median)
        found += [day for day in ends if day is not None]
    cap = as_of + timedelta(days=1096)
    margin = timedelta(days=20)
    return min(found) - margin, min(max(found), cap) + margin
