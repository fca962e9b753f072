"""Text in figures: as it stands, in fonts that have its letters, and never on top of other text.

Names of models, makers and groups come from anybody's table. Nothing in them is mathematics
(``text.parse_math`` is off in the style: ``X ($3 in, $15 out)`` is three words), and letters that
the style's own font lacks are taken from an installed font that has them, if there is one.

Names next to points are short where that is unique. adjustText was tried first: pushing labels
apart by forces left some of forty overlapping and others on the curves. A search over a fixed set
of places is exact about both, faster, and has no chance in it.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontierlag.errors import FrontierLagWarning

# Fonts with Chinese, Japanese and Korean letters, then with signs and emoji in outline, on the
# usual systems. In this order, so that the same system always draws the same.
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Noto Sans CJK JP", "Noto Sans JP", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "Droid Sans Fallback", "PingFang SC", "Hiragino Sans GB", "Heiti TC", "STHeiti",
    "Microsoft YaHei", "SimHei", "SimSun", "Arial Unicode MS", "Noto Emoji", "Symbola",
    "Segoe UI Symbol", "Apple Symbols",
)  # fmt: skip
FAMILY: Final = "font.sans-serif"
MISSING = (
    "some names have letters that no installed font has: figures show boxes in their place, the "
    "tables have them; install a font such as Noto Sans CJK (Chinese) or Noto Emoji"
)

# Places tried around a point: distances in points of type, and directions.
DISTANCES = np.array([3.5, 7, 11, 16, 22, 29, 37, 46, 56, 68, 82, 98, 116, 136])
ANGLES = np.radians(np.arange(0, 360, 15))
TRIED = 140  # places kept of each label, the cheapest
MANY = 60  # labels from which on fewer places are tried and one order is enough
FEWER = 40
# What an overlap costs, sweep by sweep: little at first, so that no label is shut out by those that
# came before it.
OVERLAPPING = (20.0, 50.0, 120.0, 300.0, 1e9, 1e9)
PADDING = 1.2  # points kept free around a label
FAR = 90.0  # points from which on distance counts double and more
NEAR = 6.0  # points within which a label needs no line to its dot

# What a place costs, in points of distance.
WRONG_SIDE = 300.0
COVERED = 9.0  # for each point of a curve, one in every CURVE_STEP, below a label
CURVE_STEP = 2.0
CROSSING = 40.0  # for a connecting line through another label, or over another connecting line
FORBIDDEN = 1e9


@cache
def fallbacks() -> tuple[str, ...]:
    """The installed ones among :data:`FALLBACKS`."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return tuple(name for name in FALLBACKS if name in installed)


@cache
def _letters(family: str) -> frozenset[int]:
    """Code points that a family has; the family must be installed."""
    path = font_manager.findfont(family, fallback_to_default=False)
    return frozenset(font_manager.get_font(path).get_charmap())


def families(texts: Sequence[str]) -> list[str]:
    """Families for these texts: the style's own, and fallbacks only where one is needed.

    So that a figure without such letters has the same bytes on every system. A letter that no
    installed font has is drawn as a box, and a :class:`FrontierLagWarning` says so.
    """
    own = [family for family in rcParams[FAMILY] if family not in FALLBACKS]
    first = own[:1]
    if not lacking(texts, first):
        return own
    if lacking(texts, [*first, *fallbacks()]):
        warnings.warn(MISSING, FrontierLagWarning, stacklevel=2)
    return [*own, *fallbacks()]


def lacking(texts: Iterable[str], of: Iterable[str]) -> set[str]:
    """Letters of the texts that none of these installed families has."""
    had = frozenset[int]().union(*map(_letters, of))
    return {c for text in texts for c in text if c.isprintable() and ord(c) not in had}


def texts_of(figure: Figure) -> list[str]:
    """Every text in a figure."""
    return [str(text.get_text()) for text in figure.findobj(Text)]


def label(words: str) -> str:
    """Words as the label of a legend, which would leave out one that begins with an underscore."""
    return f" {words}" if words.startswith("_") else words


def short_names(chosen: Sequence[str], everything: Sequence[str]) -> list[str]:
    """Drop a trailing parenthesis, as in ``Qwen3 (Jul 2025)``, where no other model is then alike.

    ``everything`` are all names of the table, ``chosen`` among them.
    """
    counts = Counter(_stem(name) for name in everything)
    return [_stem(name) if counts[_stem(name)] == 1 else name for name in chosen]


def place_labels(
    axes: Axes,
    points: np.ndarray,
    names: Sequence[str],
    sides: np.ndarray,
    colors: Sequence[str],
    curves: Sequence[np.ndarray],
    size: float,
) -> list[Text]:
    """Write a name next to each point so that none overlaps another, a point, or the axes' edge.

    The axes must have their final limits and place. Of the places around its point each label takes
    in turn the one that is near, on its own side and clear of the curves, given where the others
    are; a thin line connects it if it had to move away. A label for which no free place is left is
    not written, so that the number of texts returned may be smaller than that of the points.

    ``points`` are data coordinates, shape ``(label, 2)``, and ``curves`` lines to keep clear of,
    each of shape ``(vertex, 2)``; ``sides`` says whether a label belongs to the upper left (+1) or
    the lower right (-1) of its point; ``size`` of the type is in points. The texts that were
    written have gid ``label``.
    """
    scale = axes.figure.dpi / 72
    texts = [
        axes.text(x, y, name, size=size, color=color, zorder=6, in_layout=False, gid="label")
        for (x, y), name, color in zip(points, names, colors, strict=True)
    ]
    extents = [text.get_window_extent() for text in texts]
    sizes = np.array([[box.width, box.height] for box in extents]).reshape(-1, 2) / scale
    dots = axes.transData.transform(points) / scale
    ink = _ink([axes.transData.transform(curve) / scale for curve in curves])
    frame = np.array(axes.get_window_extent().extents) / scale
    boxes = _search(dots, sizes, sides, ink, frame)
    written = []
    for text, box, dot in zip(texts, boxes, dots, strict=True):
        if np.isnan(box).any():
            text.remove()
            continue
        text.set(ha="center", va="center")
        middle = axes.transData.inverted().transform((box[:2] + box[2:]) / 2 * scale)
        text.set_position(tuple(middle))
        near = _nearest(dot, box)
        if np.hypot(*(near - dot)) > NEAR:
            ends = axes.transData.inverted().transform(np.array([near, dot]) * scale)
            axes.plot(*ends.T, color="#8a8a8a", lw=0.5, zorder=4, gid="connector")
        written.append(text)
    return written


def _search(
    dots: np.ndarray, sizes: np.ndarray, sides: np.ndarray, ink: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """Return a box ``(left, bottom, right, top)`` for each dot, NaN where none is free."""
    places, fixed = [], []
    for k, (dot, size) in enumerate(zip(dots, sizes, strict=True)):
        place = _places(dot, size)
        cost = _fixed_cost(k, place, dots, sides[k], ink, frame)
        cheapest = np.argsort(cost, kind="stable")[: TRIED if len(dots) < MANY else FEWER]
        places.append(place[cheapest])
        fixed.append(cost[cheapest])
    every = list(range(len(dots)))
    widest = sorted(every, key=lambda k: -sizes[k, 0])
    orders = (every, every[::-1], widest) if len(dots) < MANY else (every,)
    found = [_settle(order, places, fixed, dots) for order in orders]
    return min(found, key=lambda result: result[1])[0]


def _settle(
    order: list[int], places: list[np.ndarray], fixed: list[np.ndarray], dots: np.ndarray
) -> tuple[np.ndarray, float]:
    """Let each label in turn take its cheapest place, again and again; return boxes and cost."""
    chosen = np.full((len(order), 4), np.nan)
    costs = np.zeros(len(order))
    for overlapping in OVERLAPPING:
        for k in order:
            others = ~np.isnan(chosen[:, 0])
            others[k] = False
            cost = fixed[k] + _cost_among(
                places[k], dots[k], chosen[others], dots[others], overlapping
            )
            best = int(np.argmin(cost))
            chosen[k] = places[k][best] if cost[best] < FORBIDDEN else np.nan
            costs[k] = cost[best]
    return chosen, float(costs.sum())


def _places(dot: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Boxes around a dot, shape ``(place, 4)``: the nearest first, by distance and direction."""
    distance, angle = (a.ravel() for a in np.meshgrid(DISTANCES, ANGLES, indexing="ij"))
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    low = dot + distance[:, None] * direction - size * (1 - direction) / 2
    return np.column_stack([low, low + size])


def _fixed_cost(
    own: int, places: np.ndarray, dots: np.ndarray, side: float, ink: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """What each place costs by itself: distance, side, curves below it, other dots, the edge."""
    dot = dots[own]
    near = _nearest(dot, places)
    distance = np.hypot(*(near - dot).T)
    cost = distance + distance**2 / FAR
    away = (near - dot) @ np.array([-side, side])
    cost += WRONG_SIDE * (away < -0.1 * distance)
    cost += COVERED * _inside(ink, places, PADDING).sum(1)
    others = np.delete(dots, own, axis=0)
    cost += FORBIDDEN * _inside(others, places, 2.5).any(1)
    cost += CROSSING * _segments_meet_boxes(
        near, np.broadcast_to(dot, near.shape), np.column_stack([others - 2, others + 2])
    ).sum(1)
    outside = (places[:, :2] < frame[:2] + 2).any(1) | (places[:, 2:] > frame[2:] - 2).any(1)
    return cost + FORBIDDEN * outside


def _cost_among(
    places: np.ndarray, dot: np.ndarray, boxes: np.ndarray, dots: np.ndarray, overlapping: float
) -> np.ndarray:
    """What each place costs given the boxes that other labels take now."""
    pad = np.array([-1, -1, 1, 1]) * PADDING
    low, high = places[:, None, :2], places[:, None, 2:]
    padded = boxes + pad
    apart = ((high <= padded[:, :2]) | (low >= padded[:, 2:])).any(-1)
    near = _nearest(dot, places)
    start = np.broadcast_to(dot, near.shape)
    through = _segments_meet_boxes(near, start, boxes)
    theirs = _nearest(dots, boxes)
    cut = _segments_meet_boxes(theirs, dots, places).T
    crossed = _segments_cross(near, start, theirs, dots)
    return (overlapping * ~apart + CROSSING * (through | cut) + CROSSING * crossed).sum(1)


def _nearest(dot: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The point of a box that is nearest to a dot."""
    return np.clip(dot, box[..., :2], box[..., 2:])


def _inside(points: np.ndarray, boxes: np.ndarray, margin: float) -> np.ndarray:
    """Whether each point lies in each box, shape ``(box, point)``."""
    low, high = boxes[:, None, :2] - margin, boxes[:, None, 2:] + margin
    return np.asarray(((points > low) & (points < high)).all(-1))


def _segments_meet_boxes(a: np.ndarray, b: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Whether each segment from ``a`` to ``b`` meets each box, shape ``(segment, box)``."""
    span = (b - a)[:, None]
    span = np.where(np.abs(span) < 1e-9, 1e-9, span)
    first, second = ((boxes[None, :, k : k + 2] - a[:, None]) / span for k in (0, 2))
    enter, leave = np.minimum(first, second).max(-1), np.maximum(first, second).min(-1)
    return np.asarray((enter < leave) & (leave > 0) & (enter < 1))


def _segments_cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether each segment ``ab`` crosses each segment ``cd``, shape ``(ab, cd)``."""

    def turn(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        u, v = q - p, r - p
        return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    a, b = a[:, None], b[:, None]
    return np.asarray((turn(a, b, c) * turn(a, b, d) < 0) & (turn(c, d, a) * turn(c, d, b) < 0))


def _ink(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Points along curves, one in every ``CURVE_STEP``."""
    found = [np.empty((0, 2))]
    for curve in curves:
        step = np.hypot(*np.diff(curve, axis=0).T)
        length = np.r_[0, np.cumsum(step)]
        at = np.arange(0, length[-1], CURVE_STEP)
        found.append(np.column_stack([np.interp(at, length, column) for column in curve.T]))
    return np.concatenate(found)


def _stem(name: str) -> str:
    return re.sub(r"\s*\([^()]*\)$", "", name)
