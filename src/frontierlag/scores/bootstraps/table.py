"""Joint draws of the scores of many models: a file in, one checked table out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from frontierlag.errors import DrawsError
from frontierlag.scores.bootstraps import epoch, layout

Prior = Literal["none", "hierarchical", "frontier"]
# Fewer draws say too little of the errors that some hundred scores share.
FEWEST_DRAWS = 100
_NETCDF = (b"\x89HDF", b"CDF")


@dataclass(frozen=True, eq=False)
class DrawTable:
    """Joint draws of the scores of many models.

    Attributes
    ----------
    name
        The file's stem.
    models
        Names, shape ``(model,)``.
    score
        Each draw's scores, on the scale that the pins define, shape ``(draw, model)``.
    pins
        The models that define the scale and their scores, lower first; empty if not stated.
    prior
        What the draws contain in addition to the measurements: ``none`` (resampled measurements,
        as of a bootstrap), ``hierarchical`` (a posterior under one normal prior for all models) or
        ``frontier`` (a posterior under a model of frontiers over time).
    prior_mean, prior_spread
        Mean and standard deviation of a hierarchical prior, a draw, shape ``(draw,)``; else empty.
    independent
        How many independent draws they are worth.
    other_names
        Another name of each model (an identifier), shape ``(model,)``; empty if there is none.
    layout
        ``epoch-eci-bootstraps`` or ``frontierlag-draws``.
    sha256
        Of the file's bytes, in hexadecimal.
    attribution
        The credit that goes wherever the figures go.
    notes
        What a reader of results should know.
    """

    name: str
    models: np.ndarray = field(repr=False)
    score: np.ndarray = field(repr=False)
    pins: tuple[tuple[str, float], ...]
    prior: Prior
    prior_mean: np.ndarray = field(repr=False)
    prior_spread: np.ndarray = field(repr=False)
    independent: float
    other_names: np.ndarray = field(repr=False)
    layout: str
    sha256: str
    attribution: str
    notes: tuple[str, ...] = ()


def load_draws(path: str | Path) -> DrawTable:
    """Read joint draws of scores.

    Parameters
    ----------
    path
        Epoch AI's ``eci_bootstraps.json``, or a NetCDF file as :func:`write_draws` writes it; told
        apart by content.

    Raises
    ------
    DrawsError
        If there is no such file, it is neither, or what it holds cannot be used.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DrawsError(
            f"there is no file {str(path)!r}; give the path of eci_bootstraps.json or of a NetCDF "
            "file that `frontierlag study capabilities` wrote"
        ) from None
    except OSError as error:
        raise DrawsError(f"{path} cannot be read: {error}") from None
    if content.startswith(_NETCDF):
        found = layout.read(path)
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        found = epoch.read(content, path.name)
    else:
        raise DrawsError(
            f"{path} is neither NetCDF nor a JSON object; draws of scores are read from "
            "eci_bootstraps.json or from a file that `frontierlag study capabilities` wrote"
        )
    _check(found, path.name)
    return DrawTable(name=path.stem, sha256=hashlib.sha256(content).hexdigest(), **found)


def _check(found: dict[str, object], name: str) -> None:
    """Refuse what cannot be used as joint draws, whatever the layout."""
    models, score = np.asarray(found["models"]), np.asarray(found["score"])
    unique, count = np.unique(models, return_counts=True)
    if (count > 1).any():
        twice = ", ".join(unique[count > 1][:5])
        raise DrawsError(f"{name} names {twice} more than once; give each model one column")
    if found["prior"] not in get_args(Prior):
        raise DrawsError(
            f"{name} says that its draws carry the prior {found['prior']!r}; known are "
            f"{', '.join(get_args(Prior))}"
        )
    bad = ~np.isfinite(score)
    if bad.any():
        column = int(np.flatnonzero(bad.any(0))[0])
        raise DrawsError(
            f"{name} has {int(bad.sum())} score(s) that are no finite number, the first in draw "
            f"{int(np.flatnonzero(bad[:, column])[0]) + 1} of {models[column]}; leave out draws "
            "in which a score does not exist, for all models"
        )
    if len(score) < FEWEST_DRAWS:
        raise DrawsError(
            f"{name} has {len(score)} draw(s), and at least {FEWEST_DRAWS} are needed to see what "
            "the errors of the scores share"
        )
    if not np.ptp(score, axis=0).any():
        raise DrawsError(f"all draws in {name} are the same: they say nothing of any error")
