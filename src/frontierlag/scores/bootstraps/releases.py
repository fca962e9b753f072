"""Joint draws joined with the releases of a comparison: scores with errors that they share."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from frontierlag.errors import DrawsError
from frontierlag.scores import LeftOut, Releases, joined_credit
from frontierlag.scores.bootstraps.covariance import (
    Errors,
    JointErrors,
    aligned,
    alignment,
    error_model,
    without_prior,
)
from frontierlag.scores.bootstraps.table import DrawTable
from frontierlag.scores.releases import Z90, subset

FEWEST_RELEASES = 3
Pins = tuple[tuple[str, float], tuple[str, float]]
# If more published scores than this lie outside their own 90 % interval of draws, the draws are
# those of another vintage.
_MOST_OUTSIDE = 0.25
# Points that a pin's score in the file may differ from the metric's.
_PIN_TOLERANCE = 0.05


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DrawnReleases(Releases):
    """Releases of two groups whose scores were measured together."""

    joint_errors: JointErrors


def with_draws(table: DrawTable, releases: Releases) -> DrawnReleases:
    """Give the releases of a comparison the joint errors of their scores, by model.

    Releases without draws are added to what is left out. Of resampled measurements (prior
    ``none``) the scores stay as published, for a bootstrap's draws scatter around the estimate,
    and intervals are those of the draws; of a posterior, scores and intervals are those of what
    was measured, with the prior taken out.

    Raises
    ------
    DrawsError
        If the draws are of a posterior that knows the frontier, the metric is not pinned at two
        models, a pin has no draws or another score, too few releases have draws, or the draws are
        of another vintage.
    """
    if table.prior == "frontier":
        raise DrawsError(
            f"{table.name} holds draws of a model that has the frontier as its prior: fitting a "
            "frontier to them would count it twice. Give draws of the capabilities alone, as "
            "`frontierlag study capabilities` writes them."
        )
    pins = _pins(table, releases)
    names = _names(table, releases)
    index = {str(name): i for i, name in enumerate(names)}
    has = np.array([str(name) in index for name in releases.model])
    here = _only(releases, has, table)
    unscored = [name for name, _ in pins if name not in set(here.model)]
    models = np.concatenate([here.model, np.array(unscored, dtype=str)]).astype(str)
    columns = np.array([index[name] for name in models])
    score = _pinned(table, pins, index)
    errors, words = _errors(table, score, columns)
    errors = _at_pins(errors, models, pins)
    if table.prior == "none":
        published = dict(zip(here.model.tolist(), here.score.tolist(), strict=True)) | dict(pins)
        errors = replace(errors, centre=np.array([published[str(m)] for m in models]))
    found = JointErrors(
        models=models,
        errors=errors,
        pins=pins,
        table=table.name,
        prior=table.prior,
        draws=len(score),
        sha256=table.sha256,
        attribution=table.attribution,
    )
    interval = np.quantile(score[:, columns], [0.05, 0.95], axis=0)[:, : len(here)]
    changed = _columns(here, found, interval if table.prior == "none" else None, table)
    return _sorted(
        here, changed, found, (*table.notes, *_words(table, releases, has, index), *words)
    )


def _pins(table: DrawTable, releases: Releases) -> Pins:
    """The metric's two pins, lower first, which the draws must have and agree with."""
    anchors = tuple(sorted(releases.metric.anchors, key=lambda pair: pair[1]))
    if len(anchors) != 2:
        raise DrawsError(
            f"{releases.metric.name} is not defined by two pinned models, so draws cannot be put "
            "on its scale; draws of scores go with an ECI score table"
        )
    known = set(table.models.tolist()) | set(table.other_names.tolist())
    missing = [name for name, _ in anchors if name not in known]
    if missing:
        raise DrawsError(
            f"{table.name} has no draws of {' and '.join(missing)}, whose score defines the scale; "
            "its draws cannot be put on that scale"
        )
    stated = dict(table.pins)
    for name, score in anchors:
        if stated and abs(stated.get(name, np.inf) - score) > _PIN_TOLERANCE:
            raise DrawsError(
                f"the scale of {table.name} is defined by "
                f"{' and '.join(f'{m} = {s:g}' for m, s in table.pins)}, that of {releases.table} "
                f"by {' and '.join(f'{m} = {s:g}' for m, s in anchors)}"
            )
    return anchors[0], anchors[1]


def _names(table: DrawTable, releases: Releases) -> np.ndarray:
    """The names, or identifiers, of the draws' models: those that more releases go by."""
    if not table.other_names.size:
        return table.models
    wanted = [*releases.model.tolist(), *(name for name, _ in releases.metric.anchors)]
    counts = [np.isin(wanted, names).sum() for names in (table.models, table.other_names)]
    return table.models if counts[0] >= counts[1] else table.other_names


def _only(releases: Releases, has: np.ndarray, table: DrawTable) -> Releases:
    for group, name in enumerate(releases.group_names):
        own = releases.of(group)
        if int(np.sum(has & own)) < FEWEST_RELEASES:
            missing = releases.model[own & ~has]
            raise DrawsError(
                f"{int(np.sum(has & own))} of {int(own.sum())} releases of {name} in "
                f"{releases.table} have draws in {table.name}, and at least {FEWEST_RELEASES} are "
                "needed; the join is by the model's name, letter for letter. Without draws: "
                f"{', '.join(missing[:8])}"
            )
    lost = tuple(
        LeftOut(0, str(name), f"no draws in {table.name}") for name in releases.model[~has]
    )
    return replace(subset(releases, has), left_out=(*releases.left_out, *lost))


def _pinned(table: DrawTable, pins: Pins, index: dict[str, int]) -> np.ndarray:
    """Every draw on the scale of the pins, whatever scale it came on, ``(draw, model)``."""
    (low, low_score), (high, high_score) = pins
    first = table.score[:, index[low]]
    between = table.score[:, index[high]] - first
    if not (between > 0).all():
        at = int(np.flatnonzero(between <= 0)[0])
        raise DrawsError(
            f"{table.name}: in draw {at + 1} (and {int((between <= 0).sum()) - 1} others) {high} "
            f"is not above {low}, so that draw has no scale"
        )
    share = (table.score - first[:, None]) / between[:, None]
    return low_score + (high_score - low_score) * share


def _errors(table: DrawTable, score: np.ndarray, columns: np.ndarray) -> tuple[Errors, list[str]]:
    """Errors of some columns of draws; of a posterior, with its prior taken out."""
    centre = np.median(score, axis=0) if table.prior == "none" else score.mean(0)
    shift, stretch = alignment(score, centre)
    if not (stretch > 0).all():
        raise DrawsError(
            f"{table.name}: {int((stretch <= 0).sum())} draw(s) have the models the other way "
            "round; leave them out"
        )
    x = aligned(score, shift, stretch)[:, columns]
    if table.prior == "none":
        return error_model(x, centre[columns], table.independent), []
    errors = error_model(x, x.mean(0), table.independent)
    mean = float(np.mean(shift + stretch * table.prior_mean))
    spread = float(np.mean(stretch * table.prior_spread))
    errors = without_prior(errors, mean, spread)
    words = [
        f"The draws' hierarchical prior, Normal({mean:.1f}, {spread:.1f}), was taken out of them."
    ]
    if errors.uninformed:
        words.append(
            f"{errors.uninformed} release(s) have draws almost as wide as that prior: next to "
            "nothing was measured of them."
        )
    return errors, words


def _at_pins(errors: Errors, models: np.ndarray, pins: Pins) -> Errors:
    """Shift and stretch so that the central scores of the pins are their scores."""
    (low, low_score), (high, high_score) = pins
    place = {str(name): i for i, name in enumerate(models)}
    x_low, x_high = errors.centre[place[low]], errors.centre[place[high]]
    stretch = (high_score - low_score) / (x_high - x_low)
    return errors.stretched(low_score - stretch * x_low, stretch)


def _columns(
    here: Releases, found: JointErrors, interval: np.ndarray | None, table: DrawTable
) -> dict[str, np.ndarray]:
    """Scores and what a table of intervals would say of their errors."""
    n = len(here)
    score, spread = found.errors.centre[:n], found.spread[:n]
    if interval is None:
        low, high = score - Z90 * spread, score + Z90 * spread
    else:
        low, high = interval
        pinned = found.arrays(here.model)["pinned"] > 0
        outside = ((score < low) | (score > high)) & ~pinned
        if outside.mean() > _MOST_OUTSIDE:
            worst = here.model[outside][:5]
            raise DrawsError(
                f"{outside.sum()} of {n} published scores lie outside the 90 % interval of their "
                f"own draws ({', '.join(worst)}, ...): {table.name} is of another vintage than "
                f"{here.table}; give the score table that was published with it"
            )
        low, high = np.minimum(low, score), np.maximum(high, score)
        spread = (high - low) / (2 * Z90)
    return {
        "score": score,
        "stderr": spread,
        "stderr_low": (score - low) / Z90,
        "stderr_high": (high - score) / Z90,
        "low": low,
        "high": high,
    }


def _sorted(
    here: Releases, changed: dict[str, np.ndarray], found: JointErrors, words: tuple[str, ...]
) -> DrawnReleases:
    """The releases with other scores, in the order that releases have."""
    columns: dict[str, Any] = {f.name: getattr(here, f.name) for f in fields(Releases)} | changed
    order = np.lexsort((here.model, changed["score"], here.day))
    columns = {k: v[order] if isinstance(v, np.ndarray) else v for k, v in columns.items()}
    columns["notes"] = (*here.notes, *words)
    columns["attribution"] = joined_credit(here.attribution, found.attribution)
    return DrawnReleases(**columns, joint_errors=found)


def _words(
    table: DrawTable, releases: Releases, has: np.ndarray, index: dict[str, int]
) -> list[str]:
    """Where the scores come from, and what the two tables do not share."""
    words = [
        f"Scores are measured by {len(table.score)} joint draws of {table.name} "
        f"(prior {table.prior}), worth {table.independent:.0f} independent ones."
    ]
    if not has.all():
        words.append(f"{(~has).sum()} release(s) have no draws: {', '.join(releases.model[~has])}.")
    others = sorted(set(index) - set(releases.model.tolist()))
    if others:
        words.append(
            f"{len(others)} model(s) with draws are of neither group or not in the score table by "
            f"the as-of date; they say only where the scale lies: {', '.join(others)}."
        )
    return words
