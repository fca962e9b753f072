"""Text in figures: as it stands, in fonts that have its letters.

Names of models, makers and groups come from anybody's table. Nothing in them is mathematics
(``text.parse_math`` is off in the style: ``X ($3 in, $15 out)`` is three words), and letters that
the style's own font lacks are taken from an installed font that has them, if there is one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from matplotlib import font_manager, rcParams
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
