"""How the sampler runs, of full fits and of studies that make many."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

Draws = Annotated[int, Field(ge=100, le=1_000_000)]


class SamplerSettings(BaseModel):
    """All settings of the sampler; stored with every fit.

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
        Acceptance rate that tuning aims for; None for the one that the model's frontier asks for,
        which is what a fit then stores.
    seed
        Same seed, same numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    chains: Annotated[int, Field(ge=2, le=64)] = 4
    draws: Draws = 1500
    tune: Draws = 1000
    target_accept: Annotated[float, Field(gt=0.5, lt=1.0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 2026

    @property
    def words(self) -> str:
        """How many draws were kept, for the column ``settings`` of a table."""
        return f"{self.chains} chains of {self.draws} draws"

    def resolved(self, target_accept: float) -> Self:
        """These settings with the frontier's acceptance rate where none was given."""
        if self.target_accept is not None:
            return self
        return self.model_copy(update={"target_accept": target_accept})


class QuickSettings(SamplerSettings):
    """Fewer draws than a run's, so that a hundred refits take a minute; the gate is the same."""

    draws: Draws = 1000
    tune: Draws = 500


class MixtureSettings(SamplerSettings):
    """More draws than a run's: what two vintages differ by is a difference of means of fits."""

    draws: Draws = 3000


class IndexSettings(SamplerSettings):
    """Few draws, as a hundred refits of a model of benchmark results take."""

    chains: Annotated[int, Field(ge=2, le=64)] = 2
    draws: Draws = 600
    tune: Draws = 400


class CapabilitiesSettings(SamplerSettings):
    """More draws than a run's: the discrimination of every benchmark must pass the gate too."""

    draws: Draws = 2500
    tune: Draws = 1500


class DomainSettings(SamplerSettings):
    """More draws than a run's: the noise of every benchmark must pass the gate too.

    A model's ability in a domain and the noise of a benchmark are separated by few results only.
    """

    draws: Draws = 2500
    tune: Draws = 1000


QUICK = QuickSettings()
DOMAINS = DomainSettings()
CAPABILITIES = CapabilitiesSettings()
MIXTURES = MixtureSettings()
INDEX = IndexSettings()


class SmallSettings(SamplerSettings):
    """Fewer draws than a run's, because every quarter is refitted; the gate is the same."""

    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 500
    tune: Annotated[int, Field(ge=100, le=1_000_000)] = 500


SMALL = SmallSettings()
