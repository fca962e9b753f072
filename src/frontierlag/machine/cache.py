"""Where the package keeps what it need not make or fetch again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "FRONTIERLAG_CACHE"


def cache_folder(given: Path | None = None) -> Path:
    """Return the folder of the cache: as given, by the environment, or the user's own."""
    named = os.environ.get(VARIABLE)
    if given is not None:
        return given
    return Path(named) if named else Path(platformdirs.user_cache_dir("frontierlag"))
