"""Joint draws of the scores of many models: a file in, one checked table out.

Two layouts are read: the project's own, NetCDF as described in ``docs/draws.md``, and Epoch AI's
``eci_bootstraps.json``, bootstrap draws of all scores of the ECI.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import arviz_stats as azs
import numpy as np
import xarray as xr

from frontierlag.errors import DrawsError
from frontierlag.names import CHAIN, DRAW, MODEL, SAMPLE_DIMS
from frontierlag.scores import ATTRIBUTION

Prior = Literal["none", "hierarchical", "frontier"]
# Fewer draws say too little of the errors that some hundred scores share.
FEWEST_DRAWS = 100
ENGINE: Literal["netcdf4"] = "netcdf4"
FORMAT = "frontierlag draws 1"
DIMS = (CHAIN, DRAW, MODEL)
_NETCDF = (b"\x89HDF", b"CDF")
_KEYS = ("num_samples", "model")
_MODEL_KEYS = ("names", "capability_samples")


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
        found = _from_netcdf(path)
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        found = _from_epoch(content, path.name)
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


def _from_netcdf(path: Path) -> dict[str, Any]:
    """Read the own layout into what :class:`DrawTable` holds."""
    try:
        stored = xr.load_dataset(path, engine=ENGINE)
    except (OSError, ValueError, RuntimeError) as error:
        raise DrawsError(f"{path} cannot be read as NetCDF: {error}") from None
    if stored.attrs.get("format") != FORMAT:
        raise DrawsError(
            f"{path} is not a file of draws: its format attribute is "
            f"{stored.attrs.get('format')!r}, not {FORMAT!r}; docs/draws.md describes the layout"
        )
    try:
        prior, attrs = str(stored.attrs["prior"]), stored.attrs
        names = ["prior_mean", "prior_spread"] if prior == "hierarchical" else []
        for name, dims in {"capability": DIMS, **dict.fromkeys(names, SAMPLE_DIMS)}.items():
            if set(stored[name].dims) != set(dims):
                raise DrawsError(
                    f"{path}: {name} has dims {', '.join(map(str, stored[name].dims))}; it needs "
                    f"{', '.join(dims)}"
                )
        capability = stored["capability"].transpose(*DIMS).astype(float)
        flat = {
            n: stored[n].transpose(*SAMPLE_DIMS).to_numpy().astype(float).ravel() for n in names
        }
        return {
            "models": stored[MODEL].to_numpy().astype(str),
            "score": capability.to_numpy().reshape(-1, capability.sizes[MODEL]),
            "pins": tuple((str(m), float(s)) for m, s in json.loads(attrs["pins"])),
            "prior": prior,
            "prior_mean": flat.get("prior_mean", np.zeros(0)),
            "prior_spread": flat.get("prior_spread", np.zeros(0)),
            "independent": _independent(capability),
            "other_names": np.zeros(0, dtype=str),
            "layout": "frontierlag-draws",
            "attribution": str(attrs["attribution"]),
            "notes": tuple(json.loads(attrs["notes"])),
        }
    except (KeyError, ValueError, TypeError) as error:
        raise DrawsError(
            f"{path} is incomplete or damaged ({type(error).__name__}: {error}); docs/draws.md "
            "lists what a file of draws holds"
        ) from error


def _independent(capability: xr.DataArray) -> float:
    """Median over models of the effective number of draws, at most their number."""
    total = capability.sizes[CHAIN] * capability.sizes[DRAW]
    varies = capability.std(SAMPLE_DIMS) > 0
    usable = bool(varies.any()) and bool(np.isfinite(capability).all())
    if capability.sizes[DRAW] < 4 or not usable:  # refused later, where it has to be
        return float(total)
    ess = azs.ess(capability.isel({MODEL: varies.to_numpy()}).to_dataset(name="capability"))
    return float(min(np.nanmedian(ess["capability"].to_numpy()), total))


def _from_epoch(content: bytes, name: str) -> dict[str, Any]:
    """Read Epoch AI's file into what :class:`DrawTable` holds.

    Of its keys, ``num_samples``, ``anchors`` and ``model`` are used; ``scaling`` is not needed,
    because every draw is brought to the scale of the pins by its own scores of them, and
    ``benchmark`` says nothing of a model's score.
    """
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DrawsError(f"{name} is not valid JSON: {error}") from None
    _require(found, _KEYS, name, "")
    _require(found["model"], _MODEL_KEYS, name, " under 'model'")
    names = found["model"]["names"]
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise DrawsError(f"{name}: 'names' under 'model' must be a list of names")
    score = _matrix(found["model"]["capability_samples"], name)
    if score.shape[1] != len(names):
        raise DrawsError(
            f"{name}: 'capability_samples' has shape {score.shape}, draws by models, but there are "
            f"{len(names)} names"
        )
    stated = found["num_samples"]
    if stated != len(score):
        raise DrawsError(
            f"{name} says num_samples {stated!r} and holds {len(score)} draws: it is cut short or "
            "not what it says; download it again"
        )
    ids = found["model"].get("ids") or []
    if ids and len(ids) != len(names):
        raise DrawsError(f"{name}: 'ids' under 'model' has {len(ids)} entries for {len(names)}")
    pins, notes = _anchors(
        found.get("anchors"), dict(zip(map(str, ids), names, strict=True)) if ids else {}
    )
    return {
        "models": np.array(names, dtype=str),
        "score": score,
        "pins": pins,
        "prior": "none",
        "prior_mean": np.zeros(0),
        "prior_spread": np.zeros(0),
        "independent": float(len(score)),
        "other_names": np.array([str(i) for i in ids], dtype=str),
        "layout": "epoch-eci-bootstraps",
        "attribution": ATTRIBUTION,
        "notes": notes,
    }


def _require(found: Any, keys: tuple[str, ...], name: str, where: str) -> None:
    if not isinstance(found, dict):
        raise DrawsError(f"{name} holds no object{where}; expected the keys {', '.join(keys)}")
    missing = [key for key in keys if key not in found]
    if missing:
        raise DrawsError(
            f"{name} has no key {' and '.join(map(repr, missing))}{where}; there are "
            f"{', '.join(map(repr, found)) or 'none'}"
        )


def _matrix(values: Any, name: str) -> np.ndarray:
    # JSON has no word for a missing number but null, which becomes NaN here and is refused later.
    try:
        score = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise DrawsError(
            f"{name}: 'capability_samples' must be a list of draws, each a list of one number a "
            "model; rows of different length or text were found"
        ) from None
    if score.ndim != 2:
        raise DrawsError(
            f"{name}: 'capability_samples' has {score.ndim} dimension(s); it must be draws by "
            "models"
        )
    return score


def _anchors(
    anchors: Any, name_of: dict[str, str]
) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """Models that define the scale and their scores, lower first, and a note if not understood.

    An object of name and score, or a list of objects or of pairs of a name (or id) and a score.
    """
    if anchors is None:
        return (), ()
    items = list(anchors.items()) if isinstance(anchors, dict) else anchors
    if not isinstance(items, list):
        items = []
    found = [pair for item in items if (pair := _anchor(item, name_of)) is not None]
    if len(found) == 2:
        return tuple(sorted(found, key=lambda pair: pair[1])), ()
    words = (
        "The file's anchors are not in a form that is understood; the pins of the score table's "
        "metric define the scale."
    )
    return (), (words,)


def _anchor(item: Any, name_of: dict[str, str]) -> tuple[str, float] | None:
    """The one number in an entry, and the model that it names; None if it is not so."""
    flat: list[Any] = []
    for part in item if isinstance(item, list | tuple) else [item]:
        flat += part.values() if isinstance(part, dict) else [part]
    texts = [v for v in flat if isinstance(v, str)]
    numbers = [v for v in flat if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) != 1 or not texts:
        return None
    known = [v for v in texts if v in name_of or v in name_of.values()]
    text = (known or texts)[-1]
    return name_of.get(text, text), float(numbers[0])
