"""How the command of a study ends: what it found, and where that is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def tell(
    words: Sequence[str],
    folder: Path,
    *,
    as_json: bool,
    keep: Path | None = None,
    **verdict: bool,
) -> None:
    """Print a study's sentences and its folder, or the same with the verdict as JSON.

    Parameters
    ----------
    words
        The sentences.
    folder
        Where the study is written.
    as_json
        Whether JSON was asked for.
    keep
        Where finished fits are kept, if they are.
    verdict
        ``converged`` or ``passed``.
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
