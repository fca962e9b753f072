"""Means of scores, and by how much one method's are better than another's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from frontierlag.backtest.table import Backtest
from frontierlag.summary import OUTER, tails

# Horizons of a year overlap for four quarters, so origins are resampled four in a row.
BLOCK = 4
RESAMPLES = 2000
KEY = ["kind", "target", "months", "group"]
MEANS = ("crps", "log_score", "covered50", "covered90")


def summary_table(found: Backtest) -> pd.DataFrame:
    """One row a target, group and method: ``summary.csv``.

    ``forecasts``, ``origins`` and the means are over every forecast of the method. ``crps_ratio``
    is the mean CRPS of the first model over that of the method, on the targets that both forecast:
    below 1 the model is better. ``log_gain`` is the mean log score of the model minus that of the
    method: above 0 the model is better. Errors and intervals are from a bootstrap of the origins,
    in blocks of :data:`BLOCK` quarters, both methods on the same origins (Kuensch 1989, Annals of
    Statistics 17:1217-1241; blocks run round the end); with one origin there are none. ``shared``
    counts the targets behind them.
    """
    rows = []
    for key, part in found.rows.groupby(KEY, sort=False, dropna=False):
        ours = part[part["method"] == found.models[0]]
        for method, theirs in part.groupby("method", sort=False):
            about = dict(zip(KEY, key, strict=True)) | {
                "method": method,
                "forecasts": len(theirs),
                "origins": theirs["origin"].nunique(),
            }
            means = {name: theirs[name].mean() for name in MEANS}
            against = {} if method == found.models[0] else compared(ours, theirs)
            rows.append(about | means | against)
    return pd.DataFrame(rows)


def compared(ours: pd.DataFrame, theirs: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """Ratio of mean CRPS and difference of mean log scores, on what both forecast."""
    on = ["origin", "level_of"]
    both = ours.merge(theirs, on=on, suffixes=("", "_other")).sort_values(on)
    sums = both.groupby("origin")[["crps", "crps_other", "log_score", "log_score_other"]].sum()
    sums["n"] = both.groupby("origin").size()
    ratio, gain = _statistics(sums.to_numpy()[None])
    told = {"shared": len(both), "crps_ratio": float(ratio[0]), "log_gain": float(gain[0])}
    if len(sums) < 2:
        return told
    at = block_resamples(len(sums), BLOCK, RESAMPLES, np.random.default_rng(seed))
    ratios, gains = _statistics(sums.to_numpy()[at])
    low, high = np.quantile(ratios, tails(OUTER))
    return told | {
        "crps_ratio_se": float(ratios.std()),
        "crps_ratio_lower90": float(low),
        "crps_ratio_upper90": float(high),
        "log_gain_se": float(gains.std()),
    }


def block_resamples(n: int, block: int, times: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of resampled origins in runs of neighbours, shape ``(times, n)``.

    Runs are half as long where there are too few origins for two whole ones.
    """
    block = max(1, min(block, n // 2))
    starts = rng.integers(0, n, (times, -(-n // block)))
    runs = (starts[..., None] + np.arange(block)) % n
    return np.asarray(runs.reshape(times, -1)[:, :n])


def _statistics(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ratio of CRPS and gain in log score, from sums by origin, shape ``(times, origin, 5)``."""
    ours, theirs, log_ours, log_theirs, n = np.moveaxis(sums.sum(1), -1, 0)
    return ours / theirs, (log_ours - log_theirs) / n


def overall(found: Backtest, kind: str, methods: Sequence[str]) -> pd.DataFrame:
    """Each baseline over all targets of a kind: ``crps_ratio`` is a geometric mean over targets.

    Targets have different units, so their CRPS are not added. Each bootstrap sample of origins is
    taken for all targets at once; a target without a forecast in it does not count there.
    """
    rows = found.rows[found.rows["kind"] == kind]
    origins = sorted(rows["origin"].unique())
    at = block_resamples(len(origins), BLOCK, RESAMPLES, np.random.default_rng(0))
    told = []
    for method in methods:
        logs, resampled, gains = [], [], []
        for _, part in rows.groupby(KEY, sort=False, dropna=False):
            on = ["origin", "level_of"]
            ours = part[part["method"] == found.models[0]]
            both = ours.merge(part[part["method"] == method], on=on, suffixes=("", "_other"))
            if both.empty:
                continue
            sums = both.groupby("origin")[["crps", "crps_other"]].sum().reindex(origins).fillna(0.0)
            logs.append(np.log(sums["crps"].sum() / sums["crps_other"].sum()))
            totals = sums.to_numpy()[at].sum(1)
            with np.errstate(divide="ignore", invalid="ignore"):
                log_ratio = np.log(totals[:, 0] / totals[:, 1])
            resampled.append(np.where(np.isfinite(log_ratio), log_ratio, np.nan))
            gains.append((both["log_score"] - both["log_score_other"]).mean())
        row: dict[str, Any] = {"method": method, "targets": len(logs)}
        row |= {"crps_ratio": float(np.exp(np.mean(logs))), "log_gain": float(np.mean(gains))}
        row["better_on"] = int(np.sum(np.array(logs) < 0))
        if len(origins) > 1:
            means = np.nanmean(np.array(resampled), axis=0)
            low, high = np.exp(np.quantile(means, tails(OUTER)))
            row |= {"crps_ratio_lower90": float(low), "crps_ratio_upper90": float(high)}
        told.append(row)
    return pd.DataFrame(told)
