"""All commands put together: each module of this package gives a group of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Group, Parameter
from pydantic import ValidationError

from frontierlag.cli import review, runs, studies, validate
from frontierlag.cli.options import DEFAULT_SCORES, default_words
from frontierlag.cli.scores import scores_app, update
from frontierlag.errors import UsageError
from frontierlag.machine.terminal import HelpConsole

EXAMPLES = """
Example: frontierlag run

Example: frontierlag run --scores my-scores.csv --comparison USA:France --out my-results

Example: frontierlag report my-results

Example: frontierlag cite my-results --format latex

--json with any command that answers prints one JSON object and nothing else.

A mistake ends with one sentence and exit code 2, a fit that did not converge with 1, a check that
failed (validate sbc, validate verify) with 3, an update without change with 4, Ctrl-C with 130, a
closed pipe such as `| head` with 141. --debug before any command shows where an error came from,
and warnings of libraries as they come.

What was fitted before, to the same data with the same settings by the same program, is taken from
the store of fits in your cache; --refit with any command fits it again.
"""
# What `frontierlag` alone prints.
WELCOME = f"""frontierlag: how far one frontier trails another, and how sure that is

The lag of China behind the USA on the newest table, in about a minute:
    frontierlag run
Your own table: model, released, score, and country, organization or weights
    frontierlag scores check my-scores.csv
    frontierlag run --scores my-scores.csv --comparison USA:France --out mine
Then the page with all figures, and the number for a paper
    frontierlag report mine
    frontierlag cite mine

Tables that come with it ({DEFAULT_SCORES} is the newest): frontierlag scores list
All commands: frontierlag --help
"""
ANSWER = Group("Answer", sort_key=1)
LOOK = Group("Look closer", sort_key=2)
TRUST = Group("Check and repeat", sort_key=3)

app = App(
    name="frontierlag",
    help="How far one frontier trails another, with intervals that can be trusted.",
    help_epilogue=EXAMPLES,
    # A list is not given to be empty, so no option has an --empty-OPTION.
    default_parameter=Parameter(negative_iterable=(), show_default=default_words),
    help_on_error=False,
    console=HelpConsole(),
    # main reports it in a sentence.
    suppress_keyboard_interrupt=False,
)
study_app = App(
    name="study",
    help="What the answer depends on: other choices, vintages, indices, forecasts.",
    help_epilogue="Example: frontierlag study sensitivity",
)
validate_app = App(
    name="validate",
    help="Is it right? Simulated worlds, rank statistics, the past; a frozen result again.",
    help_epilogue="Example: frontierlag validate calibrate --worlds base --n 100",
)
COMMANDS: dict[Group, tuple[Any, ...]] = {
    ANSWER: (
        *(runs.run, runs.results, update, runs.fit, runs.claims),
        *(review.report, review.cite, runs.league),
    ),
    LOOK: (scores_app, runs.domains, review.diagnose, study_app),
    TRUST: (validate_app, validate.freeze),
}
STUDIES = (
    *(studies.sensitivity, studies.vintages, studies.history, studies.measures, studies.index),
    *(studies.catch_up, studies.capabilities, review.published, review.lags, review.figures),
)
VALIDATIONS = (validate.calibrate, validate.sbc, validate.backtest, validate.verify)
for group, commands in COMMANDS.items():
    for place, command in enumerate(commands):
        if isinstance(command, App):
            command.group, command.sort_key = group, place
            app.command(command)
        else:
            app.command(command, group=group, sort_key=place)
for study in STUDIES:
    study_app.command(study)
for validation in VALIDATIONS:
    validate_app.command(validation)
# Commands that were never at the top.
NEW = ("measures",)
# Where the commands of 0.1 are that were at the top; their names work in this version.
MOVED = {
    name: f"{below.name[0]} {name}"
    for below in (study_app, validate_app)
    for name in below
    if not name.startswith("-") and name not in NEW
}


def modern(tokens: Sequence[str]) -> list[str]:
    """The tokens with the command's present name, if it had another one at the top in 0.1."""
    first = tokens[0] if tokens else ""
    return [*MOVED[first].split(), *tokens[1:]] if first in MOVED else list(tokens)


def call(tokens: Sequence[str]) -> int:
    """Run the command that the tokens ask for and return its exit code.

    Raises
    ------
    UsageError
        If there is no such command or option, or an option cannot have this value.
    """
    if not tokens:
        print(WELCOME, end="")
        return 0
    if tokens[0] in MOVED:
        print(
            f"frontierlag: `frontierlag {tokens[0]}` is now `frontierlag {MOVED[tokens[0]]}`; the "
            "old name will not be there in the next version",
            file=sys.stderr,
        )
    tokens = modern(tokens)
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
