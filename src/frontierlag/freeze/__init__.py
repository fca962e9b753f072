"""Results kept as they were published, and the check that a new run gives the same."""

from frontierlag.freeze.frozen import Frozen, freeze, open_frozen
from frontierlag.freeze.verify import Compared, Verdict, compare_tables, verify

__all__ = [
    "Compared",
    "Frozen",
    "Verdict",
    "compare_tables",
    "freeze",
    "open_frozen",
    "verify",
]
