"""What is followed: an address, and how every vintage from it is read and fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from frontierlag.dates import RELEASED, Dates
from frontierlag.jobs import Job
from frontierlag.scores.fetch import DEFAULT_URL, Limits
from frontierlag.scores.reading.options import DEFAULT_OPTIONS, ReadOptions
from frontierlag.settings import SamplerSettings


@dataclass(frozen=True)
class Following:
    """What is followed, and how.

    Attributes
    ----------
    folder
        Where everything is kept.
    url
        The address of the table.
    comparison, dates
        As of a :class:`~frontierlag.jobs.Job`; the same for all vintages of a folder.
    reading
        How the next vintage is read; the archive keeps how each of those before was.
    settings
        Of the sampler.
    limits
        On what a server may send.
    site
        The address under which the folder is published; empty if nowhere.
    """

    folder: Path
    url: str = DEFAULT_URL
    comparison: str = "us-china"
    dates: Dates = RELEASED
    reading: ReadOptions = DEFAULT_OPTIONS
    settings: SamplerSettings = field(default_factory=SamplerSettings)
    limits: Limits = field(default_factory=Limits)
    site: str = ""

    def job(self, path: Path, reading: ReadOptions | None = None) -> Job:
        """The analysis of one vintage, read as this one is or as it was."""
        return Job(str(path), self.comparison, reading=reading or self.reading, dates=self.dates)
