"""What a campaign writes: tables, figures, a page of sentences, and their record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from frontierlag.figures import Provenance, save
from frontierlag.intervals import INTERVAL_KIND
from frontierlag.machine.files import write_manifest
from frontierlag.machine.program import versions
from frontierlag.names import REALIZED
from frontierlag.names import WINDOW as WHOLE
from frontierlag.results.manifest import git_commit
from frontierlag.scores import ATTRIBUTION
from frontierlag.studies.calibration.calibrate import (
    HEADLINE,
    JOINT,
    JOINT_DIF,
    JOINT_DOMAINS,
    JOINT_VENDORS,
    Calibration,
    all_designs,
)
from frontierlag.studies.calibration.estimands import AHEAD, BEST, ahead
from frontierlag.studies.calibration.estimators import (
    CHAINS,
    DATED,
    DRAWS,
    FORECASTING,
    LATENT_DRAWS,
    MAX_RHAT,
    MIN_ESS,
    TUNE,
)
from frontierlag.studies.calibration.figure import coverage_chart, error_chart, rank_chart
from frontierlag.studies.calibration.matrices import MATRICES, MATRIX_DESIGNS
from frontierlag.studies.calibration.sbc import LEVEL, RankStatistics
from frontierlag.studies.calibration.worlds import AS_OF, BASE
from frontierlag.studies.writing import FIGURES, write_tables, write_words

CREDIT = (
    "Simulated worlds, shaped after the Epoch Capabilities Index of Epoch AI "
    "(https://epoch.ai/benchmarks, CC BY 4.0); made by frontierlag."
)
ABOUT = Provenance("simulated leader and follower", "simulated worlds", AS_OF, credit=CREDIT)


@dataclass(frozen=True)
class WorldTarget:
    """The target of a model in a world, on the mean realized lag.

    Attributes
    ----------
    model
        The model that is asked.
    coverage
        Of the 90 % interval.
    error
        Most error over that of another estimator, by the table's column: the number, and whom it is
        compared with in words.
    """

    model: str
    coverage: tuple[float, float]
    error: Mapping[str, tuple[float, str]] = field(default_factory=dict)


HONEST = (0.86, 0.94)
DAILY = "the daily point method's"
BROKEN = (0.80, 1.0)
# Of the best score ahead, by a forecast's 90 % interval.
FORECASTS = (0.84, 0.96)
OTHERWISE = WorldTarget(HEADLINE, BROKEN)
TARGETS = {
    BASE.name: WorldTarget(HEADLINE, HONEST, {"rmse_ratio": (0.75, DAILY)}),
    MATRICES.name: WorldTarget(
        JOINT,
        HONEST,
        {
            "rmse_ratio_index": (0.70, f"that of {HEADLINE} on the index's scores and intervals"),
            "rmse_ratio": (0.55, DAILY),
        },
    ),
    **{name: WorldTarget(JOINT, BROKEN) for name in MATRIX_DESIGNS if name != MATRICES.name},
    # Here the world keeps what the model says, and breaks it for the model of one ability.
    "matrices-dif": WorldTarget(JOINT_DIF, HONEST),
    "matrices-vendors": WorldTarget(JOINT_VENDORS, HONEST),
    "matrices-domains": WorldTarget(JOINT_DOMAINS, HONEST),
}


def write_calibration(found: Calibration, folder: Path, settings: Mapping[str, Any]) -> None:
    """Write ``calibration.csv``, ``problems.csv``, ``calibration.md``, two figures and the record.

    The figures are of mean lags: there are none of models that only forecast.

    ``settings`` of the campaign are for the manifest.
    """
    write_tables(folder, {"calibration": found.table, "problems": found.problems})
    write_words(folder / "calibration.md", [*verdicts(found), CREDIT])
    if "cover90" in found.table and (found.table["period"] == WHOLE).any():
        save(coverage_chart(found.table, ABOUT), folder / FIGURES, "coverage")
        save(error_chart(found.table, ABOUT), folder / FIGURES, "error")
    designs = all_designs()
    names = [str(name) for name in found.table["world"].unique()]
    record = {
        "worlds": {name: asdict(designs[name]) for name in names},
        "intervals": {"kind": INTERVAL_KIND},
        "sampler": {
            "name": "nutpie",
            "chains": CHAINS,
            "draws": DRAWS,
            "draws_of_latent": LATENT_DRAWS,
            "tune": TUNE,
        },
        "gate": {"R-hat": MAX_RHAT, "ESS": MIN_ESS, "divergences": 0},
        **settings,
    }
    _write_record(record, folder)


def verdicts(found: Calibration) -> list[str]:
    """Say how the interval and the error of the mean realized lag did, a paragraph a world.

    And how forecasts did, a paragraph a world and model.
    """
    paragraphs = []
    for world in dict.fromkeys(str(name) for name in found.table["world"]):
        target = TARGETS.get(world, OTHERWISE)
        row = _row(found, world, target.model)
        if row is not None and row["n"] >= 2:
            paragraphs.append(_verdict(found, world, target, row))
        paragraphs += _forecasts(found, world)
    return paragraphs


def _forecasts(found: Calibration, world: str) -> list[str]:
    """Say how often forecasts hold what came, a paragraph a model that forecast."""
    table = found.table[(found.table["world"] == world) & (found.table["lag"] == BEST)]
    paragraphs = []
    for name, rows in table[table["n"] >= 2].groupby("estimator", sort=False):
        low, high = FORECASTS
        three, six, twelve = (
            float(rows[rows["period"].isin([ahead(g, months) for g in (0, 1)])]["cover90"].mean())
            for months in AHEAD
        )
        met = all(low <= share <= high for share in (three, six, twelve))
        most = max(map(float, rows["bias"]), key=abs)
        paragraphs.append(
            f"World {world}: the best published score {AHEAD[0]}, {AHEAD[1]} and {AHEAD[2]} months "
            f"ahead lies in the 90 % interval of {str(name).removesuffix(FORECASTING)} in "
            f"{three:.1%}, {six:.1%} and {twelve:.1%} of {int(rows['n'].max())} worlds (mean of "
            f"the two groups); target {low:.0%} to {high:.0%}: {_met(met)}. Its mean is up to "
            f"{abs(most):.1f} points too {'high' if most > 0 else 'low'} on average. "
            f"{int(rows['not_converged'].max() + rows['failed'].max())} of its fits failed or did "
            "not converge."
        )
    return paragraphs


def _verdict(found: Calibration, world: str, target: WorldTarget, row: pd.Series) -> str:
    low, high = target.coverage
    wanted = f"{low:.0%} to {high:.0%}" if high < 1 else f"at least {low:.0%}"
    words = [
        f"World {world} (breaks: {all_designs()[world].breaks}): the 90 % interval of "
        f"{target.model} for the mean realized lag covers the truth in {row['cover90']:.1%} of "
        f"{int(row['n'])} worlds (standard error {row['cover90_se']:.1%}); target {wanted}: "
        f"{_met(low <= row['cover90'] <= high)}. It is {row['width']:.1f} months wide on average."
    ]
    if row["undefined"]:
        words.append(
            f"In {int(row['undefined'])} more the lag does not exist, in truth or in the answer: a "
            "day of the window comes before one side's first release."
        )
    words += _by_domain(found, world, target.model)
    for column, (most, whose) in target.error.items():
        ratio = row.get(column)
        if ratio is None or pd.isna(ratio):
            continue
        words.append(
            f"Its root-mean-square error is {ratio:.2f} (standard error {row[f'{column}_se']:.2f}) "
            f"times {whose}; target at most {most:.2f}: {_met(ratio <= most)}."
        )
    if target.model != HEADLINE:
        other = _row(found, world, HEADLINE)
        if other is not None:
            words.append(
                f"The interval of {HEADLINE} on the index is {other['width']:.1f} months wide and "
                f"covers {other['cover90']:.1%}."
            )
    dated = _row(found, world, f"{HEADLINE}{DATED}")
    if dated is not None:
        words.append(
            f"If the size of the date error is given, {HEADLINE} covers {dated['cover90']:.1%} of "
            f"{int(dated['n'])} (standard error {dated['cover90_se']:.1%}) with intervals "
            f"{dated['width']:.1f} months wide."
        )
    bad = int(row["not_converged"] + row["failed"])
    words.append(f"{bad} of its fits failed or did not converge.")
    return " ".join(words)


def _by_domain(found: Calibration, world: str, model: str) -> list[str]:
    """How the lags of the world's domains are covered, if it has any."""
    domains = MATRIX_DESIGNS[world].domains if world in MATRIX_DESIGNS else None
    if domains is None:
        return []
    rows = [found.row(world, model, REALIZED, name) for name in domains.names]
    covered = [float(row["cover90"]) for row in rows]
    return [
        f"Of the lags in {len(rows)} domains it covers {min(covered):.1%} to {max(covered):.1%}, "
        f"together {sum(covered) / len(covered):.1%}."
    ]


def _row(found: Calibration, world: str, model: str) -> pd.Series | None:
    """The row of the mean realized lag; None if the campaign has none."""
    try:
        return found.row(world, model, REALIZED, WHOLE)
    except KeyError:
        return None


def _met(good: bool) -> str:
    return "met" if good else "not met"


def write_ranks(found: RankStatistics, folder: Path, settings: Mapping[str, Any]) -> None:
    """Write ``sbc.csv``, ``ranks.csv``, ``problems.csv``, ``sbc.md``, figures and the record."""
    ranks = [
        {"model": model, "quantity": quantity, "rank": value}
        for model, of_model in found.ranks.items()
        for quantity, values in of_model.items()
        for value in values
    ]
    tables = {"sbc": found.table, "ranks": pd.DataFrame(ranks), "problems": found.problems}
    write_tables(folder, tables)
    write_words(folder / "sbc.md", [*rank_verdicts(found), CREDIT])
    for model, of_model in found.ranks.items():
        if of_model:
            save(rank_chart(model, of_model, ABOUT), folder / FIGURES, f"ranks-{model}")
    _write_record({"level": LEVEL, "passed": found.passed, **settings}, folder)


def rank_verdicts(found: RankStatistics) -> list[str]:
    """Say whether each model's ranks are uniform, a sentence a model."""
    sentences = []
    for model, rows in found.table.groupby("model", sort=False):
        first = rows.iloc[0]
        if rows["passed"].all():
            words = f"the ranks of all {len(rows)} quantities are uniform"
        else:
            bad = rows[~rows["passed"].astype(bool)]
            named = [str(name) for name in bad.get("quantity", pd.Series()).dropna()]
            words = f"ranks are not uniform: {', '.join(named) or 'no fit gave an answer'}"
        n = "" if pd.isna(first.get("n")) else f" in {int(first['n'])} worlds"
        troubled = first.get("not_converged", 0)
        words += f" (at most {LEVEL:.0%} of right models would fail). {int(first['failed'])} fits "
        words += f"failed and {0 if pd.isna(troubled) else int(troubled)} did not converge."
        if model == JOINT:
            words += (
                " Its priors are narrowed, in the worlds and in the fits (docs/calibration.md)."
            )
        sentences.append(f"{model}{n}: {words}")
    return sentences


def _write_record(record: Mapping[str, Any], folder: Path) -> None:
    """Write the manifest: what was done, with which versions, and which files there are."""
    program = {"attribution": ATTRIBUTION, "versions": versions(), "git_commit": git_commit()}
    write_manifest(folder, program | dict(record))
