"""The picture of the README, drawn from the results: ``make pictures``.

It is the only picture in the repository; every other is drawn on demand, by ``frontierlag study
figures``, by the study that it belongs to, or when the pages are built (:mod:`drawn`).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from result_rows import NEW

from frontierlag.report.drawing import draw_folder
from frontierlag.results.sentences import JOINT_HEADLINE

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    """Draw the frontier chart of the main answer."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as made:
        draw_folder(ROOT / "results" / NEW / "us-china-joint", Path(made), ("frontier",))
        shutil.copy(Path(made) / f"frontier-{JOINT_HEADLINE}.png", PICTURES / "frontier.png")


if __name__ == "__main__":
    main()
