"""Models of the same data: compared by how each predicts what it has not seen, and stacked as one.

Weights of stacking are those of Yao, Vehtari, Simpson & Gelman (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import LinearConstraint, minimize

from frontierlag.analyses.analysis import Analysis
from frontierlag.checks.loo import Loo, loo, standard_error
from frontierlag.errors import SpecError
from frontierlag.lags.measure import Measured
from frontierlag.names import CHAIN, DRAW, SAMPLE_DIMS

STACKED = "stacked"
# Edges of the bins in which Pareto k is counted; the threshold of the number of draws is another.
ALWAYS_GOOD, NO_MEAN = 0.5, 1.0


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """Models on the same data, by how well each predicts a release that it has not seen.

    ``weights`` are stacking weights by name of the model, and add to one.
    """

    loos: tuple[Loo, ...]
    weights: dict[str, float]

    @property
    def trusted(self) -> bool:
        """Whether the weights are: every density behind them is."""
        return not self.doubts

    @property
    def doubts(self) -> str:
        """Why the densities are not reliable; empty if all are."""
        return "; ".join(loo.doubts for loo in self.loos if not loo.trusted)

    def table(self) -> pd.DataFrame:
        """One row a model, best first.

        ``elpd_diff`` and ``se_diff`` are against the best; ``k_high`` counts the releases with a
        high Pareto k and ``k_high_releases`` names them; ``refitted`` of them have an exact
        density, and ``refits_doubtful`` names those whose refit missed the convergence gate.
        """
        best = max(self.loos, key=lambda loo: loo.elpd)
        rows = [
            {
                "model": loo.model,
                "releases": len(loo.release),
                "elpd": loo.elpd,
                "se": loo.se,
                "p_loo": loo.p_loo,
                "elpd_diff": float((loo.elpd_i - best.elpd_i).sum()),
                "se_diff": standard_error(loo.elpd_i - best.elpd_i),
                "weight": self.weights[loo.model],
                "k_worst": float(loo.pareto_k.max()),
                "k_high": len(loo.high),
                "k_high_releases": "; ".join(loo.high),
                "refitted": len(loo.refitted),
                "refits_doubtful": "; ".join(f"{k}: {v}" for k, v in loo.doubtful.items()),
            }
            for loo in sorted(self.loos, key=lambda loo: -loo.elpd)
        ]
        return pd.DataFrame(rows)

    def pareto_k_table(self) -> pd.DataFrame:
        """Count the releases of each model by Pareto k, of the importance weights before refits."""
        rows = []
        for one in self.loos:
            edges = [-np.inf, min(ALWAYS_GOOD, one.threshold), one.threshold, NO_MEAN, np.inf]
            k = np.where(np.isnan(one.pareto_k), np.inf, one.pareto_k)
            counts = np.bincount(np.searchsorted(edges, k, side="right").clip(1, 4), minlength=5)
            names = ("good", "ok", "bad", "very_bad")
            rows.append(
                {"model": one.model, "threshold": one.threshold}
                | {name: int(n) for name, n in zip(names, counts[1:5], strict=True)}
            )
        return pd.DataFrame(rows)

    def text(self) -> str:
        """One sentence on who predicts best and how sure that is."""
        table = self.table()
        best = table.iloc[0]
        others = [
            f"{row['model']} {row['elpd_diff']:+.1f} (se {row['se_diff']:.1f})"
            for row in table.iloc[1:].to_dict("records")
        ]
        return (
            f"{best['model']} predicts {best['releases']} left-out releases best "
            f"(elpd {best['elpd']:.1f}, se {best['se']:.1f}); against it: {', '.join(others)}."
        )


def compare(
    analyses: Sequence[Analysis],
    *,
    refit: bool = True,
    cores: int | None = None,
    stage: Callable[[str], None] = lambda _: None,
) -> ModelComparison:
    """Compare two or more models of the same data by PSIS-LOO and stack them.

    Without ``refit`` a release with a high Pareto k is not left out with the model fitted again:
    then such densities stay estimates, are counted, and the weights are not trusted. ``cores``
    changes no number; ``stage`` is called with a word or two before each refit.

    Raises
    ------
    SpecError
        If there are fewer than two models, two of the same name, or two of different data.
    """
    _check(analyses)
    loos = [loo(a.fit, refit=refit, cores=cores, stage=stage) for a in analyses]
    return comparison_of(analyses, loos)


def comparison_of(analyses: Sequence[Analysis], loos: Sequence[Loo]) -> ModelComparison:
    """Compare models whose leave-one-out densities are known already; errors as :func:`compare`."""
    _check(analyses)
    weights = stacking_weights(np.column_stack([found.elpd_i for found in loos]))
    by_name = {a.name: float(w) for a, w in zip(analyses, weights, strict=True)}
    return ModelComparison(tuple(loos), by_name)


def stacking_weights(elpd_i: np.ndarray) -> np.ndarray:
    """Weights on the simplex that maximize the mean log score of the mixture, shape ``(model,)``.

    ``elpd_i`` are leave-one-out log densities, shape ``(release, model)``. Where two models predict
    alike the weights are not determined by the data, but their mixture's score is.

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

    ``weights_trusted`` says whether every density that the weights rest on is.
    """

    members: tuple[Analysis, ...]
    weights: dict[str, float]
    weights_trusted: bool = True

    def __post_init__(self) -> None:
        _check(self.members, fewest=1)
        names = [a.name for a in self.members]
        w = np.array([self.weights.get(name, np.nan) for name in names])
        if len(self.weights) != len(names) or not np.isclose(w.sum(), 1) or (w < 0).any():
            raise SpecError(
                f"stacking needs one weight for each of {', '.join(names)}, none negative, adding "
                f"to one; got {self.weights}"
            )
        first = self.members[0]
        for other in self.members[1:]:
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


def _described(analysis: Analysis) -> str:
    n = len(analysis.fit.observations.releases)
    what = "record-holders" if analysis.fit.spec.frontier.name == "records" else "releases"
    return f"{n} {what}"


def _check(analyses: Sequence[Analysis], fewest: int = 2) -> None:
    """Refuse too few models, two of one name, and models of different data."""
    if len(analyses) < fewest:
        raise SpecError(f"comparing needs at least two models; got {len(analyses)}")
    names = [a.name for a in analyses]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(
            f"each model may stand once in a comparison; {', '.join(twice)} is repeated"
        )
    for other in analyses[1:]:
        difference = data_difference(analyses[0], other)
        if difference:
            raise SpecError(difference)
