"""The column layouts that score tables come in, as declarations, and how one is recognized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.headings import (
    LOWER_IS_BETTER,
    USUAL,
    IntervalEnds,
    fold,
    interval_ends,
    is_stderr,
)


@dataclass(frozen=True)
class Layout:
    """One way of naming the columns of a score table.

    Attributes
    ----------
    name, title
        Short name that results carry, and the name that people know.
    columns
        For each column of the own schema, the headings that may hold it, the first preferred. All
        in folded form (see `fold`).
    required
        Columns of the own schema without which the layout is not this one.
    scale
        What the scores are: 'eci', 'accuracy', or 'own' where the table itself must say.
    separators
        Characters between several organizations in one cell.
    from_epoch
        Whether the layout is that of Epoch AI's own files.
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    scale: Literal["eci", "accuracy", "own"]
    separators: str
    from_epoch: bool


_EPOCH_COMMON = {
    "announced": ("announced",),
    "organization": ("organization",),
    "country": (
        "country (of organization)",
        "country (from organization)",
        "country of organization",
        "country",
    ),
    "weights": ("model accessibility",),
}

OWN = Layout(
    name="own",
    title="frontierlag's own schema",
    columns={
        **USUAL,
        "announced": ("announced", "announcement date", "date announced"),
        "released_low": ("released low",),
        "released_high": ("released high",),
        "low": ("low",),
        "high": ("high",),
        "stderr": ("stderr",),
    },
    required=("model", "released", "score"),
    scale="own",
    separators=";",
    from_epoch=False,
)
EPOCH_ECI = Layout(
    name="epoch-eci-scores",
    title="Epoch AI's eci_scores.csv",
    columns={
        "model": ("model",),
        "released": ("date",),
        "score": ("eci",),
        "low": ("eci ci low",),
        "high": ("eci ci high",),
        **_EPOCH_COMMON,
    },
    required=("model", "released", "score"),
    scale="eci",
    separators=";,",
    from_epoch=True,
)
EPOCH_INDEX = Layout(
    name="epoch-capabilities-index",
    title="Epoch AI's older epoch_capabilities_index.csv",
    columns={
        "model": ("model version",),
        "released": ("release date",),
        "score": ("eci score",),
        **_EPOCH_COMMON,
    },
    required=("model", "released", "score"),
    scale="eci",
    separators=";,",
    from_epoch=True,
)
EPOCH_BENCHMARK = Layout(
    name="epoch-benchmark",
    title="Epoch AI's file of one benchmark",
    columns={
        "model": ("model version",),
        "released": ("release date",),
        "score": ("mean score", "best score (across scorers)"),
        "stderr": ("stderr",),
        **_EPOCH_COMMON,
    },
    required=("model", "released", "score"),
    scale="accuracy",
    separators=";,",
    from_epoch=True,
)

LAYOUTS = (EPOCH_ECI, EPOCH_INDEX, EPOCH_BENCHMARK, OWN)
WEIGHTS = ("open", "closed", "unknown")
GROUP_COLUMNS = ("weights", "country", "organization")

# Epoch AI's 'Model accessibility'. What never left its maker counts as closed. A value that is not
# listed here is unknown, and the table's notes say so.
ACCESSIBILITY = {
    "open weights (unrestricted)": "open",
    "open weights (restricted use)": "open",
    "open weights (non-commercial)": "open",
    "api access": "closed",
    "hosted access (no api)": "closed",
    "unreleased": "closed",
    "unknown": "unknown",
    "": "unknown",
}


@dataclass(frozen=True)
class Recognized:
    """A layout and, for each column of the own schema, where the table holds it (by preference).

    Attributes
    ----------
    layout
        The layout.
    positions
        Columns of the own schema to positions in the header.
    level
        Probability of the intervals, where their headings say it.
    pairs
        All pairs of headings that look like the two ends of an interval.
    """

    layout: Layout
    positions: Mapping[str, tuple[int, ...]]
    level: float | None = None
    pairs: tuple[IntervalEnds, ...] = ()


def recognize(
    header: Sequence[str],
    given: Mapping[str, str] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Recognized | None:
    """Return the layout that a table's headings follow, or None.

    Parameters
    ----------
    header
        The headings as the file has them.
    given
        Headings that the user names for columns of the own schema; they override.
    optional
        Columns that may lack though the layout requires them.

    Raises
    ------
    ScoresError
        If a heading that the layout uses occurs twice.
    """
    folded = [_without_percent(fold(heading)) for heading in header]
    forced = {
        column: tuple(at for at, heading in enumerate(header) if fold(heading) == fold(wanted))
        for column, wanted in (given or {}).items()
    }
    if not all(forced.values()):
        return None
    for layout, lacking in (*((one, frozenset[str]()) for one in LAYOUTS), (OWN, optional)):
        positions = {
            column: tuple(folded.index(heading) for heading in headings if heading in folded)
            for column, headings in layout.columns.items()
        } | forced
        needed = [column for column in layout.required if column not in lacking]
        if not all(positions.get(column) for column in needed):
            continue
        used = {folded[at] for places in positions.values() for at in places[:1]}
        twice = sorted({header[i] for i, h in enumerate(folded) if h in used and h in folded[:i]})
        if twice:
            raise ScoresError(
                f"The table has the column(s) {', '.join(map(repr, twice))} more than once, so it "
                "is not clear which one counts. Keep one of each."
            )
        return _with_errors(layout, positions, header, frozenset(forced))
    return None


def _with_errors(
    layout: Layout,
    positions: dict[str, tuple[int, ...]],
    header: Sequence[str],
    forced: frozenset[str],
) -> Recognized:
    """Add interval ends and standard errors under other plain headings."""
    pairs = tuple(interval_ends(header))
    level = None
    if not forced & {"low", "high"}:
        own = [positions.get(column, ())[:1] for column in ("low", "high")]
        # One end alone stays, and a rule asks for the other.
        if not all(own) and len(pairs) == 1:
            positions["low"], positions["high"] = (pairs[0].low,), (pairs[0].high,)
        level = next((p.level for p in pairs if (p.low,) == positions.get("low", ())[:1]), None)
    if not positions.get("stderr"):
        positions["stderr"] = tuple(at for at, name in enumerate(header) if is_stderr(name))[:1]
    return Recognized(layout, positions, level, pairs)


def _without_percent(folded: str) -> str:
    """A folded heading without '(%)': the sign is read from the heading itself."""
    for sign in (" (%)", " %", " (percent)", " percent", " pct"):
        folded = folded.removesuffix(sign)
    return folded


def in_percent(heading: str) -> bool:
    """Whether a heading says that its numbers are in percent."""
    return _without_percent(fold(heading)) != fold(heading)


def lower_is_better(heading: str) -> bool:
    """Whether a heading names something where less is better."""
    return _without_percent(fold(heading)) in LOWER_IS_BETTER


def describe_layouts() -> str:
    """Return the understood layouts, one a line, with the columns each needs."""
    lines = []
    for layout in LAYOUTS:
        needed = []
        for column in layout.required:
            needed.append(" or ".join(map(repr, layout.columns[column][:6])))
        groups = [repr(h) for column in GROUP_COLUMNS for h in layout.columns[column][:1]]
        optional = [
            repr(layout.columns[column][0])
            for column in ("low", "high", "stderr")
            if column in layout.columns
        ]
        tail = f"; if there: {', '.join(optional)}" if optional else ""
        lines.append(
            f"  {layout.title}: {', '.join(needed)}; one or more of {', '.join(groups)}{tail}"
        )
    return "\n".join(lines)
