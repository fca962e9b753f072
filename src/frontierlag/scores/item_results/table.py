"""Tables of benchmark results: a reference name or a local file in, one validated table out.

One row a result: model, benchmark, score from 0 to 1; and, where the table has them, who reported
it, when the benchmark was released, and the benchmark's chance level and ceiling.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from frontierlag.errors import ScoresError
from frontierlag.scores import ATTRIBUTION, BadRowsError, Problem, own_credit
from frontierlag.scores.item_results.known import NOT_STATED
from frontierlag.scores.reading.parsing import days, is_blank, numbers
from frontierlag.scores.registry import registry

# For each column of the own schema, the headings that may hold it, as they are written. Epoch AI's
# eci_benchmarks.csv had next to the key `model_group` (or `model`) a coarser family, `Model`, under
# which several releases shared a name, so headings are distinguished by case; since 2026-09-23 the
# key itself is `Model`, and it is taken where neither of the others is there.
_OWN = {
    "model": ("model",),
    "benchmark": ("benchmark",),
    "score": ("score", "accuracy"),
    "source": ("source",),
    "benchmark_released": ("benchmark_released",),
    "chance": ("chance",),
    "ceiling": ("ceiling",),
}
_EPOCH = {
    "model": ("model_group", "model", "Model"),
    "benchmark": ("benchmark",),
    "score": ("performance",),
    "source": ("source", "Source"),
    "benchmark_released": ("benchmark_release_date", "benchmark_released", "edi_date"),
    "chance": (),
    "ceiling": (),
}
LAYOUTS = {"own": _OWN, "epoch-eci-benchmarks": _EPOCH}
_REQUIRED = ("model", "benchmark", "score")


@dataclass(frozen=True, eq=False)
class ResultTable:
    """A validated table of benchmark results.

    Attributes
    ----------
    name
        The reference table's name, or the file's stem.
    frame
        One row a result, in the file's order: row (line in the file), model, benchmark, source
        (text), benchmark_released (datetime64, NaT where missing), score, chance, ceiling (float;
        chance 0 and ceiling 1 where not given: such scores run from chance to ceiling already or
        their bounds are not known).
    sha256
        Of the file's bytes, in hexadecimal.
    layout
        Name of the column layout it was read from.
    attribution
        The credit that goes wherever the figures go.
    notes
        What was done to the table that a reader of results should know.
    """

    name: str
    frame: pd.DataFrame = field(repr=False)
    sha256: str
    layout: str
    attribution: str
    notes: tuple[str, ...] = ()


def result_names() -> list[str]:
    """Return the names of the result tables that come with the package."""
    return [table.name for table in registry().of("results")]


def load_results(name_or_path: str | Path) -> ResultTable:
    """Return the result table of a reference name or of a local CSV file.

    Parameters
    ----------
    name_or_path
        One of `result_names()`, or a path. Epoch AI's ``eci_benchmarks.csv`` is recognized.

    Raises
    ------
    ScoresError
        If there is no such table, or it cannot be read or recognized.
    BadRowsError
        If rows are bad: a ScoresError whose `problems` lists all of them.
    """
    file, content = result_file(name_or_path)
    reference = registry().find(str(name_or_path), "results") is not None
    name = str(name_or_path) if reference else Path(name_or_path).stem
    return _build(content, name, file if reference else str(name_or_path), reference=reference)


def result_file(name_or_path: str | Path) -> tuple[str, bytes]:
    """Return file name and bytes of a table of results, unread.

    Raises
    ------
    ScoresError
        If there is none, or it cannot be read.
    """
    reference = registry().find(str(name_or_path), "results")
    if reference is not None:
        return reference.file, reference.source.read_bytes()
    path = Path(name_or_path)
    try:
        return path.name, path.read_bytes()
    except FileNotFoundError:
        raise ScoresError(
            f"There is no reference table of results and no file {str(name_or_path)!r}. Give the "
            f"path of a CSV file, or one of: {', '.join(result_names())}."
        ) from None
    except OSError as error:
        raise ScoresError(f"{path} cannot be read: {error}") from None


def _build(content: bytes, name: str, shown_as: str, *, reference: bool) -> ResultTable:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScoresError(f"{shown_as} is not UTF-8 text. Save it as UTF-8 CSV.") from None
    header, rows, lines = _read(text, shown_as)
    layout, columns = _recognize(header, shown_as)
    cells = {
        column: [row[at].strip() if at is not None else "" for row in rows]
        for column, at in columns.items()
    }
    frame = pd.DataFrame({
        "row": lines,
        "model": cells["model"],
        "benchmark": cells["benchmark"],
        "source": [cell or NOT_STATED for cell in cells["source"]],
        "benchmark_released": days(cells["benchmark_released"]),
        "score": numbers(cells["score"]),
        "chance": np.where(_blank(cells["chance"]), 0.0, numbers(cells["chance"])),
        "ceiling": np.where(_blank(cells["ceiling"]), 1.0, numbers(cells["ceiling"])),
    })  # fmt: skip
    problems = _problems(frame, cells)
    if problems:
        raise BadRowsError(shown_as, problems)
    blank = frame["score"].isna()
    notes = [f"{int(blank.sum())} row(s) without a score are left out."] if blank.any() else []
    frame = frame[~blank].reset_index(drop=True)
    frame, merged = _one_result_each(frame)
    if frame.empty:
        raise ScoresError(f"{shown_as} has no row with a score. Give one row a result.")
    return ResultTable(
        name=name,
        frame=frame,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=layout,
        attribution=_credit(reference or layout != "own", Path(shown_as).name),
        notes=(*notes, *merged),
    )


def _credit(epochs: bool, file: str) -> str:
    """Whose results they are; what Epoch AI took from others is not its own to license."""
    reference = registry().find(registry().roles.results, "results")
    terms = reference.terms if reference else ""
    return f"{ATTRIBUTION} {terms}".strip() if epochs else own_credit(file)


def _read(text: str, shown_as: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows of cells, and each row's line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        rows, lines = [], []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ScoresError(
                    f"{shown_as}, line {reader.line_num}: {len(cells)} cells under a header of "
                    f"{len(header)}. Put cells that hold a comma in double quotes."
                )
            rows.append(cells)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ScoresError(
            f"{shown_as} cannot be read as CSV near line {reader.line_num}: {error}."
        ) from None
    if not rows:
        raise ScoresError(f"{shown_as} is empty. Give a header and one row a result.")
    return header, rows, lines


def _delimiter(text: str) -> str:
    """The mark by which the first line is a known header; a comma if none is."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in (",", ";", "\t", "|"):
        header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        if any(_follows(header, layout) for layout in LAYOUTS.values()):
            return delimiter
    return ","


def _recognize(header: list[str], shown_as: str) -> tuple[str, dict[str, int | None]]:
    """The layout's name and where each column is."""
    for name, layout in LAYOUTS.items():
        if _follows(header, layout):
            return name, {
                column: next((header.index(h) for h in headings if h in header), None)
                for column, headings in layout.items()
            }
    understood = "; ".join(
        f"{name}: " + ", ".join(" or ".join(layout[c]) for c in _REQUIRED)
        for name, layout in LAYOUTS.items()
    )
    raise ScoresError(
        f"{shown_as} follows no known layout of benchmark results. Columns found: "
        f"{', '.join(map(repr, header))}. Needed: {understood}."
    )


def _follows(header: list[str], layout: Mapping[str, tuple[str, ...]]) -> bool:
    return all(set(header) & set(layout[column]) for column in _REQUIRED)


def _blank(cells: list[str]) -> np.ndarray:
    return np.array([is_blank(cell) for cell in cells])


def _problems(frame: pd.DataFrame, cells: dict[str, list[str]]) -> tuple[Problem, ...]:
    """Every bad cell."""
    score, chance, ceiling = (
        frame[column].to_numpy(dtype=float) for column in ("score", "chance", "ceiling")
    )
    undated = frame["benchmark_released"].isna().to_numpy() & ~_blank(cells["benchmark_released"])
    varying = frame.groupby("benchmark")[["chance", "ceiling"]].transform("nunique") > 1
    one_value = "give every result of a benchmark the same value"
    rules = (
        (frame["model"] == "", "model", "give the model a name"),
        (frame["benchmark"] == "", "benchmark", "name the benchmark"),
        (np.isnan(score) & ~_blank(cells["score"]), "score",
         "write a number with a decimal point, such as 0.41"),
        ((score < 0) | (score > 1), "score", "give a fraction from 0 to 1 (41 % is 0.41)"),
        (undated, "benchmark_released", "write the date as YYYY-MM-DD"),
        (~((chance >= 0) & (chance < 1)), "chance", "give a chance level from 0 to below 1"),
        (~((ceiling > chance) & (ceiling <= 1)), "ceiling",
         "give a ceiling above chance, up to 1"),
        (varying["chance"], "chance", one_value),
        (varying["ceiling"], "ceiling", one_value),
    )  # fmt: skip
    found = [
        Problem(int(frame["row"].iloc[at]), column, cells[column][at], advice)
        for bad, column, advice in rules
        for at in np.flatnonzero(bad)
    ]
    return tuple(sorted(found, key=lambda problem: problem.row))


def _one_result_each(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """One result a model and benchmark: the highest, as Epoch AI counts a model's best run."""
    ordered = frame.sort_values("score", ascending=False, kind="stable")
    kept = ordered[~ordered.duplicated(["model", "benchmark"])].sort_index()
    dropped = len(frame) - len(kept)
    if not dropped:
        return frame, []
    words = f"{dropped} row(s) repeat a model on a benchmark; the highest score of each counts."
    return kept.reset_index(drop=True), [words]


# One result says nothing that its benchmark's own difficulty does not take up, and the reverse.
FEWEST = 2


@dataclass(frozen=True)
class Excluded:
    """A model or benchmark whose results are not used, and why."""

    kind: str
    name: str
    results: int
    reason: str


def screened(
    frame: pd.DataFrame, pins: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[Excluded, ...]]:
    """Return the results (by model and benchmark) that are connected to the pins, and what is not.

    A benchmark with one model and a model with one result are left out, again and again until none
    is left; then whatever shares no benchmark, directly or through others, with the pins, the
    models that define the scale.

    Raises
    ------
    ScoresError
        If a pin has no results, or the pins are not connected with one another.
    """
    missing = [pin for pin in pins if pin not in set(frame["model"])]
    if missing:
        raise ScoresError(
            f"the results hold none of {' and '.join(missing)}, whose score defines the scale. "
            "Give results of both models that pin it, or fit the scores instead."
        )
    left_out: list[Excluded] = []
    while True:
        kept = frame
        for kind, other in (("benchmark", "model"), ("model", "benchmark")):
            counts = kept[kind].value_counts()
            few = counts[counts < FEWEST]
            for name, count in few.items():
                reason = f"has results of {count} {other} only; at least {FEWEST} are needed"
                left_out.append(Excluded(kind, str(name), int(count), reason))
            kept = kept[~kept[kind].isin(few.index)]
        if len(kept) == len(frame):
            break
        frame = kept
    gone = [pin for pin in pins if pin not in set(frame["model"])]
    if gone:
        raise ScoresError(
            f"{' and '.join(gone)}, whose score defines the scale, has fewer than {FEWEST} results "
            "on benchmarks that another model was given too. Give more results of it."
        )
    island = _islands(frame)
    home = {island[pin] for pin in pins}
    if len(home) > 1:
        raise ScoresError(
            f"{' and '.join(pins)} share no benchmark, directly or through other models, so that "
            "their results define no common scale. Give a benchmark that links them."
        )
    apart = frame["model"].map(island).to_numpy() != home.pop()
    for kind, reason in (
        ("model", "shares no benchmark, directly or through others, with the models that pin it"),
        ("benchmark", "none of its models shares a benchmark with the models that pin the scale"),
    ):
        for name, count in frame.loc[apart, kind].value_counts().items():
            left_out.append(Excluded(kind, str(name), int(count), reason))
    return frame[~apart].reset_index(drop=True), tuple(left_out)


def _islands(frame: pd.DataFrame) -> dict[str, int]:
    """The connected component of each model in the graph of models and benchmarks."""
    models, model = np.unique(frame["model"].to_numpy(dtype=str), return_inverse=True)
    benchmarks, benchmark = np.unique(frame["benchmark"].to_numpy(dtype=str), return_inverse=True)
    n = len(models) + len(benchmarks)
    links = coo_matrix((np.ones(len(model)), (model, len(models) + benchmark)), shape=(n, n))
    _, component = connected_components(links, directed=False)
    return {str(name): int(component[i]) for i, name in enumerate(models)}
