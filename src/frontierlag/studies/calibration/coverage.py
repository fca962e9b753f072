"""From what estimators found in many worlds to bias, error, width and coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from frontierlag.studies.calibration.estimands import PROBABILITIES, ROUNDING, rows_of
from frontierlag.studies.campaign.runner import Done

# The estimators that errors are compared with, by the column of the ratio: the daily point method,
# and a model of the index with independent errors.
REFERENCES = {"rmse_ratio": "daily-points", "rmse_ratio_index": "linear-stochastic"}
# Probability of the binomial interval around a coverage.
BAR = 0.95
# An answer of an estimator in a world, and by which of its columns answers are counted.
_OF = ["world", "estimator", "lag", "period"]
_ANSWER = [*_OF, "index", "trouble", "truth", "point", "ends", "undefined"]


def coverage_table(done: Mapping[str, Done]) -> pd.DataFrame:
    """Count, by world, estimator, estimand and period.

    Parameters
    ----------
    done
        Finished tasks, keys as of :func:`frontierlag.studies.calibration.calibrate.key_of`.

    Returns
    -------
    One row each, with errors and widths in months:

    ``n`` worlds in which both truth and answer exist, over which everything else is taken;
    ``failed`` worlds without an answer because the fit failed, ``undefined`` those in which the
    truth or the answer does not exist, and ``undefined_draws``, the mean share of draws in which
    the lag does not; ``not_converged`` fits that missed the campaign's gate (they count).
    ``bias``, ``rmse``, ``width`` (of the 90 % interval) and ``cover50`` to ``cover95``, each with
    its Monte Carlo standard error ``_se``; ``cover90_low`` and ``cover90_high``, the 95 %
    Clopper-Pearson interval; and ``rmse_ratio`` and ``rmse_ratio_index``, the error over that of
    the daily point method, and of the model of the scores as an analyst of the index has them, in
    the same worlds.

    Notes
    -----
    Standard errors over n independent worlds: of a mean, sd / sqrt(n); of the root-mean-square
    error, by the delta method, sd(e^2) / (2 rmse sqrt(n)); of a coverage with k hits,
    sqrt(p (1 - p) / n) with p = (k + 1/2) / (n + 1), which is never 0; of a ratio r of two
    root-mean-square errors in the same worlds, r sd(a / mean(a) - b / mean(b)) / (2 sqrt(n)) with
    a and b the squared errors.
    """
    failed: dict[tuple[str, str], int] = {}
    answers: list[dict[str, Any]] = []
    for key, one in done.items():
        world, estimator, index = key.split("/")
        failed[world, estimator] = failed.get((world, estimator), 0) + (one.error is not None)
        if one.error is None:
            about = {"world": world, "estimator": estimator, "index": int(index)}
            about["trouble"] = bool(one.value["trouble"])
            answers += [
                about | {"lag": lag, "period": period, "truth": truth} | vars(estimate)
                for (lag, period), truth, estimate in rows_of(one.value)
            ]
    by_estimand = pd.DataFrame(answers, columns=_ANSWER).groupby(_OF, sort=False)
    tables: dict[Any, pd.DataFrame] = dict(iter(by_estimand))
    rows: list[dict[str, object]] = []
    for pair, count in failed.items():
        head = {"world": pair[0], "estimator": pair[1]}
        own = {key: table for key, table in tables.items() if key[:2] == pair}
        if not own:
            rows.append(head | {"n": 0, "failed": count})
        for (world, name, lag, period), table in own.items():
            row = head | {"lag": lag, "period": period, "failed": count} | _counted(table)
            for column, of in REFERENCES.items():
                reference = tables.get((world, of, lag, period))
                if of != name and reference is not None:
                    row |= _ratio(column, table, reference)
            rows.append(row)
    return pd.DataFrame(rows)


def _counted(found: pd.DataFrame) -> dict[str, float]:
    """The numbers of one estimator's answers to one estimand, a world a row."""
    truth, point = found["truth"].to_numpy(float), found["point"].to_numpy(float)
    known = np.isfinite(truth) & np.isfinite(point)
    error, n = (point - truth)[known], int(known.sum())
    row: dict[str, float] = {
        "n": n,
        "not_converged": int(found["trouble"].sum()),
        "undefined": int((~known).sum()),
        "undefined_draws": float(found["undefined"].mean()),
    }
    if n < 2:
        return row
    rmse = float(np.sqrt(np.mean(error**2)))
    row |= {"bias": float(error.mean()), "bias_se": _se(error), "rmse": rmse}
    row["rmse_se"] = _se(error**2) / (2 * rmse) if rmse > 0 else 0.0
    if not all(found["ends"]):
        return row
    ends = np.array(found["ends"].tolist())[known]
    width = np.diff(ends[:, PROBABILITIES.index(0.9)], axis=-1)[:, 0]
    row |= {"width": float(width.mean()), "width_se": _se(width)}
    at = truth[known, None]
    inside = (ends[..., 0] <= at + ROUNDING) & (at - ROUNDING <= ends[..., 1])
    for probability, hits in zip(PROBABILITIES, inside.sum(0), strict=True):
        name, p = f"cover{probability * 100:g}", (hits + 0.5) / (n + 1)
        row |= {name: hits / n, f"{name}_se": float(np.sqrt(p * (1 - p) / n))}
        if probability == 0.9:
            bar = stats.binomtest(int(hits), n).proportion_ci(BAR, method="exact")
            row |= {f"{name}_low": bar.low, f"{name}_high": bar.high}
    return row


def _ratio(column: str, found: pd.DataFrame, reference: pd.DataFrame) -> dict[str, float]:
    """Root-mean-square error over the reference's in the worlds that both answered."""
    both = found.merge(reference, on="index", suffixes=("", "_of"))
    squares = np.square([both["point"] - both["truth"], both["point_of"] - both["truth_of"]])
    ours, theirs = squares[:, np.isfinite(squares).all(0)]
    if len(ours) < 2:
        return {}
    ratio = float(np.sqrt(ours.mean() / theirs.mean()))
    return {
        column: ratio,
        f"{column}_se": ratio / 2 * _se(ours / ours.mean() - theirs / theirs.mean()),
    }


def _se(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
