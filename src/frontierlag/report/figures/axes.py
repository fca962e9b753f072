"""What the axes of several figures share: dates, and the names of groups and lags."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.dates import MonthLocator, num2date
from matplotlib.ticker import FixedLocator

from frontierlag.names import AT_RELEASE, REALIZED, TREND
from frontierlag.scores import Releases

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAG_TITLES = {
    TREND: "Trend lag: between the two smooth curves",
    REALIZED: "Realized lag: between the best available",
    AT_RELEASE: "Lag at release: on the follower's own record days",
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
