"""The one wording of credit that every output built on Epoch AI's figures carries."""

from __future__ import annotations

from frontierlag.scores.registry import registry

ATTRIBUTION = registry().attributions["Epoch AI"]
