"""From what estimators found in many worlds to bias, error, width and coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from frontierlag.studies.calibration.estimands import PROBABILITIES, ROUNDING, Estimand, rows_of
from frontierlag.studies.campaign.runner import Done

# The estimators that errors are compared with, by the column of the ratio: the daily point method,
# and a model of the index with independent errors.
REFERENCES = {"rmse_ratio": "daily-points", "rmse_ratio_index": "linear-stochastic"}
# Probability of the binomial interval around a coverage.
BAR = 0.95


@dataclass
class _Answers:
    """Answers of one estimator to one estimand, a world a row."""

    index: list[int] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    point: list[float] = field(default_factory=list)
    ends: list[tuple[tuple[float, float], ...]] = field(default_factory=list)
    undefined: list[float] = field(default_factory=list)
    trouble: list[bool] = field(default_factory=list)


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
    answers: dict[tuple[str, str], dict[Estimand, _Answers]] = {}
    failed: dict[tuple[str, str], int] = {}
    for key, one in done.items():
        world, estimator, index = key.split("/")
        pair = (world, estimator)
        failed[pair] = failed.get(pair, 0) + (one.error is not None)
        answers.setdefault(pair, {})
        if one.error is None:
            _add(answers[pair], int(index), one.value)
    rows = []
    for (world, name), by_estimand in answers.items():
        for estimand, found in by_estimand.items():
            counted = _counted(found)
            ratio: dict[str, float] = {}
            for column, of in REFERENCES.items():
                if of != name:
                    ratio |= _ratio(column, found, answers.get((world, of), {}).get(estimand))
            labels: dict[str, object] = {
                "world": world,
                "estimator": name,
                "lag": estimand[0],
                "period": estimand[1],
            }
            rows.append({**labels, "failed": failed[world, name], **counted, **ratio})
        if not by_estimand:
            rows.append({"world": world, "estimator": name, "n": 0, "failed": failed[world, name]})
    return pd.DataFrame(rows)


def _add(found: dict[Estimand, _Answers], index: int, value: dict[str, object]) -> None:
    for estimand, truth, estimate in rows_of(value):
        a = found.setdefault(estimand, _Answers())
        a.index.append(index)
        a.truth.append(truth)
        a.point.append(estimate.point)
        a.ends.append(estimate.ends)
        a.undefined.append(estimate.undefined)
        a.trouble.append(bool(value["trouble"]))


def _counted(found: _Answers) -> dict[str, float]:
    truth, point = np.array(found.truth), np.array(found.point)
    known = np.isfinite(truth) & np.isfinite(point)
    error, n = (point - truth)[known], int(known.sum())
    row: dict[str, float] = {
        "n": n,
        "not_converged": int(np.sum(found.trouble)),
        "undefined": int((~known).sum()),
        "undefined_draws": float(np.mean(found.undefined)),
    }
    if n < 2:
        return row
    rmse = float(np.sqrt(np.mean(error**2)))
    row |= {"bias": float(error.mean()), "bias_se": _se(error), "rmse": rmse}
    row["rmse_se"] = _se(error**2) / (2 * rmse) if rmse > 0 else 0.0
    if not all(found.ends):
        return row
    ends = np.array(found.ends)[known]
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


def _ratio(column: str, found: _Answers, reference: _Answers | None) -> dict[str, float]:
    """Root-mean-square error over the reference's in the worlds that both answered."""
    if reference is None:
        return {}
    a, b = (
        {i: (p - t) ** 2 for i, p, t in zip(x.index, x.point, x.truth, strict=True)}
        for x in (found, reference)
    )
    both = [i for i in a if i in b and np.isfinite(a[i]) and np.isfinite(b[i])]
    if len(both) < 2:
        return {}
    ours, theirs = (np.array([x[i] for i in both]) for x in (a, b))
    ratio = float(np.sqrt(ours.mean() / theirs.mean()))
    return {
        column: ratio,
        f"{column}_se": ratio / 2 * _se(ours / ours.mean() - theirs / theirs.mean()),
    }


def _se(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
