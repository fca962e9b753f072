"""Figure of rank statistics: for each quantity, how far its ranks are from uniform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import arviz_plots as azp
import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontierlag.figures.sheet import Provenance, add_sheet, styled
from frontierlag.names import SAMPLE_DIMS

THRESHOLD = 0.01
COLUMNS = 4
PANEL = (2.5, 1.9)  # inches


def rank_chart(model: str, ranks: Mapping[str, Sequence[float]], about: Provenance) -> Figure:
    """Draw ArviZ's ECDF-PIT difference plot: ranks against uniform ones, a panel a quantity.

    Parameters
    ----------
    model
        Whose ranks.
    ranks
        By quantity, one a world, between 0 and 1.
    about
        Credit for the footer.

    Returns
    -------
    Figure; each panel carries ArviZ's own p-value of uniformity (method ``pot_c``), and the points
    that speak against it are marked where that is below 1 %. It is a second opinion: the rule that
    decides is :func:`frontierlag.studies.calibration.sbc.uniformity`.
    """
    panels = xr.Dataset({name: (SAMPLE_DIMS, np.array([values])) for name, values in ranks.items()})
    n = len(next(iter(ranks.values())))
    rows = -(-len(ranks) // COLUMNS)
    with styled():
        collection = azp.plot_ecdf_pit(
            xr.DataTree.from_dict({"prior_sbc": panels}),
            method="pot_c",
            envelope_prob=1 - THRESHOLD,
            backend="matplotlib",
            visuals={"xlabel": {"text": "rank"}, "ylabel": False},
            col_wrap=COLUMNS,
            figure_kwargs={
                "figsize": (COLUMNS * PANEL[0], rows * PANEL[1] + 1.7),
                "figsize_units": "inches",
                "layout": "none",
            },
        )
        figure: Figure = collection.viz["figure"].item()
        plt.close(figure)  # out of pyplot's hands
        FigureCanvasAgg(figure)
        place = add_sheet(
            figure,
            f"Ranks of the truth among posterior draws: {model}",
            f"Share of {n} ranks up to each value, less that of uniform ranks. p: ArviZ's test of "
            f"uniformity; points are marked where it is below {THRESHOLD:.0%}.",
            replace(about, model=model),
            panel_title=True,
        )
        figure.subplots_adjust(**place, hspace=0.6, wspace=0.35)
    return figure
