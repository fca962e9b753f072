"""What the sampler is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SamplerSettings(BaseModel):
    """Everything that the sampler is told; stored with every fit.

    How many cores work changes the time taken and no number: each chain has its own stream of
    random numbers from ``seed``.

    Parameters
    ----------
    chains
        Chains.
    draws
        Draws a chain, after tuning.
    tune
        Tuning steps a chain.
    target_accept
        Acceptance rate that tuning aims for.
    seed
        Same seed, same numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chains: Annotated[int, Field(ge=2, le=64)] = 4
    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    tune: Annotated[int, Field(ge=100, le=1_000_000)] = 1000
    target_accept: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.99
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 2026
