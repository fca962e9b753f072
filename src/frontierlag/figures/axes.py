"""What the axes of several figures share: dates, and the names of groups and lags."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.dates import MonthLocator, num2date
from matplotlib.ticker import FixedLocator

from frontierlag.names import AT_RELEASE, REALIZED, TREND
from frontierlag.scores import Releases

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAG_WORDS = {
    TREND: ("Trend lag", "between the two smooth curves"),
    REALIZED: ("Realized lag", "between the best models available"),
    AT_RELEASE: ("Lag at release", "on days of the follower's records"),
}
LAG_COLORS = {TREND: "#1b7837", REALIZED: "#762a83", AT_RELEASE: "#8c510a"}


def group_labels(releases: Releases) -> tuple[str, str]:
    """Return leader and follower in words that stand alone, as in ``open weights``."""
    kind = " weights" if releases.comparison.column == "weights" else ""
    leader, follower = releases.group_names
    return f"{leader}{kind}", f"{follower}{kind}"


def date_axis(axes: Axes, every: int = 3) -> None:
    """Write the dates below axes whose limits are final.

    Ticks stand on the first of every ``every``-th month, the year below the first and below each
    January. The words do not depend on the locale.
    """
    low, high = axes.get_xlim()
    locator = MonthLocator(bymonth=range(1, 13, every))
    ticks = [t for t in locator.tick_values(num2date(low), num2date(high)) if low <= t <= high]
    labels = []
    for k, when in enumerate(num2date(ticks)):
        year = f"\n{when.year}" if k == 0 or when.month == 1 else ""
        labels.append(f"{MONTHS[when.month - 1]}{year}")
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.set_xticks(ticks, labels)


def lag_title(axes: Axes, kind: str) -> None:
    """Write which lag a panel shows, and below it in plain words what that is."""
    name, words = LAG_WORDS[kind]
    axes.set_title(name, color=LAG_COLORS[kind], pad=20)
    axes.annotate(
        words,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 8),
        textcoords="offset points",
        size=8.5,
        color=LAG_COLORS[kind],
    )
