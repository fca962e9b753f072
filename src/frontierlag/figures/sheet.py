"""The sheet that every figure is printed on: style, heading, axes, footer, credit; and saving."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import rc_context, rcParams, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import MonthLocator, num2date
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator

from frontierlag.analyses.analysis import Analysis
from frontierlag.dates import WORDS, Dates
from frontierlag.figures.labels import FAMILY, fallbacks, families, label, texts_of
from frontierlag.intervals import INNER, INTERVAL_KIND, OUTER, Summary, decimals
from frontierlag.jobs import Prepared
from frontierlag.lags.published import PUBLISHED
from frontierlag.names import AT_RELEASE, REALIZED, TREND
from frontierlag.scores import ATTRIBUTION, Comparison, Metric, Releases, is_epochs
from frontierlag.scores.scale import scale_of
from frontierlag.words import STAMP as STAMP

STYLE = Path(__file__).with_name("frontierlag.mplstyle")
LEADER_COLOR, FOLLOWER_COLOR, NEUTRAL = "#2166ac", "#b2182b", "#5f5f5f"
INK = "#222222"
COLORS = (LEADER_COLOR, FOLLOWER_COLOR)
INTERVALS = f"{INNER:.0%} and {OUTER:.0%} {INTERVAL_KIND} intervals".replace("%", " %")
CREDIT = (
    "Data: Epoch AI, 'Capabilities & Benchmarking', https://epoch.ai/benchmarks, CC BY 4.0; "
    "compiled and modelled by frontierlag."
)
PUBLISHED_LOOK: dict[str, Any] = {"color": INK, "lw": 1.1, "ls": (0, (1, 1.2))}
STAMP_COLOR = "#b35806"
# Of what did not converge, next to what did.
FAILED_COLOR = "#8a8a8a"
EDGE = 0.14  # inches around the sheet
LINE = 1.28 / 72  # inches that a line of text takes, a point of its size


def credit_line(attribution: str) -> str:
    """Return a credit as a figure has it: Epoch AI's in short, any other as it stands."""
    if not is_epochs(attribution):
        return attribution
    return f"{CREDIT}{attribution.removeprefix(ATTRIBUTION)}"


@dataclass(frozen=True)
class Provenance:
    """What a figure shows, for its footer and its stamp.

    ``model`` is empty where a figure names several itself, ``dates`` None where no release is
    shown; ``converged`` says whether every fit shown passed the convergence gate.
    """

    comparison: str
    dataset: str
    as_of: date
    model: str = ""
    converged: bool = True
    credit: str = ""
    dates: Dates | None = None

    @classmethod
    def of(cls, analysis: Analysis) -> Provenance:
        """Return the provenance of an analysis."""
        releases, gate = analysis.fit.observations.releases, analysis.convergence
        return cls.of_releases(releases, analysis.name, gate.converged)

    @classmethod
    def of_job(
        cls, item: Prepared, model: str = "", converged: bool = True, credit: str = ""
    ) -> Provenance:
        """Return the provenance of a job, credited to its table unless a credit is given."""
        return cls.of_releases(item.releases, model, converged, credit or item.table.attribution)

    @classmethod
    def of_releases(
        cls, releases: Releases, model: str, converged: bool, credit: str = ""
    ) -> Provenance:
        """Return the provenance of releases, credited to their source unless a credit is given."""
        credit = credit_line(credit or releases.attribution)
        name, as_of = releases.comparison.name, releases.as_of
        return cls(name, releases.table, as_of, model, converged, credit, releases.dates)

    @property
    def footer(self) -> str:
        """Return model, comparison, dataset, as-of date and convention of dates in one line."""
        model = f"Model: {self.model}. " if self.model else ""
        dates = f"; {WORDS[self.dates]}" if self.dates else ""
        return (
            f"{model}Comparison: {self.comparison}. Dataset: {self.dataset}, "
            f"as of {self.as_of.isoformat()}{dates}."
        )

    @property
    def published_label(self) -> str:
        """Return the words next to a line at the published mean lag."""
        mean, low, high = (PUBLISHED[key] for key in ("mean", "minimum", "maximum"))
        whose = "" if self.comparison == "us-china" else " for us-china"
        return f"published{whose}: {mean:g} months (range {low:g} to {high:g})"


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the project's style, whatever the caller's settings, and give those back."""
    with style.context(["default", STYLE]), warnings.catch_warnings():
        # Of a letter that no font has, `save` says so in one sentence, not one a letter and figure.
        warnings.filterwarnings("ignore", message=r"Glyph [0-9]+ .* missing from font")
        rcParams[FAMILY] = [*rcParams[FAMILY], *fallbacks()]
        yield


def new_figure(size: tuple[float, float]) -> Figure:
    """Return an empty figure in inches that no window manager knows of."""
    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure


def new_sheet(
    size: tuple[float, float], title: str, subtitle: str, about: Provenance, **layout: Any
) -> tuple[Figure, dict[str, float]]:
    """Return such a figure with its sheet, and where axes may stand: see :func:`add_sheet`."""
    figure = new_figure(size)
    return figure, add_sheet(figure, title, subtitle, about, **layout)


def add_sheet(
    figure: Figure,
    title: str,
    subtitle: str,
    about: Provenance,
    *,
    key: Sequence[tuple[Any, str]] = (),
    columns: int = 3,
    notes: Sequence[str] = (),
    right: float = 0.2,
    left: float = 0.65,
    panel_title: bool = False,
) -> dict[str, float]:
    """Write heading, key, footer and stamp, and return where the axes may stand.

    The figure has no axes as yet. Lines of the heading and of the footer are broken to fit, with
    ``notes`` above the footer. ``key`` are pairs of artist (or tuple of artists drawn over one
    another) and words, set below the heading column by column. ``right`` and ``left`` are inches
    for what is next to the axes, and with ``panel_title`` these have titles of their own.

    Returns
    -------
    ``left``, ``right``, ``bottom`` and ``top`` as shares of the figure, for ``subplots_adjust``.
    """
    width, height = figure.get_size_inches()
    room = width - 2 * EDGE
    y = height - EDGE
    stamp_width = 0.0 if about.converged else _stamp(figure)
    for words, size, options in (
        (title, 13.5, {"weight": "bold"}),
        (subtitle, 9.5, {"color": "#555555"}),
    ):
        if words:
            lines = _wrap(figure, words, room - stamp_width, size, options)
            _write(figure, lines, y, size, options)
            y -= len(lines) * size * LINE + 0.02
    if key:
        legend = figure.legend(
            [artist for artist, _ in key],
            [label(words) for _, words in key],
            loc="upper left",
            bbox_to_anchor=(EDGE / width, (y - 0.08) / height),
            ncols=columns,
        )
        y -= 0.08 + legend.get_window_extent().height / figure.dpi
    top = y - (0.5 if panel_title else 0.16)

    small = {"color": "#777777"}
    texts = (*notes, about.footer, about.credit)
    foot = [part for words in texts for part in _wrap(figure, words, room, 7.2, small)]
    base = EDGE + len(foot) * 7.2 * LINE
    _write(figure, foot, base, 7.2, small)
    return {
        "left": left / width,
        "right": 1 - right / width,
        "bottom": (base + 0.46) / height,
        "top": top / height,
    }


def watermark(axes: Axes, about: Provenance) -> None:
    """Stamp the plot itself, behind its data, if a fit in it did not converge."""
    if not about.converged:
        look: dict[str, Any] = {
            "size": 30, "weight": "bold", "color": STAMP_COLOR, "alpha": 0.22, "zorder": 0.6,
            "ha": "center", "va": "center", "rotation": 18, "in_layout": False,
        }  # fmt: skip
        axes.text(0.5, 0.5, STAMP, transform=axes.transAxes, **look)


def _stamp(figure: Figure) -> float:
    """Put the stamp into the upper right corner and return the inches that it takes."""
    width, height = figure.get_size_inches()
    look: dict[str, Any] = {
        "ha": "right", "va": "top", "size": 11, "weight": "bold", "color": "white",
        "bbox": {"facecolor": STAMP_COLOR, "edgecolor": "none", "pad": 4},
    }  # fmt: skip
    text = figure.text(1 - (EDGE + 0.08) / width, 1 - (EDGE + 0.08) / height, STAMP, **look)
    return float(text.get_window_extent().width / figure.dpi + 0.35)


def _write(
    figure: Figure, lines: list[str], top: float, size: float, options: dict[str, Any]
) -> None:
    """Write lines of text downwards from ``top`` inches."""
    width, height = figure.get_size_inches()
    for k, words in enumerate(lines):
        y = (top - k * size * LINE) / height
        figure.text(EDGE / width, y, words, size=size, va="top", **options)


def _wrap(
    figure: Figure, words: str, width: float, size: float, options: dict[str, Any]
) -> list[str]:
    """Break text into lines of at most ``width`` inches, measured in its own type."""
    probe = figure.text(0, 0, "", size=size, **options)
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        probe.set_text(longer)
        if lines[-1] and probe.get_window_extent().width / figure.dpi > width:
            lines.append(word)
        else:
            lines[-1] = longer
    probe.remove()
    return lines


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAG_WORDS = {
    TREND: ("Trend lag", "between the two smooth curves"),
    REALIZED: ("Realized lag", "between the best models available"),
    AT_RELEASE: ("Lag at release", "on days of the follower's records"),
}
LAG_COLORS = {TREND: "#1b7837", REALIZED: "#762a83", AT_RELEASE: "#8c510a"}


def group_labels(comparison: Comparison) -> tuple[str, str]:
    """Return leader and follower in words that stand alone, as in ``open weights``."""
    kind = " weights" if comparison.column == "weights" else ""
    return f"{comparison.leader}{kind}", f"{comparison.follower}{kind}"


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


def score_axis(axes: Axes, metric: Metric) -> None:
    """Tick an axis of scores, whose limits are final, at round raw values where it is of others."""
    scale = scale_of(metric)
    if scale.changes:
        axes.set_yticks(*scale.ticks(*axes.get_ylim()))


def score_room(metric: Metric) -> float:
    """Inches left of an axis of scores: words such as '30 min' take more than points."""
    return 0.95 if scale_of(metric).changes else 0.65


def bare_rows(axes: Axes) -> None:
    """Prepare axes whose rows have names: lines across the values, none along the rows."""
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def lag_title(axes: Axes, kind: str) -> None:
    """Write which lag a panel shows, and below it in plain words what that is."""
    name, words = LAG_WORDS[kind]
    axes.set_title(name, color=LAG_COLORS[kind], pad=20)
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    axes.annotate(words, (0, 1), xytext=(0, 8), **place, size=8.5, color=LAG_COLORS[kind])


def draw_bands(
    axes: Axes, rows: pd.DataFrame, color: str, strengths: tuple[float, float], **look: Any
) -> None:
    """Fill the 90 % and on it the 50 % interval of rows of a chart's table, by their ``day``."""
    for inner, (percent, alpha) in enumerate(zip((90, 50), strengths, strict=True)):
        ends = (rows[f"lower{percent}"], rows[f"upper{percent}"])
        order = {"zorder": look["zorder"] + 0.1 * inner} if "zorder" in look else {}
        axes.fill_between(
            rows["day"], *ends, color=color, alpha=alpha, lw=0, gid=f"interval{percent}",
            **(look | order),
        )  # fmt: skip


def draw_summary(
    axes: Axes,
    s: Summary,
    y: float,
    color: str,
    gids: Sequence[str | None] = (None,) * 3,
    **dot: Any,
) -> None:
    """Draw the 90 % interval as a thin bar, the 50 % interval as a thick one, the median a dot."""
    outer, inner, middle = gids
    axes.plot([s.lower90, s.upper90], [y, y], color=color, lw=1.4, zorder=3, gid=outer)
    axes.plot([s.lower50, s.upper50], [y, y], color=color, lw=4.2, zorder=3, gid=inner)
    look: dict[str, Any] = {"ms": 6, "color": color, "mec": "white", "zorder": 4, "gid": middle}
    axes.plot(s.median, y, "o", **look | dot)


def months(s: Summary) -> str:
    """Median and 90 % interval with at most one decimal, as far as the errors support it."""
    k = decimals(s.mcse_median, most=1)
    return f"{s.median:.{k}f} ({s.lower90:.{k}f} to {s.upper90:.{k}f})"


def line(**look: Any) -> Line2D:
    """A line, or a marker, for a key."""
    return Line2D([], [], **look)


def bar(**look: Any) -> Line2D:
    """A line with square ends, for a key."""
    return line(solid_capstyle="projecting", **look)


def band(color: str, alpha: float, **look: Any) -> tuple[Patch, Line2D]:
    """A band with a line on it, for a key."""
    return Patch(facecolor=color, alpha=alpha, lw=0), line(color=color, **look)


def summary_key() -> list[tuple[Any, str]]:
    """What :func:`draw_summary` draws, for a key."""
    return [
        (line(color=INK, marker="o", lw=0), "median"),
        (bar(color=INK, lw=4.2), "50 % interval"),
        (bar(color=INK, lw=1.4), "90 % interval"),
    ]


DPI = 150


def save(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write a figure as SVG and as PNG into a folder, and clear it; return both paths.

    Neither holds a date, and the identifiers in the SVG are derived from the file name without its
    ending, ``stem``, so that a figure made twice gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / f"{stem}.svg", folder / f"{stem}.png"
    with styled(), rc_context({"svg.hashsalt": stem}):
        rcParams[FAMILY] = families(texts_of(figure))
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
        figure.savefig(png, dpi=DPI, metadata={"Software": None})
    figure.clear()
    return [svg, png]
