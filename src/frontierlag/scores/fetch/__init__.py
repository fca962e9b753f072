"""A published score table fetched from the web, checked, and kept by content with its date."""

from frontierlag.scores.fetch.cache import Copy, cache_folder, kept_copies, latest_copy
from frontierlag.scores.fetch.download import DEFAULT_URL, Limits, Unreachable, Unusable
from frontierlag.scores.fetch.fetching import Fetched, fetch, read_answer

__all__ = [
    "DEFAULT_URL",
    "Copy",
    "Fetched",
    "Limits",
    "Unreachable",
    "Unusable",
    "cache_folder",
    "fetch",
    "kept_copies",
    "latest_copy",
    "read_answer",
]
