"""Means of scores, and by how much one method's are better than another's.

Whether a difference is chance is judged by resampling what could have come otherwise. Within one
table that is the quarters, in blocks, because horizons overlap. Across vintages it is two things at
once. Vintages of one month hold nearly the same rows, so their forecasts fail together; and one
release decides what many vintages forecast. Months and deciding releases are therefore both drawn
with replacement, independently, and a forecast counts as often as its month times its release was
drawn: the pigeonhole bootstrap (Owen 2007, Annals of Applied Statistics 1:386-411), whose intervals
err on the wide side. A sample that draws no forecast (months and releases that do not meet) is left
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.intervals import OUTER, tails
from frontierlag.studies.forecast.backtest import ACROSS, Backtest

# Horizons of a year overlap for four quarters, so origins are resampled four in a row.
BLOCK = 4
RESAMPLES = 2000
KEY = ["kind", "target", "months", "group"]
MEANS = ("crps", "log_score", "covered50", "covered90")
# A forecast within its origin and question.
ON = ["origin", "from", "level_of"]


@dataclass(frozen=True, eq=False)
class Resamples:
    """How often each forecast counts in every bootstrap sample.

    Attributes
    ----------
    origins, counts
        Clusters of origins, and how often each was drawn, ``(times, origin)``.
    releases, of_release
        The same of deciding releases; empty within one table.
    """

    origins: tuple[str, ...]
    counts: np.ndarray
    releases: tuple[str, ...] = ()
    of_release: np.ndarray | None = None

    @classmethod
    def of(cls, rows: pd.DataFrame, seed: int = 0) -> Resamples:
        """Draw the samples of forecasts of one kind."""
        rng = np.random.default_rng(seed)
        across = bool((rows["kind"] == ACROSS).any())
        origins = sorted(set(_clusters(rows, across)))
        n = len(origins)
        if not across:
            return cls(tuple(origins), _drawn(block_resamples(n, BLOCK, RESAMPLES, rng), n))
        releases = sorted(set(rows["decided_by"]))
        m = len(releases)
        return cls(
            tuple(origins),
            _drawn(rng.integers(0, n, (RESAMPLES, n)), n),
            tuple(releases),
            _drawn(rng.integers(0, m, (RESAMPLES, m)), m),
        )

    @property
    def enough(self) -> bool:
        """Whether there is anything to resample."""
        return len(self.origins) > 1 and (self.of_release is None or len(self.releases) > 1)

    def weights(self, rows: pd.DataFrame) -> np.ndarray:
        """How often each row counts, ``(times, row)``."""
        across = self.of_release is not None
        found = self.counts[:, _positions(_clusters(rows, across), self.origins)]
        if self.of_release is not None:
            found = found * self.of_release[:, _positions(rows["decided_by"], self.releases)]
        return found


def _clusters(rows: pd.DataFrame, across: bool) -> list[str]:
    """The quarter of each row's origin by its day, or the month of its vintage."""
    days = [str(day) for day in rows["origin"]]
    return [day[: len("2026-01")] for day in days] if across else days


def _positions(labels: Sequence[str] | pd.Series, known: tuple[str, ...]) -> np.ndarray:
    return pd.Index(known).get_indexer(pd.Index(labels))


def _drawn(at: np.ndarray, n: int) -> np.ndarray:
    """How often each of ``n`` was drawn in every sample."""
    return np.array([np.bincount(sample, minlength=n) for sample in at], dtype=float)


def summary_table(found: Backtest) -> pd.DataFrame:
    """One row a target, group and method: ``summary.csv``.

    ``forecasts``, ``origins`` and the means are over every forecast of the method. ``crps_ratio``
    is the mean CRPS of the first model over that of the method, on the targets that both forecast:
    below 1 the model is better. ``log_gain`` is the mean log score of the model minus that of the
    method: above 0 the model is better. Errors and intervals are from a bootstrap, both methods on
    the same forecasts: within one table of the origins in blocks of :data:`BLOCK` quarters (Kuensch
    1989, Annals of Statistics 17:1217-1241; blocks run round the end), across vintages of months
    and deciding releases; with one of either there are none. ``shared`` counts the targets behind
    them, ``releases`` the releases that decide them.
    """
    rows = []
    for key, part in found.rows.groupby(KEY, sort=False, dropna=False):
        ours = part[part["method"] == found.models[0]]
        for method, theirs in part.groupby("method", sort=False):
            about = dict(zip(KEY, key, strict=True)) | {
                "method": method,
                "forecasts": len(theirs),
                "origins": len(theirs[["origin", "from"]].drop_duplicates()),
                "releases": theirs["decided_by"].nunique(),
            }
            means = {name: theirs[name].mean() for name in MEANS}
            against = {} if method == found.models[0] else compared(ours, theirs)
            rows.append(about | means | against)
    return pd.DataFrame(rows)


def compared(ours: pd.DataFrame, theirs: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """Ratio of mean CRPS and difference of mean log scores, on what both forecast."""
    both = ours.merge(theirs, on=ON, suffixes=("", "_other")).sort_values(ON)
    ratio, gain = _statistics(both, np.ones((1, len(both))))
    result = {"shared": len(both), "crps_ratio": float(ratio[0]), "log_gain": float(gain[0])}
    resamples = Resamples.of(both, seed)
    if not resamples.enough:
        return result
    ratios, gains = _statistics(both, resamples.weights(both))
    low, high = np.nanquantile(ratios, tails(OUTER))
    return result | {
        "crps_ratio_se": float(np.nanstd(ratios)),
        "crps_ratio_lower90": float(low),
        "crps_ratio_upper90": float(high),
        "log_gain_se": float(np.nanstd(gains)),
    }


def block_resamples(n: int, block: int, times: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of resampled origins in runs of neighbours, shape ``(times, n)``.

    Runs are half as long where there are too few origins for two whole ones.
    """
    block = max(1, min(block, n // 2))
    starts = rng.integers(0, n, (times, -(-n // block)))
    runs = (starts[..., None] + np.arange(block)) % n
    return np.asarray(runs.reshape(times, -1)[:, :n])


def _statistics(both: pd.DataFrame, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ratio of CRPS and gain in log score in every sample; NaN where it holds no forecast."""
    ours, theirs, log_ours, log_theirs = (
        both[name].to_numpy(dtype=float)
        for name in ("crps", "crps_other", "log_score", "log_score_other")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (weights @ ours) / (weights @ theirs)
        gain = (weights @ (log_ours - log_theirs)) / weights.sum(1)
    return np.where(np.isfinite(ratio), ratio, np.nan), gain


def overall(found: Backtest, kind: str, methods: Sequence[str]) -> pd.DataFrame:
    """Each baseline over all targets of a kind: ``crps_ratio`` is a geometric mean over targets.

    Targets have different units, so their CRPS are not added. Each bootstrap sample is taken for
    all targets at once; a target without a forecast in it does not count there.
    """
    rows = found.rows[found.rows["kind"] == kind]
    resamples = Resamples.of(rows)
    per_method = []
    for method in methods:
        logs, resampled, gains = [], [], []
        for _, part in rows.groupby(KEY, sort=False, dropna=False):
            ours = part[part["method"] == found.models[0]]
            both = ours.merge(part[part["method"] == method], on=ON, suffixes=("", "_other"))
            if both.empty:
                continue
            ratio, gain = _statistics(both, np.ones((1, len(both))))
            logs.append(np.log(ratio[0]))
            gains.append(gain[0])
            with np.errstate(divide="ignore"):
                log_ratio = np.log(_statistics(both, resamples.weights(both))[0])
            resampled.append(np.where(np.isfinite(log_ratio), log_ratio, np.nan))
        row: dict[str, Any] = {"method": method, "targets": len(logs)}
        row |= {"crps_ratio": float(np.exp(np.mean(logs))), "log_gain": float(np.mean(gains))}
        row["better_on"] = int(np.sum(np.array(logs) < 0))
        if resamples.enough:
            logs_drawn = np.ma.masked_invalid(np.array(resampled))
            means = logs_drawn.mean(axis=0).compressed()
            low, high = np.exp(np.quantile(means, tails(OUTER)))
            row |= {"crps_ratio_lower90": float(low), "crps_ratio_upper90": float(high)}
        per_method.append(row)
    return pd.DataFrame(per_method)


def verdict_table(found: Backtest) -> pd.DataFrame:
    """One row a kind of origin and method, over all targets: ``verdict.csv``.

    Of the first model: its forecasts and the share of outcomes within its intervals, with the ends
    of their bootstrap intervals. Of every other method: :func:`overall`.
    """
    ours = found.models[0]
    parts = []
    for kind, rows in found.rows.groupby("kind", sort=False):
        own: dict[str, Any] = {"method": ours, "forecasts": int((rows["method"] == ours).sum())}
        own["origins"] = len(rows[["origin", "from"]].drop_duplicates())
        for name, (share, low, high) in coverage(found, str(kind), ours).items():
            own |= {name: share, f"{name}_lower90": low, f"{name}_upper90": high}
        others = [m for m in dict.fromkeys(rows["method"]) if m != ours]
        table = pd.concat([pd.DataFrame([own]), overall(found, str(kind), others)])
        parts.append(table.assign(kind=kind))
    found_all = pd.concat(parts, ignore_index=True)
    return found_all[["kind", *(c for c in found_all.columns if c != "kind")]]


def coverage(found: Backtest, kind: str, method: str) -> dict[str, tuple[float, float, float]]:
    """Share of what came within each interval of a method, with its 90 % interval; NaN if unknown.

    Returns
    -------
    ``covered50`` and ``covered90``: the share, and the ends of its bootstrap interval.
    """
    rows = found.rows[(found.rows["kind"] == kind) & (found.rows["method"] == method)]
    resamples = Resamples.of(rows)
    shares = {}
    for name in ("covered50", "covered90"):
        held = rows[name].to_numpy(dtype=float)
        low = high = np.nan
        if resamples.enough:
            weights = resamples.weights(rows)
            with np.errstate(invalid="ignore"):
                low, high = np.nanquantile(weights @ held / weights.sum(1), tails(OUTER))
        shares[name] = (float(held.mean()), float(low), float(high))
    return shares
