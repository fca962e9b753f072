"""The few pictures that README and docs show, from the results: ``make pictures``.

Pictures are not committed but for these; every other is drawn on demand (``frontierlag figures``)
or by the study that it belongs to.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from result_rows import NEW

from frontierlag.report.drawing import draw_folder
from frontierlag.report.sentences import JOINT_HEADLINE as JOINT_MODEL

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
JOINT = Path(NEW) / "us-china-joint"
# What a study has drawn in the results folder, by the name that it has here.
DRAWN = {
    "specification": Path(NEW) / "us-china" / "sensitivity" / "specification.png",
    "history": Path("history") / "us-china" / "figures" / "history.png",
    "coverage": Path("calibration") / "figures" / "coverage.png",
}


def main() -> None:
    """Draw what a run leaves to be drawn, and copy what a study has drawn."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as made:
        draw_folder(ROOT / "results" / JOINT, Path(made), ("frontier", "lag"))
        for kind in ("frontier", "lag"):
            shutil.copy(Path(made) / f"{kind}-{JOINT_MODEL}.png", PICTURES / f"{kind}.png")
    for name, source in DRAWN.items():
        shutil.copy(ROOT / "results" / source, PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
