"""What several commands share: their options and defaults, and how the command of a study ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from frontierlag.dates import RELEASED, Dates
from frontierlag.errors import CHECK_FAILED
from frontierlag.errors import NOT_CONVERGED as NOT_CONVERGED
from frontierlag.machine.caches import cache_folder
from frontierlag.scores.efforts import Efforts
from frontierlag.scores.reading.options import DEFAULT_OPTIONS as DEFAULT_OPTIONS
from frontierlag.scores.reading.options import ReadOptions
from frontierlag.scores.registry import registry
from frontierlag.settings import SamplerSettings

DEFAULT_DATES: Dates = RELEASED
DEFAULT_SCORES = registry().roles.scores
DEFAULT_RESULTS = registry().roles.results
PUBLISHED_SCORES = registry().roles.published

Scores = Annotated[
    str,
    Parameter(
        help="A reference table (`frontierlag scores list`), an https address, or a file: CSV, "
        "Excel, JSON, YAML or Parquet, or a zip or gzip of one."
    ),
]
BenchmarkResults = Annotated[
    str,
    Parameter(
        name="results",
        help="Benchmark results behind the scores, to fit all in one model: "
        f"{DEFAULT_RESULTS}, or a CSV file.",
    ),
]
JointDraws = Annotated[
    str,
    Parameter(
        name="joint-draws",
        help="Joint draws of the scores in place of their intervals: what `frontierlag "
        "study capabilities` writes, or Epoch's eci_bootstraps.json.",
    ),
]
ComparisonName = Annotated[
    str, Parameter(help="us-china, closed-open, or LEADER:FOLLOWER such as USA:France.")
]
Since = Annotated[
    date | None,
    Parameter(help="First day of the window, YYYY-MM-DD; by default both groups' second record."),
]
AsOf = Annotated[
    date | None, Parameter(help="Last day that counts, YYYY-MM-DD; by default the table's own.")
]
DateConvention = Annotated[
    Dates,
    Parameter(
        name="dates",
        help="Which day a model is dated at: released, the first day on which anyone outside the "
        "maker could use it (corrections applied); announced, where known; or as-published.",
    ),
]
EffortsCounted = Annotated[
    Efforts,
    Parameter(
        name="efforts",
        help="Of an accuracy: which settings of one model count, best or all.",
    ),
]
Reading = Annotated[ReadOptions, Parameter(name="*")]
Sampler = Annotated[SamplerSettings, Parameter(name="*")]
DEFAULT_SAMPLER = SamplerSettings()

AllowHttp = Annotated[bool, Parameter(help="Let the address be without encryption (http).")]
Seconds = Annotated[float, Parameter(help="Time for the whole download.")]
LargestAnswer = Annotated[int, Parameter(help="Largest answer, in bytes.")]
AsJson = Annotated[
    bool, Parameter(name="json", negative=(), help="Print one JSON object and nothing else.")
]

Jobs = Annotated[
    PositiveInt, Parameter(help="Processes on this machine, one thread each; changes no number.")
]
Keep = Annotated[
    Path | None,
    Parameter(
        name="--store",
        help="Folder in which finished fits are kept, so that a stopped campaign goes on; by "
        "default in the user's cache.",
    ),
]

ResultsFolder = Annotated[
    Path | None,
    Parameter(
        help=f"A results folder; by default that of the main answer, results/{DEFAULT_SCORES}/"
        "us-china-joint if it is there, else us-china."
    ),
]


def default_words(value: object) -> str | None:
    """A default as a help text shows it; nothing where there is none."""
    if value is None or value in ((), ""):
        return None
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def default_store() -> Path:
    """Folder of finished fits in the user's cache."""
    return cache_folder() / "campaigns"


def names(text: str | None) -> tuple[str, ...] | None:
    """Names in a comma-separated list; None if there is no list."""
    return tuple(name.strip() for name in text.split(",")) if text else None


def results_folder(given: Path | None) -> Path:
    """The results folder that was given, or that of the main answer, joint if that is there."""
    if given is not None:
        return given
    scores_only = Path("results") / DEFAULT_SCORES / "us-china"
    joint = scores_only.with_name("us-china-joint")
    return joint if joint.is_dir() else scores_only


def tell(
    words: Sequence[str], folder: Path, *, as_json: bool, keep: Path | None = None, **verdict: bool
) -> int:
    """Print a study's sentences and its folder, or the same as JSON, and return the exit code.

    ``keep`` is where finished fits are kept, if they are; the verdict ``converged`` or ``passed``.
    """
    from frontierlag.report import as_json as answers
    from frontierlag.report.console import terminal

    console = terminal(silent=as_json)
    for sentence in words:
        console.print(sentence, markup=False)
    kept = f"; finished fits are kept in {keep}" if keep else ""
    console.print(f"written to {folder}{kept}", markup=False)
    if as_json:
        answers.write(answers.study(words, folder, **verdict))
    codes = {"converged": NOT_CONVERGED, "passed": CHECK_FAILED}
    return next((codes[name] for name, good in verdict.items() if not good), 0)
