"""Whether a fit may be believed: four of ArviZ's diagnostic plots, with what to look for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontierlag.figures.sheet import FOLLOWER_COLOR, LEADER_COLOR, Provenance, add_sheet, styled
from frontierlag.names import CHAIN, DRAW, RESULT, SCORE

PREDICTIVE_DRAWS = 100
RANK_DRAWS = 500  # a chain, at most: more vertices than a screen has
COLUMNS = 4
LOWEST_BFMI = 0.3


@styled()
def diagnostic_figures(
    tree: xr.DataTree, parameters: Sequence[str], about: Provenance
) -> dict[str, Figure]:
    """Draw whether chains agree, the sampler moved, and the model predicts what was seen.

    ``tree`` is a fit with the groups ``posterior``, ``sample_stats``, ``posterior_predictive``,
    ``observed_data`` and ``log_likelihood`` and the observed variable ``score``; ``parameters`` are
    names in ``posterior`` without a release dimension. Returned are ``rank``, ``energy``, ``ppc``
    and ``loo_pit``.
    """
    return {
        "rank": _rank(tree, parameters, about),
        "energy": _energy(tree, about),
        "ppc": _predictive(tree, about),
        "loo_pit": _loo_pit(tree, about),
    }


def _rank(tree: xr.DataTree, parameters: Sequence[str], about: Provenance) -> Figure:
    """The rank plot of every parameter: whether the chains agree."""
    posterior = tree["posterior"].to_dataset()[list(parameters)]
    posterior = posterior.isel({DRAW: _thinned(posterior.sizes[DRAW], RANK_DRAWS)})
    count = sum(
        int(np.prod([n for d, n in v.sizes.items() if d not in (CHAIN, DRAW)]))
        for v in posterior.data_vars.values()
    )
    figure = _plotted(
        "plot_rank",
        xr.DataTree.from_dict({"posterior": posterior}),
        1.5 + 1.7 * -(-count // COLUMNS),
        {"xlabel": False, "ecdf_lines": {"rasterized": True}, "remove_axis": False},
        col_wrap=COLUMNS,
    )
    place = add_sheet(
        figure,
        "Do the chains agree?",
        "How far the ranks of each chain's draws are from even, by parameter, a line for each "
        "chain. Chains that sample one posterior stay close to zero; points are marked where "
        "one does not (test at α).",
        about,
        panel_title=True,
    )
    figure.subplots_adjust(**place, wspace=0.35, hspace=0.6)
    for axes in figure.axes:
        axes.set_title(axes.get_title(loc="left").replace("\n", ", "), size=9)
        axes.tick_params(labelsize=7.5)
        for text in axes.texts:
            text.set_fontsize(7.5)
        _draw_edges(axes)
    return figure


def _energy(tree: xr.DataTree, about: Provenance) -> Figure:
    """The energy of the sampler: whether it reached the tails of the posterior."""
    stats = xr.DataTree.from_dict({"sample_stats": tree["sample_stats"].to_dataset()[["energy"]]})
    visuals = {"legend": False, "title": False}
    figure = _plotted("plot_energy", stats, 4.2, visuals, threshold=LOWEST_BFMI)
    words = {"C0": "energy", "C1": "change of energy"}
    place = add_sheet(
        figure,
        "Did the sampler reach the whole posterior?",
        "Left: E-BFMI of each chain, which must exceed the dashed line. Right: the energy of "
        "the draws and its changes from draw to draw; the two should be about equally wide.",
        about,
        key=[(Patch(facecolor=color, alpha=0.5, lw=0), what) for color, what in words.items()],
        panel_title=True,
    )
    figure.subplots_adjust(**place, wspace=0.25)
    bfmi, both = figure.axes
    bfmi.set_title("E-BFMI by chain")
    both.set_title("Energy, centred")
    bfmi.set(ylabel="chain", yticks=range(tree["sample_stats"].sizes[CHAIN]))
    return figure


def _predictive(tree: xr.DataTree, about: Provenance) -> Figure:
    """Replicated scores over the observed: whether the model could have produced them."""
    replicated = tree[f"posterior_predictive/{SCORE}"].transpose(CHAIN, DRAW, ...)
    dim = str(replicated.dims[-1])
    values = replicated.to_numpy()
    flat = values.reshape(-1, values.shape[-1])
    flat = flat[_thinned(len(flat), PREDICTIVE_DRAWS)]
    thin = xr.Dataset({SCORE: ((CHAIN, DRAW, dim), flat[None])})
    observed = tree["observed_data"].to_dataset()[[SCORE]]
    figure = _plotted(
        "plot_ppc_dist",
        xr.DataTree.from_dict({"posterior_predictive": thin, "observed_data": observed}),
        4.4,
        {
            "predictive_dist": {"color": LEADER_COLOR, "alpha": 0.18, "rasterized": True},
            "observed_dist": {"color": FOLLOWER_COLOR, "width": 2},
            "title": False,
            "remove_axis": False,
        },
        kind="ecdf",
        num_samples=PREDICTIVE_DRAWS,
    )
    drawn = Line2D([], [], color=LEADER_COLOR, alpha=0.5, lw=1)
    place = add_sheet(
        figure,
        "Could the model have produced these scores?",
        "Share with at most this score. Where the model fits, the observed line "
        "runs among the replicated ones.",
        about,
        key=[
            (Line2D([], [], color=FOLLOWER_COLOR, lw=2), "observed scores"),
            (drawn, f"{len(flat)} tables of scores drawn from the posterior"),
        ],
        columns=2,
    )
    figure.subplots_adjust(**place)
    (axes,) = figure.axes
    of_results = dim == RESULT
    scores = "benchmark score" if of_results else f"{tree.attrs.get('metric', '')} score".strip()
    units = "results" if of_results else "releases"
    axes.set(xlabel=scores, ylabel=f"share of {units}", ylim=(0, 1.01))
    _draw_edges(axes)
    return figure


def _loo_pit(tree: xr.DataTree, about: Provenance) -> Figure:
    """The leave-one-out probability integral transform: whether predictions are calibrated."""
    groups = ("posterior", "posterior_predictive", "observed_data", "log_likelihood")
    chosen = xr.DataTree.from_dict({name: tree[name].to_dataset() for name in groups})
    visuals = {"title": False, "xlabel": False, "ylabel": False}
    figure = _plotted("plot_loo_pit", chosen, 4.5, visuals, var_names=SCORE)
    place = add_sheet(
        figure,
        "Are the predictions calibrated?",
        "Where each score falls in its leave-one-out prediction, as distance from even. "
        "Calibrated predictions stay close to zero; marked points are where they do not.",
        about,
        left=0.85,
    )
    figure.subplots_adjust(**place)
    (axes,) = figure.axes
    axes.set(
        xlabel="position in its prediction (0 lowest, 1 highest)", ylabel="share below, minus even"
    )
    _draw_edges(axes)
    return figure


def _plotted(
    plot: str, tree: xr.DataTree, height: float, visuals: Mapping[str, Any], **more: Any
) -> Figure:
    """A figure of ArviZ's, of this height in inches, taken out of pyplot's hands."""
    import arviz_plots  # takes a second, which no other figure need wait for

    size = {"figsize": (9.2, height), "figsize_units": "inches", "layout": "none"}
    drawn = getattr(arviz_plots, plot)(
        tree, backend="matplotlib", figure_kwargs=size, visuals=visuals, **more
    )
    figure: Figure = drawn.viz["figure"].item()
    plt.close(figure)
    FigureCanvasAgg(figure)
    return figure


def _draw_edges(axes: Any) -> None:
    """Show left and bottom spine, which ArviZ hides in places."""
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(True)


def _thinned(available: int, wanted: int) -> np.ndarray:
    """Evenly spaced positions, at most as many as wanted."""
    return np.unique(np.linspace(0, available - 1, min(wanted, available)).round().astype(int))
