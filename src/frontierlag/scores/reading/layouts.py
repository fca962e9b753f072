"""What headings mean: names of columns, the layouts that tables come in, and ends of intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.parsing import plain

# Usual headings of the own schema's columns, folded, the first preferred.
_USUAL = {
    "model": ("model", "model name", "name of model", "system", "model version", "model id",
              "name"),
    "organization": ("organization", "organisation", "developer", "provider", "maker", "company",
                     "lab", "vendor", "creator", "org", "model developer", "model provider",
                     "organization name", "model creator"),
    "country": ("country", "country (of organization)", "country (from organization)",
                "country of organization", "country of origin", "developer country", "nation",
                "country code", "organization country", "nationality"),
    "weights": ("weights", "model accessibility", "open weights", "open weight", "weight access",
                "open source", "is open", "open-weights", "open-source", "is open source",
                "weights open", "openness", "accessibility", "license", "licence", "license type",
                "model license"),
    "released": ("released", "release date", "date released", "released on", "date of release",
                 "model release date", "release", "launch date", "publication date", "date"),
    "score": ("score", "accuracy", "eci", "index", "rating", "elo", "arena score", "arena elo",
              "elo rating", "elo score", "average", "average score", "mean score", "overall",
              "overall score", "eci score", "performance", "minutes", "horizon minutes",
              "time horizon", "p50 horizon length", "time horizon (minutes)", "p50 minutes"),
    "announced": ("announced", "announcement date", "date announced"),
    "released_low": ("released low",),
    "released_high": ("released high",),
    "low": ("low",),
    "high": ("high",),
    "stderr": ("stderr",),
}  # fmt: skip
_EPOCHS = {
    "announced": ("announced",),
    "organization": ("organization",),
    "country": ("country (of organization)", "country (from organization)",
                "country of organization", "country"),
    "weights": ("model accessibility",),
}  # fmt: skip
# Scores where less is better: never taken unless requested.
_LOWER_IS_BETTER = frozenset({"perplexity", "ppl", "error rate", "error", "word error rate", "wer",
                              "loss", "cross entropy", "test loss", "bits per byte", "bpb", "cer",
                              "validation loss", "hallucination rate", "cost", "price",
                              "cost per task", "price per million tokens", "latency"})  # fmt: skip
MINUTES = frozenset({"minutes", "horizon minutes", "time horizon", "p50 horizon length",
                     "time horizon (minutes)", "p50 minutes"})  # fmt: skip
_STDERR = frozenset({"stderr", "std err", "std error", "standard error", "se", "sem", "std. err.",
                     "std. error", "stderror", "s.e.", "score se", "score stderr", "score std err",
                     "accuracy stderr", "accuracy se", "stderr score", "elo se", "rating se",
                     "eci se", "eci stderr", "standard err"})  # fmt: skip
# Headings of whole intervals in one cell, such as '95% CI' with +5/-4.
_WHOLE = re.compile(r"\bci\b|\bci[0-9]|interval|confidence|±|plus.?minus|\+/-|margin|\bmoe\b")
_LOOKS_LIKE = re.compile(
    r"\bci\b|\bci[0-9]|interval|confidence|±|\+/-|margin|\bmoe\b|\bstd\b|\bstd[. ]|stdev|\bsd\b|"
    r"standard dev|\bse\b|\bsem\b|stderr|std err|error|uncertaint|variance|\blow(er)?\b|"
    r"\bhigh\b|\bupper\b|\bbound|quantile|percentile|\bq[0-9]|\bp[0-9.]+$|"
    r"^[0-9.]+ ?%$|\bmin(?:imum)?\b|\bmax(?:imum)?\b|\biqr\b|\brange\b"
)
_ENDS = {
    **dict.fromkeys(("low", "lower", "lo", "lb", "lcl", "lwr"), "low"),
    **dict.fromkeys(("high", "upper", "hi", "ub", "ucl", "upr"), "high"),
}
_FILLERS = frozenset({
    *("ci", "conf", "confidence", "credible", "interval", "int", "bound", "limit", "end", "pct"),
    *("percent", "of", "the", "score", "rating", "elo", "eci", "accuracy", "average", "index"),
    *("level", "minutes", "horizon", "estimate", "arena"),
})  # fmt: skip
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_QUANTILE = re.compile(
    rf"(?:[a-z]+ )?(?:q|p|quantile|percentile) ?({_NUMBER})"
    rf"|({_NUMBER}) ?(?:%|th percentile|percentile|quantile)"
)
_TAILS = {
    **dict.fromkeys(("025", "2.5", "0.025"), ("low", 0.95)),
    **dict.fromkeys(("975", "97.5", "0.975"), ("high", 0.95)),
    **dict.fromkeys(("5", "05", "0.05"), ("low", 0.9)),
    **dict.fromkeys(("95", "0.95"), ("high", 0.9)),
    **dict.fromkeys(("10", "0.1"), ("low", 0.8)),
    **dict.fromkeys(("90", "0.9"), ("high", 0.8)),
}
_LEVELS = {"50": 0.5, "68": 0.6827, "80": 0.8, "90": 0.9, "95": 0.95, "99": 0.99,
           "0.5": 0.5, "0.8": 0.8, "0.9": 0.9, "0.95": 0.95, "0.99": 0.99}  # fmt: skip
REQUIRED = ("model", "released", "score")
GROUP_COLUMNS = ("weights", "country", "organization")


@dataclass(frozen=True)
class Layout:
    """One way of naming the columns of a score table.

    `name` is what results carry, `title` what people know. `columns` has for each column of the own
    schema the (folded) headings that may hold it, the first preferred. Scores are of the scale
    'eci', 'accuracy', or 'own' where the table must say.
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    scale: Literal["eci", "accuracy", "own"]

    @property
    def from_epoch(self) -> bool:
        """Whether it is that of Epoch AI's own files."""
        return self is not OWN


OWN = Layout("own", "frontierlag's own schema", _USUAL, "own")
LAYOUTS = (
    Layout("epoch-eci-scores", "Epoch AI's eci_scores.csv",
           {"model": ("model",), "released": ("date",), "score": ("eci",),
            "low": ("eci ci low",), "high": ("eci ci high",), **_EPOCHS}, "eci"),
    Layout("epoch-capabilities-index", "Epoch AI's older epoch_capabilities_index.csv",
           {"model": ("model version",), "released": ("release date",), "score": ("eci score",),
            **_EPOCHS}, "eci"),
    Layout("epoch-benchmark", "Epoch AI's file of one benchmark",
           {"model": ("model version",), "released": ("release date",),
            "score": ("mean score", "best score (across scorers)"), "stderr": ("stderr",),
            **_EPOCHS}, "accuracy"),
    OWN,
)  # fmt: skip


@dataclass(frozen=True)
class IntervalEnds:
    """Positions of two columns that hold the ends of one interval, and its level if it is said."""

    low: int
    high: int
    level: float | None


@dataclass(frozen=True)
class Recognized:
    """A layout and, for each column of the own schema, where the table holds it (by preference).

    `level` is the probability of the intervals, where their headings say it.
    """

    layout: Layout
    positions: Mapping[str, tuple[int, ...]]
    level: float | None = None


def recognize(
    header: Sequence[str],
    given: Mapping[str, str] | None = None,
    optional: frozenset[str] = frozenset(),
) -> Recognized | None:
    """Return the layout that a table's headings follow, or None.

    Headings that the user gives for columns of the own schema override; optional columns may lack
    though the layout requires them.

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
        if not all(positions[column] for column in REQUIRED if column not in lacking):
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
    level = None
    if not forced & {"low", "high"}:
        pairs = interval_ends(header)
        # One end alone stays, and a rule asks for the other.
        whole = positions.get("low") and positions.get("high")
        if not whole and len(pairs) == 1:
            positions["low"], positions["high"] = (pairs[0].low,), (pairs[0].high,)
        level = next((p.level for p in pairs if (p.low,) == positions.get("low", ())[:1]), None)
    if not positions.get("stderr"):
        positions["stderr"] = tuple(at for at, name in enumerate(header) if fold(name) in _STDERR)
    return Recognized(layout, positions, level)


def fold(heading: str) -> str:
    """Return a heading without regard to case, surrounding and repeated space, and underscores."""
    return " ".join(plain(heading).replace("_", " ").split()).casefold()


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
    return _without_percent(fold(heading)) in _LOWER_IS_BETTER


def level_in(heading: str) -> float | None:
    """Return the probability that a heading gives, such as 0.95 in '95% CI'; None for none."""
    found = {_LEVELS[n] for n in re.findall(_NUMBER, fold(heading)) if n in _LEVELS}
    return found.pop() if len(found) == 1 else None


def interval_ends(header: Sequence[str]) -> list[IntervalEnds]:
    """Return the pairs of headings that are plainly the two ends of one interval.

    Such as low and high, ci_low and ci_high, lower_95 and upper_95, q025 and q975. Plain 'low' and
    'high' come first.
    """
    sides: dict[tuple[float | None, tuple[str, ...]], dict[str, int]] = {}
    for at, heading in enumerate(header):
        found = _side(fold(heading))
        if found is not None:
            side, level, rest = found
            sides.setdefault((level, rest), {}).setdefault(side, at)
    pairs = [
        IntervalEnds(ends["low"], ends["high"], level)
        for (level, _), ends in sides.items()
        if len(ends) == 2
    ]
    return sorted(pairs, key=lambda pair: fold(header[pair.low]) != "low")


def _side(folded: str) -> tuple[str, float | None, tuple[str, ...]] | None:
    """Which end of which interval a heading names, with its other words."""
    quantile = _QUANTILE.fullmatch(folded)
    number = (quantile[1] or quantile[2]) if quantile else ""
    if number in _TAILS:
        return *_TAILS[number], ()
    words = re.findall(rf"[a-z]+|{_NUMBER}", folded)
    ends = [_ENDS[word] for word in words if word in _ENDS]
    numbers = [word for word in words if word[0].isdigit()]
    others = tuple(sorted(word for word in words if word not in _ENDS and word not in numbers))
    if len(ends) != 1 or len(numbers) > 1 or not {*numbers} <= {*_LEVELS}:
        return None
    if not _FILLERS.issuperset(others):
        return None
    return ends[0], _LEVELS[numbers[0]] if numbers else None, others


def is_whole_interval(heading: str) -> bool:
    """Whether a heading names an interval that stands in one cell."""
    return _WHOLE.search(fold(heading)) is not None


def looks_like_interval(heading: str) -> bool:
    """Whether a heading looks like that of an interval, an error or a spread."""
    return _LOOKS_LIKE.search(fold(heading)) is not None


def describe_layouts() -> str:
    """Return the understood layouts, one a line, with the columns each needs."""
    lines = []
    for layout in LAYOUTS:
        needed = [" or ".join(map(repr, layout.columns[column][:6])) for column in REQUIRED]
        groups = [repr(h) for column in GROUP_COLUMNS for h in layout.columns[column][:1]]
        errors = [
            repr(layout.columns[column][0])
            for column in ("low", "high", "stderr")
            if column in layout.columns
        ]
        tail = f"; if there: {', '.join(errors)}" if errors else ""
        lines.append(
            f"  {layout.title}: {', '.join(needed)}; one or more of {', '.join(groups)}{tail}"
        )
    return "\n".join(lines)
