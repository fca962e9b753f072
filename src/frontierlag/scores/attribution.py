"""The one wording of credit that every output built on Epoch AI's figures carries."""

from __future__ import annotations

ATTRIBUTION = (
    "Data: Epoch AI, 'Capabilities & Benchmarking', https://epoch.ai/benchmarks, "
    "licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); "
    "compiled into frontierlag's own schema."
)
