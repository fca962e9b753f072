"""Credit travels with a table: one wording for Epoch AI's, and the file's name for a user's own.

Nothing in the package credits a table to anybody by default.
"""

from __future__ import annotations

from frontierlag.scores.registry import registry

ATTRIBUTION = registry().attributions["Epoch AI"]


def is_epochs(credit: str) -> bool:
    """Whether a credit is that of Epoch AI's figures, alone or with what else was used."""
    return credit.startswith(ATTRIBUTION)


def own_credit(file: str) -> str:
    """The credit of a table that a user gives: the name of its file."""
    return f"Data: {file}."


def joined_credit(*credits: str) -> str:
    """The credits of what was used together, each once: a longer one that begins alike has both."""
    kept: list[str] = []
    for credit in credits:
        if credit and not any(
            other.startswith(credit) for other in (*kept, *credits) if other != credit
        ):
            kept.append(credit)
    return " ".join(dict.fromkeys(kept))
