"""All commands put together: each module of this package gives a group of them."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, CycloptsError
from pydantic import ValidationError

from frontierlag.cli.backtest import backtest
from frontierlag.cli.campaigns import calibrate, sbc
from frontierlag.cli.capabilities import capabilities
from frontierlag.cli.cite import cite
from frontierlag.cli.freeze import freeze, verify
from frontierlag.cli.history import history
from frontierlag.cli.index import index
from frontierlag.cli.report import report
from frontierlag.cli.review import diagnose, lags, published
from frontierlag.cli.runs import claims, fit, results, run
from frontierlag.cli.scores import scores_app
from frontierlag.cli.studies import catch_up, sensitivity, vintages
from frontierlag.errors import UsageError
from frontierlag.terminal import HelpConsole

EXAMPLES = """
Example: frontierlag run

Example: frontierlag run --scores my-scores.csv --comparison USA:France --out my-results

Example: frontierlag report my-results

Example: frontierlag cite my-results --format latex

A mistake ends with one sentence and exit code 2, a fit that did not converge with 1, a check that
failed (sbc, verify) with 3, Ctrl-C with 130, a closed pipe such as `| head` with 141. --debug
before any command shows where an error came from, and warnings of libraries as they come.

What was fitted before, to the same data with the same settings by the same program, is taken from
the store of fits in your cache; --refit with any command fits it again.
"""
app = App(
    name="frontierlag",
    help="How far one frontier trails another, with intervals that can be trusted.",
    help_epilogue=EXAMPLES,
    help_on_error=False,
    console=HelpConsole(),
    # Told by main, which says so in a sentence.
    suppress_keyboard_interrupt=False,
)
for command in (
    run,
    results,
    fit,
    capabilities,
    lags,
    diagnose,
    report,
    cite,
    freeze,
    verify,
    claims,
    vintages,
    history,
    sensitivity,
    index,
    catch_up,
    backtest,
    calibrate,
    sbc,
    published,
    scores_app,
):
    app.command(command)


def call(tokens: Sequence[str]) -> int:
    """Run the command that the tokens ask for and return its exit code.

    Raises
    ------
    UsageError
        If there is no such command or option, or an option cannot have this value.
    """
    try:
        code = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise UsageError(f"{_sentence(error)}; see frontierlag --help") from error
    return code if isinstance(code, int) else 0


def _sentence(error: CycloptsError) -> str:
    """What was wrong with an option, in one line."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return "; ".join(
            f"--{str(e['loc'][0]).replace('_', '-')} {e['input']}: {e['msg']}"
            for e in cause.errors()
        )
    words = str(error)
    if words.endswith(", ..."):  # of the commands, the first few
        return f"{words.removesuffix(', ...')} and others"
    words = words.removesuffix(".")
    return f"{words}: write a day as YYYY-MM-DD" if words.endswith("into date") else words
