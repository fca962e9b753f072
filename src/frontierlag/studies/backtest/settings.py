"""Sampler settings of a backtest."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from frontierlag.settings import SamplerSettings


class SmallSettings(SamplerSettings):
    """Fewer draws than a run's, because every quarter is refitted; the gate is the same."""

    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 500
    tune: Annotated[int, Field(ge=100, le=1_000_000)] = 500


SMALL = SmallSettings()
