"""Epoch AI's ``eci_bootstraps.json``: bootstrap draws of all scores of the ECI."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from frontierlag.errors import DrawsError
from frontierlag.scores import ATTRIBUTION

_KEYS = ("num_samples", "model")
_MODEL_KEYS = ("names", "capability_samples")


def read(content: bytes, name: str) -> dict[str, Any]:
    """Read the file into what :class:`frontierlag.scores.bootstraps.table.DrawTable` holds.

    Of its keys, ``num_samples``, ``anchors`` and ``model`` are used; ``scaling`` is not needed,
    because every draw is brought to the scale of the pins by its own scores of them, and
    ``benchmark`` says nothing of a model's score.

    Raises
    ------
    DrawsError
        If it is not valid JSON, a key is missing, or a shape is not what the keys say.
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
    items: list[Any] = []
    if isinstance(anchors, dict):
        items = list(anchors.items())
    elif isinstance(anchors, list):
        items = anchors
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
