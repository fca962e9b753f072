"""Frontiers of a benchmark's accuracy: capabilities in log odds, counts by the binomial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from frontierlag import arrays
from frontierlag.frontiers.base import Frontier, Noise, Values
from frontierlag.frontiers.records import Records
from frontierlag.frontiers.stochastic import Stochastic
from frontierlag.names import SCORE
from frontierlag.priors import Parameter
from frontierlag.scores import Bounds, Metric, Releases
from frontierlag.scores.metric import LOG_ODDS
from frontierlag.trends.base import of_group


@dataclass(frozen=True)
class OfAccuracy(Frontier):
    """A frontier whose scores lie between a chance level and a ceiling.

    The releases relate to the trend as under ``scale_free``, but on the scale of the log odds
    between the bounds; from there on

        solved_i ~ Binomial(problems_i, accuracy_i),  accuracy = bounds.score(log odds).

    The scatter on the log odds lets two models of one day and trend differ by more than a count's
    own noise, which is what a beta-binomial is for; a second overdispersion beside it could not be
    told from it with one result a model.

    Trend, capabilities and scores are accuracies outside this class, so that lags, gaps and charts
    need not know; every capability is integrated out as :mod:`frontierlag.frontiers.counts` says.

    Parameters
    ----------
    scale_free
        ``records`` or ``stochastic``, as they are for an index.
    bounds
        Chance level and ceiling.
    """

    scale_free: Records | Stochastic
    bounds: Bounds
    measurement: ClassVar[tuple[str, ...]] = ("problems", "node", "node_sd", "node_log_weight")
    # The nodes are those of the counts: the density is that of the observed counts and no others.
    only_to_draw: ClassVar[tuple[str, ...]] = ("observed", "problems")

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the frontier for an index."""
        return self.scale_free.name

    def select(self, releases: Releases) -> np.ndarray:
        """As for an index."""
        return self.scale_free.select(releases)

    def available(self, releases: Releases) -> np.ndarray:
        """As for an index."""
        return self.scale_free.available(releases)

    def parameters(self, metric: Metric) -> tuple[Parameter, ...]:
        """As for an index, in log odds."""
        return self.scale_free.parameters(LOG_ODDS)

    def variables(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """As for an index."""
        return self.scale_free.variables(parameters)

    def likelihood(self, p: Values, mu: Any, data: Values) -> None:
        """Binomial, with the capability integrated out."""
        group, names = data["group_index"], [q.name for q in self.scale_free.parameters(LOG_ODDS)]

        def logp(value: Any, centre: Any, problems: Any, *rest: Any) -> Any:
            own, (node, sd, log_weight) = dict(zip(names, rest[:-3], strict=True)), rest[-3:]
            at = {"observed": node, "stderr": sd, "group_index": pt.arange(node.shape[0])[:, None]}
            return pt.logsumexp(
                log_weight + self.scale_free.logp(own, centre[:, None], at, pt), axis=-1
            )

        def random(*arguments: Any, rng: np.random.Generator, size: Any) -> np.ndarray:
            centre, problems, *rest = arguments
            own, shape = dict(zip(names, rest[:-3], strict=True)), np.shape(centre)
            at = {"stderr": np.zeros(shape), "group_index": np.arange(shape[-1])}
            drawn = self.scale_free.simulate(rng, own, centre, at)
            return self._solved(rng, drawn, problems)

        pm.CustomDist(
            SCORE,
            self.bounds.log_odds(mu, pt),
            data["problems"],
            *(of_group(p[name], group) for name in names),
            data["node"],
            data["node_sd"],
            data["node_log_weight"],
            logp=logp,
            random=random,
            signature=",".join(["()"] * (2 + len(names)) + ["(j)"] * 3) + "->()",
            observed=data["observed"],
        )

    def log_likelihood(self, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """Log probability of each count, shape ``(..., release)``."""
        centre = self.bounds.log_odds(mu, arrays)
        found = [
            arrays.logsumexp(self._by_node(p, centre, data, i), axis=-1)
            for i in range(len(data["group_index"]))
        ]
        return np.stack(found, -1)

    def capabilities(self, rng: Noise, p: Values, mu: np.ndarray, data: Values) -> np.ndarray:
        """A normal of the likelihood's sum by its share, then the conditional of an index."""
        centre = self.bounds.log_odds(mu, arrays)
        node, sd = np.empty(mu.shape), np.empty(mu.shape)
        uniform = np.exp(-rng.standard_exponential(mu.shape))
        for i in range(mu.shape[-1]):
            log_share = self._by_node(p, centre, data, i)
            share = np.exp(log_share - log_share.max(-1, keepdims=True)).cumsum(-1)
            chosen = (share < uniform[..., i, None] * share[..., -1:]).sum(-1)
            node[..., i], sd[..., i] = data["node"][i, chosen], data["node_sd"][i, chosen]
        at = {"observed": node, "stderr": sd, "group_index": data["group_index"]}
        return self.bounds.score(self.scale_free.capabilities(rng, p, centre, at), arrays)

    def simulate(
        self, rng: np.random.Generator, p: Values, mu: np.ndarray, data: Values
    ) -> np.ndarray:
        """New capabilities, then counts of problems solved as fractions of all."""
        centre, group = self.bounds.log_odds(mu, arrays), data["group_index"]
        at = {"stderr": np.zeros(group.shape), "group_index": group}
        return self._solved(rng, self.scale_free.simulate(rng, p, centre, at), data["problems"])

    def _solved(
        self, rng: np.random.Generator, log_odds: np.ndarray, problems: np.ndarray
    ) -> np.ndarray:
        """Fraction of the problems solved at these log odds."""
        return (
            rng.binomial(problems.astype(np.int64), self.bounds.score(log_odds, arrays)) / problems
        )

    def _by_node(self, p: Values, centre: np.ndarray, data: Values, i: int) -> np.ndarray:
        """Log weight and density of each normal of one release's likelihood, ``(..., node)``."""
        node = data["node"][i]
        group = np.full(node.shape, data["group_index"][i])
        at = {"observed": node, "stderr": data["node_sd"][i], "group_index": group}
        density = self.scale_free.logp(p, centre[..., i, None], at, arrays)
        return data["node_log_weight"][i] + density
