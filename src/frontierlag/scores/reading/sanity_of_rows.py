"""Rows that are no models, ranks for scores, names twice, reruns, errors in other units."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import median_abs_deviation

from frontierlag.scores.metric import Metric
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import same_name
from frontierlag.scores.reading.report import Finding, LeftOut

FEWEST = 8
# Half widths of 90 % intervals in standard errors.
Z90 = 1.6448536269514722
# Names of rows that sum a table up or are no models.
_NO_MODEL = re.compile(
    r"(?:the )?(?:grand |overall |column )?(?:average|mean|median|totals?|sum|count|std|min|max|"
    r"overall|all|all models|avg|minimum|maximum)(?: score| of .*)?|"
    r"(?:average |expert |median )?humans?(?: .*)?|random(?: .*)?|chance(?: level)?|baseline|"
    r"(?:sota|state of the art)"
)
# What follows a model's name where it is the same model again.
_AGAIN = re.compile(
    r"[\s\-_(\[@:]*(?:v(?:er(?:sion)?)?[ .]?[0-9]+(?:\.[0-9]+)*|"
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}|20[0-9]{6}|preview|latest|rerun|"
    r"re-?test|new|old|updated?|copy|run [0-9]+|retry)[)\]]?$",
    flags=re.IGNORECASE,
)


def names_and_ranks(frame: pd.DataFrame, metric: Metric | None) -> list[Finding]:
    """Return rows named like a summary, models named twice by a suffix, and ranks for scores.

    Parameters
    ----------
    frame
        Usable rows by line, with model, organization, released and score.
    metric
        None for an index of which nothing is known.
    """
    findings = []
    names = dict(zip(frame.index.tolist(), frame["model"].tolist(), strict=True))
    summary = [row for row, name in names.items() if _NO_MODEL.fullmatch(name.casefold().strip())]
    if summary:
        shown = ", ".join(f"{names[row]!r} (row {row})" for row in summary[:8])
        findings.append(Finding(
            "wrong",
            f"{shown} read(s) like a summary or a baseline, not like a model, and counts as one. "
            "Remove such rows.",
            tuple(summary),
        ))  # fmt: skip
    findings += _again(frame, names)
    score = frame["score"].to_numpy(dtype=np.float64)
    if metric is None and len(score) >= FEWEST:
        whole = np.array_equal(np.sort(np.abs(score)), np.arange(1, len(score) + 1))
        if whole:
            findings.append(Finding(
                "wrong",
                f"The scores are the whole numbers from 1 to {len(score)}, each once: ranks, not "
                "scores? Name the column of scores with --column score=HEADING.",
            ))  # fmt: skip
    return findings


def merged_cells(text: pd.DataFrame, columns: Sequence[str]) -> list[Finding]:
    """Return group columns that are filled in the first row of each block only.

    Parameters
    ----------
    text
        Text columns by line.
    columns
        Those that the table has of organization, country and weights.
    """
    findings = []
    for column in columns:
        blank = text[column].isin(["", "unknown"]).to_numpy(dtype=bool)
        if len(blank) < 4 or blank[0] or not blank.any():
            continue
        # A merged cell is one filled row and then blank ones: no two filled ones in a row.
        starts = np.flatnonzero(~blank)
        alone = np.mean([at + 1 < len(blank) and blank[at + 1] for at in starts])
        if blank.mean() >= 0.5 and alone >= 0.6:
            rows = [int(row) for row in text.index[blank]]
            filled = text[column].iloc[int(starts[-1])]
            findings.append(Finding(
                "wrong",
                f"Column {column!r} is blank in {len(rows)} of {len(blank)} rows, below a filled "
                f"one each time (such as {filled!r} in row {text.index[int(starts[-1])]}): merged "
                "cells of a spreadsheet? Write the value into every row.",
                tuple(rows),
            ))  # fmt: skip
    return findings


def _again(frame: pd.DataFrame, names: dict[int, str]) -> list[Finding]:
    """A name that is another's with a version, a date or 'preview' behind it, of the same day."""
    keys = {same_name(name): row for row, name in names.items()}
    day = dict(zip(frame.index.tolist(), frame["released"].tolist(), strict=True))
    found = []
    for row, name in names.items():
        match = _AGAIN.search(name)
        other = keys.get(same_name(name[: match.start()])) if match and match.start() else None
        if other is not None and other != row and day[other] == day[row]:
            found.append((other, row))
    if not found:
        return []
    shown = "; ".join(f"{names[a]!r} (row {a}) and {names[b]!r} (row {b})" for a, b in found[:8])
    return [Finding(
        "check",
        f"Names of one release day that differ by a version or a date only: {shown}. They count as "
        "different models; if they are one, keep one row.",
        tuple(row for pair in found for row in pair),
    )]  # fmt: skip


def errors_of_other_units(frame: pd.DataFrame, metric: Metric | None) -> list[Finding]:
    """Return errors that the scores contradict, and intervals that standard errors contradict.

    Scores scatter about their trend by their measurement error and more, so a usual standard error
    of more than twice the robust scatter cannot be in the units of the scores; one of less than a
    hundredth is likely not. An interval of 90 % is 3.29 standard errors wide.
    """
    findings = []
    score = frame["score"].to_numpy(dtype=np.float64)
    width = (frame["high"] - frame["low"]).to_numpy(dtype=np.float64)
    stderr = frame["stderr"].to_numpy(dtype=np.float64)
    both = (width > 0) & (stderr > 0)
    if both.sum() >= 3:
        ratio = float(np.median(width[both] / (2 * stderr[both])))
        if not Z90 / 1.15 < ratio < Z90 * 1.15:
            findings.append(Finding(
                "wrong",
                f"low and high are {ratio:.2f} standard errors from the score (median), where "
                f"those of 90 % intervals are {Z90:.2f}: one of the two is in other units or of "
                "another level (--interval-level 0.95). The column of standard errors is used.",
            ))  # fmt: skip
    error = np.where(np.isnan(stderr), width / (2 * Z90), stderr)
    known = error > 0
    if metric is not None or known.sum() < FEWEST:
        return findings
    day = frame["released"].to_numpy().astype("datetime64[D]").astype(np.float64)
    if np.unique(day).size < 3:
        return findings
    slope, intercept = np.polyfit(day - day.mean(), score, 1)
    scatter = float(
        median_abs_deviation(score - slope * (day - day.mean()) - intercept, scale="normal")
    )
    usual = float(np.median(error[known]))
    if scatter > 0 and (usual > 2 * scatter or usual < scatter / 100):
        which = (
            "larger than scores that have them can lie together"
            if usual > scatter
            else ("so small that they hardly count")
        )
        findings.append(Finding(
            "wrong" if usual > scatter else "check",
            f"The usual standard error is {usual:.3g}, while scores scatter by {scatter:.3g} about "
            f"their trend: errors are {which}. Are they in the units of the scores?",
        ))  # fmt: skip
    return findings


def one_row_each(
    text: pd.DataFrame, values: pd.DataFrame, options: ReadOptions
) -> tuple[pd.DataFrame, pd.DataFrame, list[LeftOut], list[Finding]]:
    """Return text and values with one row a model, and what was merged or left out for it.

    Names that differ only in case, space, hyphens or underscores are one model. Identical rows, and
    rows without a date or a score, are none of this rule's business.

    Parameters
    ----------
    text, values
        Rows by line.
    options
        `reruns`: 'mean' averages score, low, high and stderr (the error of a mean of runs whose
        errors may be shared is not smaller than theirs) under the first row's name and date;
        'best' keeps the highest score, 'latest' the latest date (of equals the last row).
    """
    if options.reruns == "refuse":
        return text, values, [], []
    usable = text[values["score"].notna() & values["released"].notna()].drop_duplicates()
    keys = usable["model"].map(same_name)
    several = keys[keys.duplicated(keep=False) & (usable["model"] != "")]
    left_out, dropped = [], []
    values = values.copy()
    for _, rows in several.groupby(several, sort=False):
        lines = list(rows.index)
        if options.reruns == "mean":
            kept = lines[0]
            columns = ["score", "low", "high", "stderr"]
            values.loc[kept, columns] = values.loc[lines, columns].mean(axis=0, skipna=False)
        elif options.reruns == "best":
            kept = values.loc[lines, "score"].idxmax()
        else:
            order = (
                values.loc[lines, "released"]
                .reset_index()
                .sort_values(["released", "index"], kind="stable")
            )
            kept = order["index"].iloc[-1]
        for line in lines:
            if line != kept:
                cell = text.loc[line, "score"]
                reason = f"a rerun of the model in row {kept} ({options.reruns})"
                left_out.append(LeftOut(int(line), text.loc[line, "model"], reason, "score", cell))
                dropped.append(line)
    if not dropped:
        return text, values, [], []
    said = (
        f"{len(dropped)} row(s) are reruns of a model in another row; of each model the "
        f"{options.reruns} counts."
    )
    keep = ~text.index.isin(dropped)
    finding = Finding("note", said, tuple(int(line) for line in dropped))
    return text[keep], values[keep], left_out, [finding]


def spelled_twice(text: pd.DataFrame, values: pd.DataFrame) -> list[list[tuple[int, str]]]:
    """Return groups of rows whose names differ only in case, space, hyphens or underscores.

    Each a list of line and name. Rows without a date or a score do not count.
    """
    usable = text[values["score"].notna() & values["released"].notna()]
    first = usable.drop_duplicates("model")
    keys = first["model"].map(same_name)
    several = keys[keys.duplicated(keep=False)]
    return [
        [(int(line), first.loc[line, "model"]) for line in rows.index]
        for _, rows in several.groupby(several, sort=False)
    ]
