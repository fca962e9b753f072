"""What headings mean: usual names of columns, and headings that look like an interval's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from frontierlag.scores.reading.parsing import plain


def fold(heading: str) -> str:
    """Return a heading without regard to case, surrounding and repeated space, and underscores."""
    return " ".join(plain(heading).replace("_", " ").split()).casefold()


# Usual headings of the own schema's columns, folded, the first preferred.
USUAL = {
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
}  # fmt: skip
# Scores where less is better: never taken unless requested.
LOWER_IS_BETTER = frozenset({"perplexity", "ppl", "error rate", "error", "word error rate", "wer",
                             "loss", "cross entropy", "test loss", "bits per byte", "bpb", "cer",
                             "validation loss", "hallucination rate", "cost", "price",
                             "cost per task", "price per million tokens", "latency"})  # fmt: skip
MINUTES = frozenset({"minutes", "horizon minutes", "time horizon", "p50 horizon length",
                     "time horizon (minutes)", "p50 minutes"})  # fmt: skip
STDERR = frozenset({"stderr", "std err", "std error", "standard error", "se", "sem", "std. err.",
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
_LOW = frozenset({"low", "lower", "lo", "lb", "lcl", "lwr"})
_HIGH = frozenset({"high", "upper", "hi", "ub", "ucl", "upr"})
_FILLERS = frozenset({
    *("ci", "conf", "confidence", "credible", "interval", "int", "bound", "limit", "end", "pct"),
    *("percent", "of", "the", "score", "rating", "elo", "eci", "accuracy", "average", "index"),
    *("level", "minutes", "horizon", "estimate", "arena"),
})  # fmt: skip
_TAILS = {
    "025": (0.95, "low"),
    "2.5": (0.95, "low"),
    "0.025": (0.95, "low"),
    "975": (0.95, "high"),
    "97.5": (0.95, "high"),
    "0.975": (0.95, "high"),
    "5": (0.9, "low"),
    "05": (0.9, "low"),
    "0.05": (0.9, "low"),
    "95": (0.9, "high"),
    "0.95": (0.9, "high"),
    "10": (0.8, "low"),
    "0.1": (0.8, "low"),
    "90": (0.8, "high"),
    "0.9": (0.8, "high"),
}
_LEVELS = {"50": 0.5, "68": 0.6827, "80": 0.8, "90": 0.9, "95": 0.95, "99": 0.99,
           "0.5": 0.5, "0.8": 0.8, "0.9": 0.9, "0.95": 0.95, "0.99": 0.99}  # fmt: skip


@dataclass(frozen=True)
class IntervalEnds:
    """Two columns that hold the ends of one interval.

    Attributes
    ----------
    low, high
        Positions of the columns.
    level
        Its probability, where the headings say it; else None.
    """

    low: int
    high: int
    level: float | None


def level_in(heading: str) -> float | None:
    """Return the probability that a heading gives, such as 0.95 in '95% CI'; None for none."""
    found = {_LEVELS[n] for n in re.findall(r"[0-9]+(?:\.[0-9]+)?", fold(heading)) if n in _LEVELS}
    return found.pop() if len(found) == 1 else None


def interval_ends(header: Sequence[str]) -> list[IntervalEnds]:
    """Return the pairs of headings that are plainly the two ends of one interval.

    Such as low and high, ci_low and ci_high, lower_95 and upper_95, q025 and q975. Plain 'low' and
    'high' come first.
    """
    sides: dict[tuple[object, ...], dict[str, int]] = {}
    for at, heading in enumerate(header):
        found = _side(fold(heading))
        if found is not None:
            side, level, rest = found
            sides.setdefault((level, rest), {}).setdefault(side, at)
    pairs = [
        IntervalEnds(ends["low"], ends["high"], level if isinstance(level, float) else None)
        for (level, _), ends in sides.items()
        if len(ends) == 2
    ]
    return sorted(pairs, key=lambda pair: fold(header[pair.low]) != "low")


def _side(folded: str) -> tuple[str, float | None, tuple[str, ...]] | None:
    quantile = re.fullmatch(
        r"(?:[a-z]+ )?(?:q|p|quantile|percentile) ?([0-9]+(?:\.[0-9]+)?)"
        r"|([0-9]+(?:\.[0-9]+)?) ?(?:%|th percentile|percentile|quantile)",
        folded,
    )
    number = "" if quantile is None else quantile.group(1) or quantile.group(2)
    if number in _TAILS:
        level, side = _TAILS[number]
        return side, level, ()
    words = re.findall(r"[a-z]+|[0-9]+(?:\.[0-9]+)?", folded)
    ends = [word for word in words if word in _LOW or word in _HIGH]
    rest = [word for word in words if word not in ends]
    numbers = [word for word in rest if word[0].isdigit()]
    if len(ends) != 1 or any(word not in _LEVELS for word in numbers) or len(numbers) > 1:
        return None
    others = tuple(sorted(word for word in rest if not word[0].isdigit()))
    if not set(others) <= _FILLERS:
        return None
    side = "low" if ends[0] in _LOW else "high"
    return side, _LEVELS[numbers[0]] if numbers else None, others


def is_stderr(heading: str) -> bool:
    """Whether a heading plainly names a standard error."""
    return fold(heading) in STDERR


def is_whole_interval(heading: str) -> bool:
    """Whether a heading names an interval that stands in one cell."""
    return _WHOLE.search(fold(heading)) is not None


def looks_like_interval(heading: str) -> bool:
    """Whether a heading looks like that of an interval, an error or a spread."""
    return _LOOKS_LIKE.search(fold(heading)) is not None
