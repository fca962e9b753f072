"""Several models of the same data as one: stacking of predictive distributions.

Weights are those of Yao, Vehtari, Simpson & Gelman (2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.optimize import LinearConstraint, minimize

from frontierlag.analyses.analysis import Analysis
from frontierlag.errors import SpecError
from frontierlag.lags.measure import Measured
from frontierlag.names import CHAIN, DRAW, SAMPLE_DIMS

STACKED = "stacked"


def stacking_weights(elpd_i: np.ndarray) -> np.ndarray:
    """Weights on the simplex that maximize the mean log score of the mixture.

    Parameters
    ----------
    elpd_i
        Leave-one-out log densities, shape ``(release, model)``.

    Returns
    -------
    Shape ``(model,)``, adding to one. Where two models predict alike the weights are not
    determined by the data, but their mixture's score is.

    Notes
    -----
    Densities are divided by the largest of each release, so that an outlier whose density
    underflows in every model does not break the optimum.
    """
    density = np.exp(elpd_i - elpd_i.max(1, keepdims=True))
    models = density.shape[1]

    def loss(w: np.ndarray) -> float:
        return -float(np.log(np.maximum(density @ w, 1e-300)).mean())

    def slope(w: np.ndarray) -> np.ndarray:
        return -(density / np.maximum(density @ w, 1e-300)[:, None]).mean(0)

    found = minimize(
        loss,
        np.full(models, 1 / models),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * models,
        constraints=LinearConstraint(np.ones(models), lb=1.0, ub=1.0),
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    w = np.where(found.x < 1e-6, 0.0, found.x)
    return w / w.sum()


@dataclass(frozen=True, eq=False)
class Stacked:
    """Several models of the same data as one: each draw is of one model, by its weight.

    Attributes
    ----------
    members
        The models.
    weights
        Weight of each by name.
    weights_trusted
        Whether every density that the weights rest on is.
    """

    members: tuple[Analysis, ...]
    weights: dict[str, float]
    weights_trusted: bool = True

    def __post_init__(self) -> None:
        check_names(self.members)
        names = [a.name for a in self.members]
        w = np.array([self.weights.get(name, np.nan) for name in names])
        if len(self.weights) != len(names) or not np.isclose(w.sum(), 1) or (w < 0).any():
            raise SpecError(
                f"stacking needs one weight for each of {', '.join(names)}, none negative, adding "
                f"to one; got {self.weights}"
            )
        first = self.members[0]
        for other in self.members[1:]:
            difference = data_difference(first, other)
            if difference:
                raise SpecError(difference)
            if first.measured.window != other.measured.window:
                raise SpecError(f"{first.name} and {other.name} have their lags over two windows")
            if _shape(first) != _shape(other):
                raise SpecError(
                    f"{first.name} and {other.name} cannot be stacked: they have {_shape(first)} "
                    f"and {_shape(other)} chains and draws; fit both with the same settings"
                )

    @property
    def name(self) -> str:
        """What the members' frontiers have in common, and how many members there are.

        As in ``stacked-records-of-2``: a run that fits fewer models stacks fewer, and another name
        says so.
        """
        frontiers = [a.fit.spec.frontier.name for a in self.members]
        words = [name.split("-")[0] for name in frontiers]
        common = words if len(set(frontiers)) > 1 else frontiers
        return f"{STACKED}-{'+'.join(dict.fromkeys(common))}-of-{len(self.members)}"

    @property
    def converged(self) -> bool:
        """Whether the weights can be trusted and every member that has one passed the gate."""
        fits = all(a.convergence.converged for a in self.members if self.weights[a.name] > 0)
        return fits and self.weights_trusted

    @cached_property
    def member_of_draw(self) -> np.ndarray:
        """Position of the member that each draw is taken from, shape ``(chain, draw)``.

        Stratified: in every chain each member has its share of the draws, to the nearest whole
        draw, at places shuffled by the fits' own seed. A member's draw keeps its place, so the
        lags of one draw, of every kind and period, belong together.
        """
        chains, draws = _shape(self.members[0])
        w = np.array([self.weights[a.name] for a in self.members])
        rng = np.random.default_rng([self.members[0].fit.settings.seed, 3])
        # What rounding left over in one chain is made up for in the next.
        ends = np.rint(np.outer(np.arange(chains + 1) * draws, w)).astype(int)
        rows = []
        for wanted, had in zip(ends[1:], ends[:-1], strict=True):
            counts = _to_total(wanted - had, draws)
            rows.append(rng.permutation(np.repeat(np.arange(len(w)), counts)))
        return np.stack(rows)

    @cached_property
    def measured(self) -> Measured:
        """Every lag and gap of the mixture, with undefined draws kept."""
        parts = [a.measured for a in self.members]
        return Measured(
            window=parts[0].window,
            lags={kind: self._mix([m.lags[kind] for m in parts]) for kind in parts[0].lags},
            gaps={kind: self._mix([m.gaps[kind] for m in parts]) for kind in parts[0].gaps},
            levels=self._mix([m.levels for m in parts]),
        )

    def _mix(self, datasets: list[xr.Dataset]) -> xr.Dataset:
        which = xr.DataArray(self.member_of_draw, dims=SAMPLE_DIMS)
        mixed = datasets[0]
        for k, dataset in enumerate(datasets[1:], start=1):
            mixed = dataset.where(which == k, mixed)
        return mixed.transpose(*SAMPLE_DIMS, ...)


def stacked(
    analyses: Sequence[Analysis], weights: Mapping[str, float], kind: str, period: str
) -> xr.DataArray:
    """Draws of one stacked lag, months, dims ``(chain, draw)``; NaN where it is undefined.

    Parameters
    ----------
    analyses
        Models of the same data.
    weights
        Weight of each by name, as from :func:`compare`.
    kind, period
        As in :meth:`frontierlag.lags.measure.Measured.lag`.
    """
    return Stacked(tuple(analyses), dict(weights)).measured.lag(kind, period)


def _to_total(counts: np.ndarray, total: int) -> np.ndarray:
    """Make whole numbers add to a total by changing the largest of them."""
    counts = np.maximum(counts, 0)
    counts[np.argmax(counts)] += total - counts.sum()
    return counts


def _shape(analysis: Analysis) -> tuple[int, int]:
    sizes = analysis.fit.tree["posterior"].sizes
    return sizes[CHAIN], sizes[DRAW]


# What must agree for two densities to be of the same data.
_DATA = ("group", "day", "score", "stderr", "stderr_low", "stderr_high", "problems")


def data_difference(one: Analysis, other: Analysis) -> str:
    """Say why two models cannot be compared; an empty text if their data are the same.

    The densities that LOO adds up must be of the same scores of the same releases.
    """
    r, s = one.fit.observations.releases, other.fit.observations.releases
    names = f"{one.name} and {other.name} cannot be compared"
    facts = (
        ("table", r.table, s.table),
        ("metric", r.metric.name, s.metric.name),
        ("comparison", r.comparison.name, s.comparison.name),
        ("as-of date", r.as_of, s.as_of),
    )
    for what, first, second in facts:
        if first != second:
            return (
                f"{names}: they were fitted to different data, {what} {first} and {what} {second}"
            )
    if not np.array_equal(r.model, s.model):
        if len(r) == len(s):
            missing = sorted(set(map(str, r.model)) ^ set(map(str, s.model)))
            return f"{names}: their releases differ, in {', '.join(missing[:4])}"
        return (
            f"{names}: {one.name} was fitted to {_described(one)} and {other.name} to "
            f"{_described(other)}; their densities are of different data"
        )
    for column in _DATA:
        first, second = getattr(r, column), getattr(s, column)
        if not np.array_equal(first, second):
            at = int(np.flatnonzero(first != second)[0])
            return (
                f"{names}: the {column} of {r.model[at]} is {first[at]:g} in one and "
                f"{second[at]:g} in the other"
            )
    return ""


def same_data(analyses: Sequence[Analysis]) -> list[list[Analysis]]:
    """Gather the models that can be compared with one another, in the order given."""
    gathered: list[list[Analysis]] = []
    for analysis in analyses:
        for group in gathered:
            if not data_difference(group[0], analysis):
                group.append(analysis)
                break
        else:
            gathered.append([analysis])
    return gathered


def check_names(analyses: Sequence[Analysis]) -> None:
    """Refuse two models of one name.

    Raises
    ------
    SpecError
        Naming them.
    """
    names = [a.name for a in analyses]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(
            f"each model may stand once in a comparison; {', '.join(twice)} is repeated"
        )


def _described(analysis: Analysis) -> str:
    n = len(analysis.fit.observations.releases)
    what = "record-holders" if analysis.fit.spec.frontier.name == "records" else "releases"
    return f"{n} {what}"
