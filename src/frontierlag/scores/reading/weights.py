"""Whether a model's weights are open, from the words that tables have for it."""

from __future__ import annotations

import re

from frontierlag.scores.reading.cells import folded
from frontierlag.scores.reading.layouts import ACCESSIBILITY
from frontierlag.scores.reading.parsing import is_blank

# Words that are plain under any heading for weights.
WEIGHT_WORDS = {
    **ACCESSIBILITY,
    **dict.fromkeys(
        ("open", "open weights", "open-weights", "open weight", "open-weight", "openweights",
         "open source", "open-source", "opensource", "weights available", "open model",
         "downloadable", "public weights"), "open"),
    **dict.fromkeys(
        ("closed", "closed weights", "closed-weights", "closed weight", "closed-weight",
         "closed source", "closed-source", "proprietary", "api", "api only", "private",
         "proprietary (api)", "closed (api)", "api-only"), "closed"),
    **dict.fromkeys(("unknown", "not known", "unclear", "tbd"), "unknown"),
}  # fmt: skip
# Under a heading that asks whether weights are open.
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "✓", "✔", "x", "t"), "open"),
    **dict.fromkeys(("no", "n", "false", "0", "✗", "✘", "f"), "closed"),
}
# Licences under which weights are handed out.
_LICENCE = re.compile(
    r"apache|\bmit\b|\bbsd\b|\bcc[- ]by|creative ?commons|\bgpl|llama|gemma|qwen|qianwen|deepseek|"
    r"\bopen\b|openrail|mistral research|mrl|falcon|tulu|jamba|community|"
    r"\bmodified mit\b|mpl"
)
ASKS = frozenset({"open weights", "open weight", "open source", "is open", "open", "weights open",
                  "is open source", "open-weights", "open-source", "opensource"})  # fmt: skip
LICENCES = frozenset({"license", "licence", "license type", "model license"})


def weights_of(cell: str, heading: str) -> str | None:
    """Return 'open', 'closed' or 'unknown'; None for a cell that is not understood.

    Parameters
    ----------
    cell
        What the table says.
    heading
        The column's heading, folded: under 'open weights' yes and no are answers, and under
        'license' the names of licences are. TRUE under 'weights' is neither.
    """
    word = folded(cell)
    if is_blank(word):
        return "unknown"
    known = WEIGHT_WORDS.get(word)
    if known is None and heading in ASKS:
        known = _ANSWERS.get(word)
    if known is None and heading in LICENCES and _LICENCE.search(word):
        known = "open"
    return known
