"""A published score table fetched from the web, checked, and kept by content with its date."""

from frontierlag.scores.fetch.cache import Copy, cache_folder, kept_copies, latest_copy
from frontierlag.scores.fetch.download import DEFAULT_URL, Limits, Unreachable
from frontierlag.scores.fetch.fetching import Fetched, fetch

__all__ = [
    "DEFAULT_URL",
    "Copy",
    "Fetched",
    "Limits",
    "Unreachable",
    "cache_folder",
    "fetch",
    "kept_copies",
    "latest_copy",
]
