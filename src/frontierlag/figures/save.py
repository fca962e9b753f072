"""Write a figure to disk, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

from frontierlag.figures.lettering import FAMILY, families, texts_of
from frontierlag.figures.sheet import styled

DPI = 150


def save(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write a figure as SVG and as PNG, and clear it.

    Parameters
    ----------
    figure
        A figure of this package; it is empty afterwards.
    folder
        Made if it is not there.
    stem
        File name without its ending.

    Returns
    -------
    The paths of the SVG and of the PNG. Neither holds a date, and the identifiers in the SVG are
    derived from the file name, so that a figure made twice gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / f"{stem}.svg", folder / f"{stem}.png"
    with styled(), rc_context({"svg.hashsalt": stem}):
        rcParams[FAMILY] = families(texts_of(figure))
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
        figure.savefig(png, dpi=DPI, metadata={"Software": None})
    figure.clear()
    return [svg, png]
