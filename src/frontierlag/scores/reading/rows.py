"""Rows that are no models, ranks for scores, names twice, reruns, rows that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from frontierlag.errors import ScoresError
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.reading.parsing import same_name
from frontierlag.scores.reading.report import Finding, LeftOut

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


def names_and_ranks(frame: pd.DataFrame, of_index: bool) -> list[Finding]:
    """Return rows named like a summary, models named twice by a suffix, and ranks for scores.

    The frame has usable rows by line, with model, organization, released and score; scores are
    looked at where they are those of an index of which nothing is known.
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
    score = np.sort(np.abs(frame["score"].to_numpy(dtype=np.float64)))
    if of_index and np.array_equal(score, np.arange(1, len(score) + 1)):
        findings.append(Finding(
            "wrong",
            f"The scores are the whole numbers from 1 to {len(score)}, each once: ranks, not "
            "scores? Name the column of scores with --column score=HEADING.",
        ))  # fmt: skip
    return findings


def merged_cells(
    text: pd.DataFrame, columns: Sequence[str]
) -> tuple[list[Finding], tuple[str, ...]]:
    """Return group columns that are filled in the first row of each block only, and their names."""
    findings, merged = [], []
    for column in columns:
        blank = text[column].isin(["", "unknown"]).to_numpy(dtype=bool)
        if len(blank) < 4 or blank[0] or not blank.any():
            continue
        # A merged cell is one filled row and then blank ones: no two filled ones in a row.
        starts = np.flatnonzero(~blank)
        alone = np.mean([at + 1 < len(blank) and blank[at + 1] for at in starts])
        if blank.mean() >= 0.5 and alone >= 0.6:
            rows = tuple(int(row) for row in text.index[blank])
            last = int(starts[-1])
            merged.append(column)
            findings.append(Finding(
                "wrong",
                f"Column {column!r} is blank in {len(rows)} of {len(blank)} rows, below a filled "
                f"one each time (such as {text[column].iloc[last]!r} in row {text.index[last]}): "
                "merged cells of a spreadsheet? Write the value into every row.",
                rows,
            ))  # fmt: skip
    return findings, tuple(merged)


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


def one_row_each(
    text: pd.DataFrame, values: pd.DataFrame, options: ReadOptions
) -> tuple[pd.DataFrame, pd.DataFrame, list[LeftOut], list[Finding]]:
    """Return text and values with one row a model, and what was merged or left out for it.

    Names that differ only in case, space, hyphens or underscores are one model. Identical rows, and
    rows without a date or a score, are none of this rule's business. Of `reruns`, 'mean' averages
    score, low, high and stderr (the error of a mean of runs whose errors may be shared is not
    smaller than theirs) under the first row's name and date; 'best' keeps the highest score,
    'latest' the latest date (of equals the last row).
    """
    if options.reruns == "refuse":
        return text, values, [], []
    usable = text[values["score"].notna() & values["released"].notna()].drop_duplicates()
    keys = usable["model"].map(same_name)
    several = keys[keys.duplicated(keep=False) & (usable["model"] != "")]
    left_out = []
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
            kept = max(lines, key=lambda line: (values.loc[line, "released"], line))
        reason = f"a rerun of the model in row {kept} ({options.reruns})"
        left_out += [
            LeftOut(int(line), text.loc[line, "model"], reason, "score", text.loc[line, "score"])
            for line in lines
            if line != kept
        ]
    if not left_out:
        return text, values, [], []
    dropped = tuple(row.row for row in left_out)
    said = (
        f"{len(dropped)} row(s) are reruns of a model in another row; of each model the "
        f"{options.reruns} counts."
    )
    keep = ~text.index.isin(dropped)
    return text[keep], values[keep], left_out, [Finding("note", said, dropped)]


def spelled_twice(
    text: pd.DataFrame, values: pd.DataFrame, options: ReadOptions, shown_as: str, warn: bool
) -> list[Finding]:
    """One model under two spellings, refused unless it is accepted or only to be warned of.

    Rows without a date or a score do not count.
    """
    usable = text[values["score"].notna() & values["released"].notna()]
    names = usable.drop_duplicates("model")["model"]
    keys = names.map(same_name)
    several = keys[keys.duplicated(keep=False)]
    if several.empty:
        return []
    groups = [list(rows.index) for _, rows in several.groupby(several, sort=False)]
    shown = "; ".join(
        " and ".join(f"{names[row]!r} (row {row})" for row in group) for group in groups[:10]
    )
    said = f"Names that differ only in case, space or hyphens: {shown}"
    if not warn and "same-name" not in options.accept:
        raise ScoresError(
            f"{shown_as}: {said}. Keep one row a model, take one by --reruns mean, best or latest, "
            "or give --accept same-name if they are different models."
        )
    rows = tuple(int(row) for group in groups for row in group)
    return [Finding("check", f"{said}. They count as different models.", rows)]


def late(usable: pd.DataFrame) -> list[Finding]:
    """A last release long after the others: announced ahead, or a mistyped date."""
    ordered = usable.sort_values("released")
    gaps = ordered["released"].diff().dt.days.to_numpy(dtype=np.float64)[1:]
    if gaps.size < 5 or gaps[-1] <= max(90.0, 1.5 * gaps[:-1].max()):
        return []
    row, last = int(ordered.index[-1]), ordered.iloc[-1]
    return [Finding(
        "wrong",
        f"row {row}: {last['model']} is dated {last['released']:%Y-%m-%d}, {gaps[-1]:.0f} days "
        "after every other release, and lags are reported up to that day. Check the date (a model "
        "that is only announced has none yet), or give --as-of.",
        (row,),
    )]  # fmt: skip


def unusable(text: pd.DataFrame, values: pd.DataFrame) -> list[LeftOut]:
    """Return repeated rows and rows without a date or a score, in the file's order."""
    first: dict[tuple[str, ...], int] = {}
    found = []
    no_score, no_date = values["score"].isna().to_numpy(), values["released"].isna().to_numpy()
    rows = zip(*(text[column].tolist() for column in text.columns), strict=True)
    for at, (row, cells) in enumerate(zip(text.index.tolist(), rows, strict=True)):
        seen = first.setdefault(cells, row)
        if seen != row:
            found.append(LeftOut(row, cells[0], f"the same as row {seen}"))
        elif no_score[at]:
            cell = text["score"].iloc[at]
            found.append(LeftOut(row, cells[0], "no score", "score", cell))
        elif no_date[at]:
            cell = text["released"].iloc[at]
            found.append(LeftOut(row, cells[0], "no release date", "released", cell))
    return found
