"""Rows that share a model: one row each, by a rule that the user chose."""

from __future__ import annotations

import pandas as pd

from frontierlag.scores.reading.cells import same_name
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.report import Finding, LeftOut


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
