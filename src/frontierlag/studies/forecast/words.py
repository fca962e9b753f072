"""The backtest in words: what was done, how it went, and what it cannot show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from frontierlag.dates import WORDS
from frontierlag.intervals import INNER, OUTER
from frontierlag.studies.forecast.backtest import ACROSS, WITHIN, Backtest
from frontierlag.studies.forecast.backtest_figure import question
from frontierlag.studies.forecast.baselines import BASELINES, SHIFT
from frontierlag.studies.forecast.summary import KEY, coverage, overall, summary_table
from frontierlag.studies.forecast.targets import NOT_BY_END
from frontierlag.studies.writing import markdown_table, page

_METHODS = f"""\
Lower CRPS is better; it has the unit of the question (score, or months). Dates are scored up to the
table's last day: what had not come by then is scored by the probability of its coming before
(threshold-weighted CRPS), and none is left out. The log score is that of cells a point or a month
wide. Coverage counts ties and dates that have not come by their expected share.

- persistence: the best score stays, the next record comes after the usual time and by the usual
  step, a level is reached after the usual delay; each off by as much as the same guess was before.
- drift: the best score goes on rising as fast as it did on average, off by as much as that was.
- least squares: a straight line through the group's records, with a bootstrap of its residuals. It
  knows nothing of release dates, so it is weakest on the date of the next record.
- shifted leader: the follower does what the leader did {SHIFT:g} months before, off by as much as
  before. That figure was published in January 2026, so for the quarters before it is hindsight, in
  this baseline's favour.

A baseline with too short a past to estimate its spread is left out there. Ratios compare two
methods on what both forecast.
"""
_CAVEATS = {
    WITHIN: (
        "The scores are those of the later table: models released before an origin are scored by "
        "results that came after it. So this tests the trend and the release process, not the "
        "scores, and favours every method. The form of the model was chosen with the whole "
        "table known. Origins overlap and are few: the errors are rough."
    ),
    ACROSS: (
        "Nothing comes from a later table: a vintage's own scores and dates make the forecast. "
        "The table with the outcomes also has new scores of earlier models. Vintages of "
        "one month hold nearly the same rows, and one release decides what many of them forecast; "
        "intervals are from a bootstrap that draws months and deciding releases at once, and there "
        "are few of both."
    ),
}


def verdict(found: Backtest, kind: str) -> str:
    """Whether the model beat the others, those that beat it first."""
    ours = found.models[0]
    rows = found.rows[found.rows["kind"] == kind]
    asked = [m for m in (*BASELINES, *found.models[1:]) if (rows["method"] == m).any()]
    table = overall(found, kind, asked)
    lost = (table["crps_ratio"] >= 1) & table["method"].isin(list(BASELINES))
    said = [_against(row) for _, row in table[lost].iterrows()]
    if said:
        said[0] = f"Simple forecasts won. {said[0]}"
    said += _clearly_worse(found, kind)
    said.append(_covered(found, kind, rows[rows["method"] == ours]))
    said += [_against(row) for _, row in table[~lost].iterrows()]
    if not found.converged:
        said.append("NOT CONVERGED: some refits missed the convergence gate.")
    return " ".join(said)


def _covered(found: Backtest, kind: str, mine: pd.DataFrame) -> str:
    """Numbers of forecasts and origins, and the share of outcomes that its intervals contain."""
    count = len(mine[["origin", "from"]].drop_duplicates())
    deciding = ""
    if kind == ACROSS:
        releases = mine.loc[mine["decided_by"] != NOT_BY_END, "decided_by"].nunique()
        deciding = f" (the outcomes were decided by {releases} releases)"
    held = coverage(found, kind, found.models[0])
    coverages = []
    for name, width in (("covered50", INNER), ("covered90", OUTER)):
        share, low, high = held[name]
        ends = f" ({low:.0%} to {high:.0%})" if np.isfinite([low, high]).all() else ""
        coverages.append(f"the {width:.0%} interval contained {share:.0%}{ends}")
    return (
        f"{found.models[0]}, {count} origin{'' if count == 1 else 's'}, {len(mine)} "
        f"forecasts{deciding}: {' and '.join(coverages)} of the outcomes."
    )


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
    interval = f" ({low:.2f} to {high:.2f})" if np.isfinite([low, high]).all() else ""
    word = "better" if ratio < 1 else "worse"
    sure = ""
    if interval and low <= 1 <= high:
        sure = ", which may be chance"
    return (
        f"Against {row['method']} the model is {word}{sure}: CRPS ratio {ratio:.2f}{interval}, "
        f"smaller on {int(row['better_on'])} of {asked} questions."
    )


def report(found: Backtest, attribution: str) -> str:
    """The whole of ``backtest.md``."""
    now = found.now
    origins = found.rows.loc[found.rows["kind"] == WITHIN, "origin"]
    parts = [
        f"# Backtest: {now.title}, {now.table.name}",
        f"Forecasts from {origins.nunique()} quarter ends, {origins.min()} to {origins.max()}, "
        f"compared with what {now.table.name} says had come by {now.window.as_of}. At each the "
        f"model is refitted to what had been released by then ({WORDS[now.releases.dates]}).",
    ]
    whole = summary_table(found)
    for kind, heading in ((WITHIN, "Every quarter of the past"), (ACROSS, "Across vintages")):
        rows = whole[whole["kind"] == kind]
        if rows.empty:
            continue
        parts += [f"## {heading}", verdict(found, kind)]
        if kind == ACROSS:
            across = found.rows[found.rows["kind"] == ACROSS]
            names = across["from"].unique().tolist()
            parts.append(
                f"Each of {len(names)} vintages is fitted as of its own last day, {names[0]} to "
                f"{names[-1]} (of those with the same rows the first), and forecasts what "
                f"{across['against'].iloc[0]} says came."
            )
        parts += [_CAVEATS[kind], _table(rows)]
    return page([*parts, "## How it is scored", _METHODS.strip(), attribution])


def _table(rows: pd.DataFrame) -> str:
    columns = ("question", "method", "n", "CRPS", "log score", "in 50 %", "in 90 %")
    lines = []
    for _, part in rows.groupby(KEY, sort=False, dropna=False):
        for k, (_, row) in enumerate(part.iterrows()):
            scores = [f"{row[name]:.2f}" for name in ("crps", "log_score")]
            held = [f"{row[name]:.0%}" for name in ("covered50", "covered90")]
            asked = question(row) if k == 0 else ""
            lines.append([asked, row["method"], row["forecasts"], *scores, *held, _ratio(row)])
    return markdown_table([*columns, "model's CRPS / this"], lines)


def _ratio(row: pd.Series) -> str:
    if not np.isfinite(row.get("crps_ratio", np.nan)):
        return ""
    se = row.get("crps_ratio_se", np.nan)
    return f"{row['crps_ratio']:.2f}" + (f" ± {se:.2f}" if np.isfinite(se) else "")
