"""How the scores of some models were measured together, as a model reads it and a file keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from frontierlag.names import FACTOR, MODEL, PIN
from frontierlag.scores.bootstraps.covariance import Errors


@dataclass(frozen=True, eq=False)
class JointErrors:
    """How the scores of some models were measured together.

    Attributes
    ----------
    models
        The releases, and the pins that are not among them, shape ``(model,)``.
    errors
        Their central scores and errors; pins are at their scores.
    pins
        Names and scores of the models that define the scale, lower first.
    table, prior, draws, sha256, attribution
        Of the draws.
    """

    models: np.ndarray
    errors: Errors
    pins: tuple[tuple[str, float], tuple[str, float]]
    table: str = ""
    prior: str = "none"
    draws: int = 0
    sha256: str = ""
    attribution: str = ""

    @cached_property
    def _place(self) -> dict[str, int]:
        return {str(name): i for i, name in enumerate(self.models)}

    def arrays(self, models: np.ndarray) -> dict[str, np.ndarray]:
        """What enters the model as ``pm.Data`` for some of the models.

        Returns
        -------
        ``error_sd``, ``pinned`` (1 for a model that defines the scale, else 0), shape
        ``(release,)``; ``loading``, ``(release, factor)``; and of the two pins ``pin_score``,
        ``pin_error_sd``, ``(2,)``, and ``pin_loading``, ``(2, factor)``.
        """
        at = np.array([self._place[str(name)] for name in models], dtype=np.int64)
        pin = np.array([self._place[name] for name, _ in self.pins], dtype=np.int64)
        names = {name for name, _ in self.pins}
        return {
            "error_sd": self.errors.stderr[at],
            "loading": self.errors.loading[at],
            "pinned": np.array([float(str(name) in names) for name in models]),
            "pin_score": np.array([score for _, score in self.pins]),
            "pin_error_sd": self.errors.stderr[pin],
            "pin_loading": self.errors.loading[pin],
        }

    @property
    def labels(self) -> dict[str, np.ndarray]:
        """Labels of the shared errors and of the pins."""
        factors = np.arange(self.errors.loading.shape[1])
        return {FACTOR: factors, PIN: np.array([name for name, _ in self.pins])}

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of each score's error on the pinned scale, shape ``(model,)``.

        To first order: x_i less what the pins' own errors shift and stretch at its place.
        """
        (low, low_score), (high, high_score) = self.pins
        share = (self.errors.centre - low_score) / (high_score - low_score)
        weight = np.eye(len(self.models))
        weight[:, self._place[low]] -= 1 - share
        weight[:, self._place[high]] -= share
        return np.sqrt(np.maximum(((weight @ self.errors.covariance) * weight).sum(1), 0.0))

    def dataset(self) -> xr.Dataset:
        """All of it as one labelled dataset, for storage: see :func:`errors_of`."""
        found = xr.Dataset(
            {
                "centre": (MODEL, self.errors.centre),
                "error_sd": (MODEL, self.errors.stderr),
                "loading": ((MODEL, FACTOR), self.errors.loading),
            },
            coords={MODEL: self.models},
        )
        found.attrs = {
            "pins": json.dumps(self.pins),
            "table": self.table,
            "prior": self.prior,
            "draws": self.draws,
            "sha256": self.sha256,
            "attribution": self.attribution,
        }
        return found


def errors_of(stored: xr.Dataset) -> JointErrors:
    """Read back what :meth:`JointErrors.dataset` gave."""
    (low, high), attrs = json.loads(stored.attrs["pins"]), stored.attrs
    return JointErrors(
        models=stored[MODEL].to_numpy().astype(str),
        errors=Errors(
            stored["centre"].to_numpy(), stored["error_sd"].to_numpy(), stored["loading"].to_numpy()
        ),
        pins=((low[0], float(low[1])), (high[0], float(high[1]))),
        table=attrs["table"],
        prior=attrs["prior"],
        draws=int(attrs["draws"]),
        sha256=attrs["sha256"],
        attribution=attrs["attribution"],
    )
