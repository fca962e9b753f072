"""The names of everything a fit holds: groups of the tree, dims, variables, labels.

This module is the only place where they are spelt out.
"""

from __future__ import annotations

# dims
CHAIN, DRAW, GROUP, RELEASE, DATE, PERIOD, LEVEL = (
    "chain",
    "draw",
    "group",
    "release",
    "date",
    "period",
    "level_value",
)
# what a model of benchmark results has beside its releases
RESULT, BENCHMARK, OTHER = "result", "benchmark", "other"
# what a model of several abilities has: domains of benchmarks, models with a result in a domain
DOMAIN, PAIR, MAKER, VENDOR = "domain", "pair", "maker", "vendor"
# what joint draws of scores have: models, the errors they share, the two models that pin the scale
MODEL, FACTOR, PIN = "model", "factor", "pin"
# releases outside the likelihood that count for the best available
OUTSIDE = "outside"
SAMPLE_DIMS = (CHAIN, DRAW)

# the two sides of a comparison, as positions on the group axis
LEADER, FOLLOWER = 0, 1

# groups of the DataTree beside ArviZ's own
CAPABILITIES = "capabilities"
MEASURED = "measured"  # the benchmark results that a joint model is fitted to
LAGS = "lags"
GAPS = "gaps"
LEVELS = "levels"

# kinds of lag and of gap
TREND, REALIZED, AT_RELEASE = "trend", "realized", "release"

# periods beside calendar years
WINDOW, CURRENT, MINIMUM, MAXIMUM = "window", "current", "minimum", "maximum"

# variables of a lag or gap dataset
VALUE, CENSORED = "value", "censored"

# the observed variable, and the constant that says which decimal year the reference date is, for
# models that speak of calendar dates
SCORE, EPOCH = "score", "epoch"
