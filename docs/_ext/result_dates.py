"""What the pages say of release dates and vintages, from the tables that they come from."""

from __future__ import annotations

from pathlib import Path

from result_rows import NEW, marked, read, row_of, rows_of

from frontierlag.dates import AS_PUBLISHED, RELEASED, suffix
from frontierlag.errors import OutputError
from frontierlag.names import REALIZED, TREND, WINDOW
from frontierlag.results.sentences import HEADLINE as SCORES_MODEL
from frontierlag.results.sentences import JOINT_HEADLINE as JOINT_MODEL
from frontierlag.studies.sensitivity.alternatives import DATED

_FOLDERS = (("us-china-joint", JOINT_MODEL), ("us-china", SCORES_MODEL))


def conventions(results: Path) -> str:
    """The lags of the newest table under each convention of release dates, in months."""
    lines = ["| dates | model | realized lag, mean | trend lag, mean |", "|---|---|---|---|"]
    for folder, model in _FOLDERS:
        for dates in (RELEASED, AS_PUBLISHED):
            lags = read(results, NEW, f"{folder}{suffix(dates)}", "lags.csv")
            cells = [marked(row_of(lags, model, kind, WINDOW)) for kind in (REALIZED, TREND)]
            lines.append(f"| {DATED[dates]} | `{model}` | {' | '.join(cells)} |")
    table = read(results, NEW, "us-china", "sensitivity", "sensitivity.csv")
    for dates, words in DATED.items():
        if dates in (RELEASED, AS_PUBLISHED):
            continue
        own = rows_of(table, alternative=words, model=SCORES_MODEL, period=WINDOW)
        cells = [marked(rows_of(own, lag=k).to_dict("records")[0]) for k in (REALIZED, TREND)]
        lines.append(f"| {words} | `{SCORES_MODEL}`, quick fit | {' | '.join(cells)} |")
    return "\n".join(lines)


def history(results: Path) -> str:
    """The lag over the same days by every vintage, and the spread next to a posterior's own."""
    file = results / "history" / "us-china" / "history.md"
    if not file.is_file():
        raise OutputError(f"{file} is missing; `frontierlag study history` makes it")
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("# ")).strip()
