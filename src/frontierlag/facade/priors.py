"""Priors as a user writes them: an object, a tuple, or the numbers that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from frontierlag.errors import SpecError
from frontierlag.model import ModelSpec
from frontierlag.priors import FAMILIES, Prior

Given = Prior | Mapping[str, Any] | Sequence[Any]


def priors_of(given: Mapping[str, Given], spec: ModelSpec) -> dict[str, Prior]:
    """Priors by parameter.

    Parameters
    ----------
    given
        By the name of a parameter: a :class:`frontierlag.Prior`; a tuple of a family and its
        numbers, ``("Normal", 130, 40)``; a dict with a family, ``{"family": "HalfNormal", "sigma":
        5}``; or a dict without one, which changes numbers of the default prior, ``{"sigma": 20}``.
    spec
        The model with its default priors.

    Raises
    ------
    SpecError
        If the model has no such parameter, or it is not a prior.
    """
    defaults = {p.name: p.prior for p in spec.parameters}
    unknown = [name for name in given if name not in defaults]
    if unknown:
        raise SpecError(
            f"{spec.name} has no parameter {unknown[0]!r} to put a prior on; its parameters are "
            f"{', '.join(defaults)}"
        )
    return {name: _prior(name, value, defaults[name]) for name, value in given.items()}


def _prior(name: str, value: Given, default: Prior) -> Prior:
    if isinstance(value, Prior):
        return value
    if isinstance(value, Mapping):
        if "family" in value:
            return _made(name, dict(value))
        return _made(name, default.model_dump(exclude_none=True) | dict(value))
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        family, *numbers = value
        needed = FAMILIES.get(str(family))
        if needed is not None and len(numbers) == len(needed):
            return _made(name, {"family": family, **dict(zip(needed, numbers, strict=True))})
        if needed is not None:
            raise SpecError(
                f"the prior of {name} is {tuple(value)!r}; a {family} prior takes "
                f"{', '.join(needed)}: ({family!r}, {', '.join(needed)})"
            )
    raise SpecError(
        f"the prior of {name} is {value!r}; give a Prior, a tuple such as ('Normal', 130, 40), or "
        f"a dict such as {{'sigma': 20}}. Families are {', '.join(_families())}"
    )


def _made(name: str, numbers: Mapping[str, Any]) -> Prior:
    try:
        return Prior(**numbers)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(
            f"the prior of {name} is not understood: {where}: {first['msg']}. Families are "
            f"{', '.join(_families())}"
        ) from None
    except SpecError as error:
        raise SpecError(f"the prior of {name}: {error}") from None


def _families() -> tuple[str, ...]:
    return get_args(Prior.model_fields["family"].annotation)
