"""The figures of a results folder, drawn from its tables; and ArviZ's of a stored fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from matplotlib.figure import Figure

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import OutputError, ResultsError
from frontierlag.figures import (
    MeanLag,
    Provenance,
    diagnostic_figures,
    frontier_chart,
    information_curve,
    lag_over_time,
    mean_lags,
    prior_predictive,
    save,
)
from frontierlag.figures.sheet import credit_line
from frontierlag.machine.files import MANIFEST, manifest_text, replaced
from frontierlag.report.page.folder import CAPABILITIES, Results, read_results
from frontierlag.results.charts import (
    MEAN_LAG,
    POSTERIOR,
    PRIOR_PREDICTIVE,
    draws_of,
    releases_shown,
    summary_of,
)
from frontierlag.results.fit_checks import INFORMATION
from frontierlag.results.folder import metric_of, read_manifest, read_table
from frontierlag.scores import Comparison, Metric
from frontierlag.words import converged

FIGURES = "figures"


def draw_folder(
    folder: Path, out: Path | None = None, kinds: Sequence[str] | None = None
) -> list[Path]:
    """Draw the figures of a results folder as SVG and PNG, by default all, and return their paths.

    They go to ``out``, by default ``figures/`` in the folder, whose manifest then lists them;
    ``kinds`` are names from :data:`OF_A_MODEL`, one figure a model each, and :data:`OF_ALL_MODELS`.

    Raises
    ------
    FrontierLagError
        If the folder is not one of a run, or lacks a table, or figures cannot be written.
    """
    results = read_results(folder)
    made: list[Path] = []
    for stem, figure in figures_of(results, kinds):
        made += save(figure, out or folder / FIGURES, stem)
    if out is None:
        _listed(folder, made)
    return made


def figures_of(
    results: Results, kinds: Sequence[str] | None = None
) -> Iterator[tuple[str, Figure]]:
    """Each figure of a results folder, of all :data:`KINDS` or some, with the stem of its file."""
    kinds = _there(results) if kinds is None else kinds
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ResultsError(f"there is no figure {unknown[0]!r}; there are {', '.join(KINDS)}")
    if INFORMATION in kinds and not results.measured:
        raise ResultsError(
            f"{results.folder} is of scores, and there is a figure of the information only where "
            "benchmark results were fitted: give --results to `frontierlag run`"
        )
    tables = {kind: _table(results, (OF_A_MODEL | OF_ALL_MODELS)[kind][0]) for kind in kinds}
    for model in results.models:
        for kind, (_, maker) in OF_A_MODEL.items():
            if kind in tables:
                own = tables[kind][tables[kind]["model"] == model]
                if len(own):  # of a fit to scores there is no information
                    yield f"{kind}-{model}", maker(results, model, own)
    for kind, (_, of_all) in OF_ALL_MODELS.items():
        if kind in tables:
            yield kind, of_all(results, tables[kind])


def provenance(results: Results, model: str = "") -> Provenance:
    """What a figure of a folder says of its data, and whether the model converged."""
    return Provenance(
        comparison=results.comparison,
        dataset=results.dataset,
        as_of=date.fromisoformat(results.as_of),
        model=model,
        converged=all(map(converged, results.rows("diagnostics", model=model))),
        credit=credit_line(str(results.manifest["data"]["attribution"])),
        dates=results.dates,
    )


def _frontier(results: Results, model: str, table: pd.DataFrame) -> Figure:
    scores = "posterior" if results.measured else "published"
    shown, about = _shown(results, model), provenance(results, model)
    return frontier_chart(shown, table, *_sides(results), about, results.title, scores=scores)


def _lag(results: Results, model: str, table: pd.DataFrame) -> Figure:
    about = provenance(results, model)
    return lag_over_time(table, about, results.title, results.window_words)


def _prior(results: Results, model: str, table: pd.DataFrame) -> Figure:
    means, about = _table(results, MEAN_LAG), provenance(results, model)
    own, title = means[means["model"] == model], f"Before the data: {model}"
    shown, days = _shown(results, model), results.window_words
    return prior_predictive(shown, table, own, *_sides(results), days, about, title)


def _information(results: Results, model: str, table: pd.DataFrame) -> Figure:
    title = "Where on the scale do the benchmarks tell models apart?"
    shown, about = _shown(results, model), provenance(results, model)
    return information_curve(table, shown, *_sides(results), about, title)


def _shown(results: Results, model: str) -> pd.DataFrame:
    return releases_shown(results.table(CAPABILITIES), model)


def _sides(results: Results) -> tuple[Comparison, Metric]:
    """The two groups, and what scores them."""
    comparison = Comparison(**results.manifest["comparison"])
    return comparison, metric_of(results.manifest["data"]["metric"])


def _mean_lags(results: Results, table: pd.DataFrame) -> Figure:
    found = [
        MeanLag(row["model"], row["lag"], draws_of(row), summary_of(row), converged(row))
        for row in table[table["of"] == POSTERIOR].to_dict("records")
    ]
    title = f"Mean lag: {results.title}"
    return mean_lags(found, provenance(results), title, results.window_words)


# The figures by the name that `--kinds` takes: the table each is drawn from, and what draws it.
OF_A_MODEL: dict[str, tuple[str, Callable[[Results, str, pd.DataFrame], Figure]]] = {
    "frontier": ("bands", _frontier),
    "lag": ("lag_by_day", _lag),
    "prior": (PRIOR_PREDICTIVE, _prior),
    INFORMATION: (INFORMATION, _information),
}
OF_ALL_MODELS: dict[str, tuple[str, Callable[[Results, pd.DataFrame], Figure]]] = {
    "mean-lag": (MEAN_LAG, _mean_lags)
}
KINDS = (*OF_A_MODEL, *OF_ALL_MODELS)


def _there(results: Results) -> tuple[str, ...]:
    """All kinds but the one of a table that only fits to benchmark results have."""
    return tuple(kind for kind in KINDS if kind != INFORMATION or INFORMATION in results.tables)


def _table(results: Results, stem: str) -> pd.DataFrame:
    if stem in results.tables:
        return results.tables[stem]
    return read_table(results.folder, f"{stem}.csv")


def _listed(folder: Path, made: Sequence[Path]) -> None:
    """Add figures to the files of a folder's manifest, so that the next run replaces them."""
    record = read_manifest(folder)
    names = {one.relative_to(folder).as_posix() for one in made}
    record["files"] = sorted({*record.get("files", []), *names})
    with replaced(folder / MANIFEST) as new:
        new.write_text(manifest_text(record), encoding="utf-8")


def run_folder(file: Path) -> Path:
    """The results folder that a posterior belongs to; its own folder if there is none."""
    above = file.parent.parent
    return above if (above / MANIFEST).is_file() else file.parent


def draw_review(analysis: Analysis, file: Path, folder: Path) -> list[Path]:
    """Draw ArviZ's diagnostic figures of a fit into a folder, each of them whole.

    The manifest next to ``file``, from which the fit was read, says whose data it is.
    """
    origin = run_folder(file)
    about = Provenance.of(analysis)
    if (origin / MANIFEST).is_file():
        credit = read_manifest(origin).get("data", {}).get("attribution")
        about = replace(about, credit=credit_line(credit)) if credit else about
    parameters = [p.name for p in analysis.fit.spec.parameters]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            prefix=".partial-", dir=folder, ignore_cleanup_errors=True
        ) as aside:
            drawn: list[Path] = []
            for kind, figure in diagnostic_figures(analysis.tree, parameters, about).items():
                drawn += save(figure, Path(aside), f"{kind}-{analysis.name}")
            return [path.replace(folder / path.name) for path in drawn]
    except OSError as error:
        raise OutputError(
            f"figures cannot be written to {folder}: {error.strerror or error}; choose another "
            "folder with --out, or --no-figures"
        ) from None
