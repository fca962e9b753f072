"""The figures of a results folder, drawn from its tables: no fit and no posterior is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from frontierlag.dates import Window
from frontierlag.errors import ResultsError
from frontierlag.figures import (
    MeanLag,
    Provenance,
    frontier_chart,
    lag_over_time,
    mean_lags,
    prior_predictive,
    save,
)
from frontierlag.figures.sheet import credit_line
from frontierlag.intervals import QUANTILES
from frontierlag.machine.files import replaced
from frontierlag.names import DATE, GROUP
from frontierlag.report.page.folder import Results, read_csv, read_results
from frontierlag.results.bands import (
    BANDS,
    LAG_KIND,
    MEAN_LAG,
    POSTERIOR,
    PRIOR_PREDICTIVE,
    QUANTILE,
    curves_of,
    drawn,
    summary_of,
)
from frontierlag.results.page_tables import BEST, TREND_CURVE, releases_shown
from frontierlag.scores import Comparison, Metric, Releases

FIGURES = "figures"


def draw_folder(
    folder: Path, out: Path | None = None, kinds: Sequence[str] | None = None
) -> list[Path]:
    """Draw the figures of a results folder as SVG and PNG.

    Parameters
    ----------
    folder
        As ``frontierlag run`` wrote it.
    out
        Where the figures go; by default ``figures/`` in the folder, whose manifest then lists them.
    kinds
        ``frontier``, ``lag`` and ``prior``, one a model each, and ``mean-lag`` of all models; by
        default all of them.

    Returns
    -------
    The paths of the figures.

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
    """Each figure of a results folder with the name of its file, without an ending.

    Raises
    ------
    ResultsError
        If there is no such kind of figure, or a table that one needs is not there.
    """
    kinds = KINDS if kinds is None else kinds
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ResultsError(f"there is no figure {unknown[0]!r}; there are {', '.join(KINDS)}")
    needs = {kind: table for kind, (table, _) in (OF_A_MODEL | OF_ALL_MODELS).items()}
    tables = {kind: _table(results, needs[kind]) for kind in kinds}
    for model in results.models:
        for kind, (_, maker) in OF_A_MODEL.items():
            if kind in tables:
                own = tables[kind][tables[kind]["model"] == model]
                yield f"{kind}-{model}", maker(results, model, own)
    for kind, (_, of_all) in OF_ALL_MODELS.items():
        if kind in tables:
            yield kind, of_all(results, tables[kind])


def provenance(results: Results, model: str = "") -> Provenance:
    """What a figure of a folder says of its data, and whether the model converged."""
    table = results.table("diagnostics")
    of = table["model"] == model
    return Provenance(
        comparison=results.comparison,
        dataset=results.dataset,
        as_of=date.fromisoformat(results.as_of),
        model=model,
        converged=bool((table.loc[of, "converged"].astype(str) == "True").all()),
        credit=credit_line(str(results.manifest["data"]["attribution"])),
        dates=results.dates,
    )


def releases_of(results: Results, model: str) -> Releases:
    """The releases that a chart shows, with their scores and intervals."""
    table = releases_shown(results.table("capabilities"), model)
    day = table["released"].to_numpy().astype("datetime64[D]").astype(np.int64)
    name, score = table["model"].to_numpy(str), table["score"].to_numpy(float)
    order = np.lexsort((name, score, day))
    data = results.manifest["data"]
    metric = dict(data["metric"])
    metric["anchors"] = tuple((str(m), float(s)) for m, s in metric["anchors"])
    nothing = np.zeros(len(table))
    columns = {
        "model": name,
        "organization": table["organization"].fillna("").to_numpy(str),
        "day": day,
        "group": (table["group"].to_numpy(str) == results.follower).astype(np.int64),
        "score": score,
        "low": table["low"].to_numpy(float),
        "high": table["high"].to_numpy(float),
    }
    return Releases(
        comparison=Comparison(**results.manifest["comparison"]),
        metric=Metric(**metric),
        as_of=date.fromisoformat(results.as_of),
        table=results.dataset,
        stderr=nothing,
        stderr_low=nothing,
        stderr_high=nothing,
        **{key: values[order] for key, values in columns.items()},
    )


def curve_bands_of(table: pd.DataFrame, groups: Sequence[str]) -> xr.Dataset:
    """Bands of both curves of one model again, from its rows of ``bands.csv``.

    Between its days a trend is drawn straight, and the best available stays what it was.
    """
    dates = np.unique(table["date"].to_numpy().astype("datetime64[D]"))
    found: dict[str, list[np.ndarray]] = {TREND_CURVE: [], BEST: []}
    for group in groups:
        for curve, parts in found.items():
            own = table[(table["group"] == group) & (table["curve"] == curve)]
            at = own["date"].to_numpy().astype("datetime64[D]")
            values = own[list(BANDS)].to_numpy(float)
            if curve == TREND_CURVE:
                days = (dates.astype(float), at.astype(float))
                parts.append(np.stack([np.interp(*days, v) for v in values.T]))
            else:
                step = np.searchsorted(at, dates, side="right") - 1
                parts.append(np.where(step >= 0, values[step].T, np.nan))
    dims = (QUANTILE, DATE, GROUP)
    coords = {QUANTILE: list(QUANTILES), DATE: dates.astype("datetime64[ns]"), GROUP: list(groups)}
    return xr.Dataset({name: (dims, np.stack(p, -1)) for name, p in found.items()}, coords)


def lag_bands_of(table: pd.DataFrame) -> xr.Dataset:
    """Bands of both lags of one model again, from its rows of ``lag_by_day.csv``."""
    kinds = list(dict.fromkeys(table["lag"]))
    own = [table[table["lag"] == kind] for kind in kinds]
    return xr.Dataset(
        {
            "months": (
                (QUANTILE, DATE, LAG_KIND),
                np.stack([part[list(BANDS)].to_numpy(float).T for part in own], -1),
            ),
            **{
                share: ((DATE, LAG_KIND), np.stack([p[share].to_numpy(float) for p in own], -1))
                for share in ("undefined", "censored")
            },
        },
        coords={
            QUANTILE: list(QUANTILES),
            DATE: own[0]["date"].to_numpy().astype("datetime64[ns]"),
            LAG_KIND: kinds,
        },
    )


def _frontier(results: Results, model: str, table: pd.DataFrame) -> Figure:
    releases = releases_of(results, model)
    bands = curve_bands_of(table, releases.group_names)
    scores = "posterior" if results.measured else "published"
    title = f"{results.follower} behind {results.leader}"
    return frontier_chart(releases, bands, provenance(results, model), title, scores=scores)


def _lag(results: Results, model: str, table: pd.DataFrame) -> Figure:
    title = f"{results.follower} behind {results.leader}"
    about = provenance(results, model)
    return lag_over_time(lag_bands_of(table), about, title, _window_words(results))


def _prior(results: Results, model: str, table: pd.DataFrame) -> Figure:
    means = _table(results, MEAN_LAG)
    curves = curves_of(table, means[means["model"] == model], _window(results))
    about = provenance(results, model)
    return prior_predictive(releases_of(results, model), curves, about, f"Before the data: {model}")


def _mean_lags(results: Results, table: pd.DataFrame) -> Figure:
    found = [
        MeanLag(
            str(row["model"]),
            str(row["lag"]),
            drawn(row),
            summary_of(row),
            str(row["converged"]) == "True",
        )
        for row in table[table["of"] == POSTERIOR].to_dict("records")
    ]
    title = f"Mean lag: {results.follower} behind {results.leader}"
    return mean_lags(found, provenance(results), title, _window_words(results))


# The figures by the name that `--kinds` takes: the table each is drawn from, and what draws it.
OF_A_MODEL: dict[str, tuple[str, Callable[[Results, str, pd.DataFrame], Figure]]] = {
    "frontier": ("bands", _frontier),
    "lag": ("lag_by_day", _lag),
    "prior": (PRIOR_PREDICTIVE, _prior),
}
OF_ALL_MODELS: dict[str, tuple[str, Callable[[Results, pd.DataFrame], Figure]]] = {
    "mean-lag": (MEAN_LAG, _mean_lags),
}
KINDS = (*OF_A_MODEL, *OF_ALL_MODELS)


def _table(results: Results, stem: str) -> pd.DataFrame:
    if stem in results.tables:
        return results.tables[stem]
    path = results.folder / f"{stem}.csv"
    if not path.is_file():
        raise ResultsError(
            f"{results.folder} has no {path.name}, so its figures cannot be drawn; run the "
            "analysis again"
        )
    return read_csv(path)


def _window(results: Results) -> Window:
    days: dict[str, Any] = results.manifest["window"]
    return Window(date.fromisoformat(days["since"]), date.fromisoformat(days["as_of"]))


def _window_words(results: Results) -> str:
    window = _window(results)
    return f"{window.since} to {window.as_of}"


def _listed(folder: Path, made: Sequence[Path]) -> None:
    """Add figures to the files of a folder's manifest, so that the next run replaces them."""
    path = folder / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    names = {one.relative_to(folder).as_posix() for one in made}
    record["files"] = sorted({*record.get("files", []), *names})
    with replaced(path) as new:
        new.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
