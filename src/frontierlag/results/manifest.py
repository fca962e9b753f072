"""The record of a result: data, model, sampler, versions and where the program came from."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from frontierlag.dates import WORDS, Window
from frontierlag.intervals import INNER, INTERVAL_KIND, OUTER
from frontierlag.jobs import Prepared
from frontierlag.machine.program import versions
from frontierlag.model import ModelSpec
from frontierlag.scores import Metric, Releases, ScoreTable, date_lint
from frontierlag.scores.bootstraps.releases import DrawnReleases
from frontierlag.scores.item_results import MeasuredReleases
from frontierlag.scores.scale import scale_of
from frontierlag.settings import SamplerSettings


def data_record(table: ScoreTable, releases: Releases) -> dict[str, Any]:
    """What was read, what was used and what was left out, with reasons."""
    leader, follower = releases.group_names
    found, drawn = results_record(releases), draws_record(releases)
    return {
        "name": table.name,
        "sha256": table.sha256,
        "vintage": table.vintage.isoformat() if table.vintage else None,
        "as_of": releases.as_of.isoformat(),
        "layout": table.layout,
        "metric": asdict(table.metric),
        "scale": scale_of(table.metric).words,
        "attribution": releases.attribution,
        "notes": [*table.notes, *releases.notes],
        "dates": dates_record(table, releases),
        "date_warnings": list(date_lint(table)),
        "rows": len(table.frame),
        "used": {
            "total": len(releases),
            leader: int((releases.group == 0).sum()),
            follower: int((releases.group == 1).sum()),
        },
        "left_out": {
            "total": len(releases.left_out),
            "by_reason": dict(Counter(reason_kind(row.reason) for row in releases.left_out)),
            "rows": [asdict(row) for row in releases.left_out],
        },
        **({"results": found} if found else {}),
        **({"draws": drawn} if drawn else {}),
    }


def dates_record(table: ScoreTable, releases: Releases) -> dict[str, Any]:
    """Which dates are in use, every one that was changed and why, and which are still open."""
    width = releases.open_days
    return {
        "convention": table.dates,
        "words": WORDS[table.dates],
        "changed": [one.record() for one in table.corrections if one.changes],
        "confirmed": sum(not one.changes for one in table.corrections),
        "open": {
            "releases": int((width > 0).sum()),
            "widest_days": int(width.max(initial=0)),
            "models": [str(name) for name in releases.model[width > 0]],
        },
    }


def results_record(releases: Releases) -> dict[str, Any]:
    """The benchmark results behind the scores, where they are what is fitted; else empty."""
    if not isinstance(releases, MeasuredReleases):
        return {}
    of = releases.responses
    sources = Counter(str(name) for name in of.source[of.weight > 0])
    return {
        "name": of.table,
        "sha256": of.sha256,
        "attribution": of.attribution,
        "notes": list(of.notes),
        "results": int((of.weight > 0).sum()),
        "models": of.models,
        "benchmarks": len(of.benchmarks),
        "sources": dict(sources.most_common()),
        "excluded": [asdict(one) for one in of.excluded],
    }


def draws_record(releases: Releases) -> dict[str, Any]:
    """The joint draws of the scores, where they stand for intervals; else empty."""
    if not isinstance(releases, DrawnReleases):
        return {}
    of = releases.joint_errors
    return {
        "name": of.table,
        "sha256": of.sha256,
        "attribution": of.attribution,
        "prior": of.prior,
        "draws": of.draws,
    }


def model_record(spec: ModelSpec, used: int, settings: SamplerSettings) -> dict[str, Any]:
    """Trend, frontier, priors, and how many releases were in the likelihood."""
    return {
        "trend": spec.trend.name,
        "frontier": spec.frontier.name,
        "releases_in_likelihood": used,
        "target_accept": settings.resolved(spec.frontier.target_accept).target_accept,
        "priors": spec.describe_priors(),
    }


def run_record(
    item: Prepared, settings: SamplerSettings, models: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Everything that it takes to know, and to repeat, what a run did."""
    return {
        "data": data_record(item.table, item.releases),
        "comparison": asdict(item.releases.comparison),
        "window": window_record(item.window),
        "models": models,
        **settings_record(item.table.metric, settings),
        "measurement_errors": _measurement(item.table.metric, item.releases),
    }


def models_record(
    item: Prepared, settings: SamplerSettings, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The record of models with default priors that are fitted to all releases, by name."""
    specs = [ModelSpec.of(name, item.table.metric) for name in names]
    return {spec.name: model_record(spec, len(item.releases), settings) for spec in specs}


def window_record(window: Window) -> dict[str, str]:
    """First and last day."""
    return {"since": window.since.isoformat(), "as_of": window.as_of.isoformat()}


def _measurement(metric: Metric, releases: Releases) -> str:
    """How models read the errors of what they were fitted to."""
    if isinstance(releases, MeasuredReleases):
        return (
            "those of the benchmark results, estimated in one model with the capabilities, so "
            "that what models share through the scale is shared in every draw"
        )
    if isinstance(releases, DrawnReleases):
        return "joint between models, from draws of all scores"
    return metric.measurement


def settings_record(metric: Metric, settings: SamplerSettings) -> dict[str, Any]:
    """How errors were read and intervals made, the sampler's settings, and the program.

    ``target_accept`` of the sampler is null unless it was asked for; each model's own is with it.
    """
    return {
        "measurement_errors": metric.measurement,
        "intervals": {"kind": INTERVAL_KIND, "probabilities": [INNER, OUTER]},
        "sampler": {"name": "nutpie", **settings.model_dump()},
        "versions": versions(),
        "git_commit": git_commit(),
    }


def evidence_record(
    item: Prepared, model: str, record: dict[str, Any], converged: bool
) -> dict[str, Any]:
    """The record of a fit to another table or comparison, which claims rest on."""
    return {
        "model": model,
        "dataset": item.table.name,
        "sha256": item.table.sha256,
        "attribution": item.releases.attribution,
        "dates": item.table.dates,
        "comparison": item.releases.comparison.name,
        "window": window_record(item.window),
        **record,
        "converged": converged,
    }


def git_commit() -> str | None:
    """Commit of the checkout this package runs from, ``+changes`` if it has any; None outside."""
    here = Path(__file__).resolve().parents[1]
    commands = (["rev-parse", "HEAD"], ["status", "--porcelain", "--", str(here)])
    found = []
    for arguments in commands:
        try:
            done = subprocess.run(
                ["git", "-C", str(here), *arguments], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        found.append(done.stdout.strip())
    commit, changes = found
    return f"{commit}+changes" if changes else commit


def reason_kind(reason: str) -> str:
    """The reason without this row's own value, so that rows can be counted by it."""
    if reason.startswith(("released", "announced")):
        return f"{reason.split(' ')[0]} after the as-of date"
    if "belongs to both" in reason:
        return "belongs to both groups"
    if "neither" in reason:
        return "belongs to neither group"
    if reason.startswith("the same as row"):
        return "the same as another row"
    if reason.startswith("a rerun of the model in row"):
        return "a rerun of a model in another row"
    return reason.split(" (")[0]
