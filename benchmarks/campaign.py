"""A campaign of 500 base worlds, made and fitted by two processes: its wall time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import common

from frontierlag.studies.calibration.calibrate import HEADLINE, calibrate

WORLDS, PROCESSES = 500, 2
LIMIT = 300.0


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        took, found = common.seconds(
            lambda: calibrate(["base"], [HEADLINE], WORLDS, Path(folder), jobs=PROCESSES)
        )
    row = found.row("base", HEADLINE, "realized", "window")
    return {
        "seconds": took,
        "task": float(found.seconds[HEADLINE]),
        "worlds": int(row["n"]),
        "coverage": float(row["cover90"]),
        "problems": len(found.problems),
    }


def words(m: dict[str, Any]) -> str:
    verdict = "within" if m["seconds"] <= LIMIT else "over"
    return (
        f"`frontierlag validate calibrate --worlds base --models {HEADLINE} --n {WORLDS} "
        f"--jobs {PROCESSES}`"
        f", from drawing each world to its lags, compiling included: {m['seconds']:.0f} s, "
        f"{verdict} the {LIMIT / 60:.0f} minutes that are wanted; {m['task']:.2f} s a world. "
        f"{m['problems']} fits missed the campaign's gate; the 90 % interval of the mean realized "
        f"lag covered {100 * m['coverage']:.1f} % of {m['worlds']}."
    )
