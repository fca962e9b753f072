"""The backtest in words: what was done, how it went, and what it cannot show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from frontierlag.backtest.baselines import BASELINES, SHIFT
from frontierlag.backtest.summary import KEY, overall, summary_table
from frontierlag.backtest.table import ACROSS, WITHIN, Backtest
from frontierlag.report.figures.backtest import question
from frontierlag.summary import INNER, OUTER

_METHODS = f"""\
Lower CRPS is better; it has the unit of the question (score, or months). Dates are scored up to the
table's last day: what had not come by then is scored by the probability that was given to it before
(threshold-weighted CRPS), and none is left out. The log score is that of cells a point or a month
wide. Coverage counts ties and dates that have not come by their expected share.

- persistence: the best score stays, the next record comes after the usual time and by the usual
  step, a level is reached after the usual delay; each off by as much as the same guess was before.
- least squares: a straight line through the group's records, with a bootstrap of its residuals. It
  knows nothing of release dates, so it is weakest on the date of the next record.
- shifted leader: the follower does what the leader did {SHIFT:g} months before, off by as much as
  before. That figure was published in January 2026, so for the quarters before it is hindsight, in
  this baseline's favour.

A baseline that lacks the past to tell its spread is left out there. Ratios compare two methods on
what both forecast.
"""
_CAVEATS = {
    WITHIN: (
        "The scores are those of the later table: models released before an origin are scored by "
        "results that came after it. So this tests the trend and the release process, not the "
        "scores, and is kinder than life to every method. The form of the model was chosen with "
        "the whole table in sight. Origins overlap and are few: the errors are rough."
    ),
    ACROSS: (
        "Nothing is borrowed from the later table: the earlier vintage's own scores and dates make "
        "the forecast. It is one origin, so the forecasts stand and fall together, and there is no "
        "error to give. The later vintage also measured the earlier models anew."
    ),
}


def verdict(found: Backtest, kind: str) -> str:
    """Whether the model beat the others, from the ratios of their scores."""
    ours = found.models[0]
    rows = found.rows[found.rows["kind"] == kind]
    mine = rows[rows["method"] == ours]
    count = mine["origin"].nunique()
    first = (
        f"{ours}, {count} origin{'' if count == 1 else 's'}, {len(mine)} forecasts: the "
        f"{INNER:.0%} interval held {mine['covered50'].mean():.0%} and the {OUTER:.0%} interval "
        f"{mine['covered90'].mean():.0%} of what came."
    )
    said = [first]
    others = [*BASELINES, *found.models[1:]]
    for _, row in overall(
        found, kind, [m for m in others if (rows["method"] == m).any()]
    ).iterrows():
        said.append(_against(row))
    said += _clearly_worse(found, kind)
    if not found.converged:
        said.append("NOT CONVERGED: some refits missed the convergence gate.")
    return " ".join(said)


def _clearly_worse(found: Backtest, kind: str) -> list[str]:
    """The questions on which a simple forecast did better by more than chance, if any."""
    table = summary_table(found)
    rows = table[(table["kind"] == kind) & table["method"].isin(list(BASELINES))]
    if "crps_ratio_lower90" not in rows:
        return []
    rows = rows[rows["crps_ratio_lower90"] > 1]
    named = [f"{question(row)} ({row['method']})" for _, row in rows.iterrows()]
    return [f"A simple forecast did clearly better on: {'; '.join(named)}."] if named else []


def _against(row: pd.Series) -> str:
    ratio, asked = row["crps_ratio"], int(row["targets"])
    low, high = row.get("crps_ratio_lower90", np.nan), row.get("crps_ratio_upper90", np.nan)
    told = f" ({low:.2f} to {high:.2f})" if np.isfinite([low, high]).all() else ""
    word = "better" if ratio < 1 else "worse"
    sure = ""
    if told and low <= 1 <= high:
        sure = ", which may be chance"
    return (
        f"Against {row['method']} it is {word}{sure}: CRPS ratio {ratio:.2f}{told}, smaller on "
        f"{int(row['better_on'])} of {asked} questions."
    )


def report(found: Backtest, attribution: str) -> str:
    """The whole of ``backtest.md``."""
    now = found.now
    origins = found.rows.loc[found.rows["kind"] == WITHIN, "origin"]
    parts = [
        f"# Backtest: {now.title}, {now.table.name}",
        f"Forecasts from {origins.nunique()} quarter ends, {origins.min()} to {origins.max()}, "
        f"held against what {now.table.name} says came by {now.window.as_of}. At each the model is "
        "refitted to what had been released by then.",
    ]
    whole = summary_table(found)
    for kind, heading in ((WITHIN, "Every quarter of the past"), (ACROSS, "Across vintages")):
        rows = whole[whole["kind"] == kind]
        if rows.empty:
            continue
        parts += [f"## {heading}", verdict(found, kind)]
        if kind == ACROSS:
            across = found.rows[found.rows["kind"] == ACROSS].iloc[0]
            parts.append(
                f"Fitted to {across['from']} as of {across['origin']}, scored against "
                f"{across['against']}."
            )
        parts += [_CAVEATS[kind], _table(rows)]
    parts += ["## How it is scored", _METHODS.strip(), attribution]
    return "\n\n".join(parts) + "\n"


def _table(rows: pd.DataFrame) -> str:
    lines = [
        "| question | method | n | CRPS | log score | in 50 % | in 90 % | model's CRPS / this |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for _, part in rows.groupby(KEY, sort=False, dropna=False):
        for k, (_, row) in enumerate(part.iterrows()):
            lines.append(
                f"| {question(row) if k == 0 else ''} | {row['method']} | {row['forecasts']} "
                f"| {row['crps']:.2f} | {row['log_score']:.2f} | {row['covered50']:.0%} "
                f"| {row['covered90']:.0%} | {_ratio(row)} |"
            )
    return "\n".join(lines)


def _ratio(row: pd.Series) -> str:
    if not np.isfinite(row.get("crps_ratio", np.nan)):
        return ""
    se = row.get("crps_ratio_se", np.nan)
    return f"{row['crps_ratio']:.2f}" + (f" ± {se:.2f}" if np.isfinite(se) else "")
