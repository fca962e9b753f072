"""Run a frozen analysis again and say whether its numbers came out the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from frontierlag.freeze.compare import (
    DIFFERENT,
    IDENTICAL,
    NOT_JUDGED,
    Compared,
    compare_tables,
)
from frontierlag.freeze.frozen import RESULTS, Frozen, measured_for, table_for
from frontierlag.machine.program import versions
from frontierlag.runs.run import run_jobs


@dataclass(frozen=True)
class Verdict:
    """What verifying found.

    Attributes
    ----------
    altered
        Files that are not as they were frozen.
    tables
        Each table made again, against the frozen one; empty where nothing was run.
    other_versions
        Packages whose version is another than the run's.
    """

    altered: tuple[str, ...]
    tables: tuple[Compared, ...]
    other_versions: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the files are as frozen, and no number came out different."""
        return not self.altered and all(t.state != DIFFERENT for t in self.tables)

    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.altered:
            more = f" and {len(self.altered) - 5} more" if len(self.altered) > 5 else ""
            return f"NOT AS FROZEN: {'; '.join(self.altered[:5])}{more}."
        if not self.tables:
            return "The files are as they were frozen; nothing was run again."
        different = [t.name for t in self.tables if t.state == DIFFERENT]
        if different:
            return f"DIFFERENT: the numbers differ in {', '.join(different)}."
        if all(t.state == IDENTICAL for t in self.tables):
            return f"The same: all {len(self.tables)} tables are identical byte for byte."
        open_ = [t.name for t in self.tables if t.state == NOT_JUDGED]
        rest = f"; not judged, as they state no error: {', '.join(open_)}" if open_ else ""
        return f"The same up to Monte Carlo error{rest}."


def verify(
    frozen: Frozen, *, files_only: bool = False, done: Callable[[str], None] = lambda _: None
) -> Verdict:
    """Check a frozen folder's files, and unless they were altered run the analysis again.

    Parameters
    ----------
    frozen
        As :func:`frontierlag.freeze.open_frozen` reads it.
    files_only
        Do not run anything.
    done
        Called with a line each time a model has been fitted.

    Raises
    ------
    FrontierLagError
        If it cannot be run again.
    """
    other = tuple(_other_versions(frozen))
    altered = tuple(frozen.altered())
    if altered or files_only:
        return Verdict(altered, (), other)
    request = frozen.request
    names = sorted(p for p in frozen.manifest["files"] if p.endswith(".csv"))
    with TemporaryDirectory(prefix="frontierlag-") as aside:
        again = Path(aside) / RESULTS
        run_jobs(
            [request.job(table_for(frozen), *measured_for(frozen))],
            [again],
            request.models,
            request.sampler,
            priors=request.priors or None,
            full=request.full,
            done=done,
        )
        return Verdict((), tuple(compare_tables(frozen.folder / RESULTS, again, names)), other)


def _other_versions(frozen: Frozen) -> list[str]:
    now, then = versions(), frozen.manifest.get("versions", {})
    return [
        f"{name} {then[name]}, now {now.get(name, 'none')}"
        for name in then
        if now.get(name) != then[name]
    ]
