"""Everything that the pages show and that must not be typed: by name, as Markdown.

A page names it in double braces. A name that is not here fails the build.
"""

from __future__ import annotations

from pathlib import Path

import commands
import from_calibration
import from_code
import from_index
import from_results
import from_studies


def everything(results: Path) -> dict[str, str]:
    """Return Markdown by name, from the tables in ``results``, the code and the command line."""
    parts = (
        from_results.shown(results),
        from_studies.shown(results),
        from_calibration.shown(results),
        from_code.shown(),
        from_index.shown(),
        commands.shown(results),
    )
    found: dict[str, str] = {}
    for part in parts:
        twice = found.keys() & part.keys()
        if twice:
            raise ValueError(f"shown twice: {', '.join(sorted(twice))}")
        found |= part
    return found
