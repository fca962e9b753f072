"""A published score table fetched from the web, checked, and kept by content with its date."""

from frontierlag.machine.caches import cache_folder
from frontierlag.scores.fetch.download import DEFAULT_URL, Limits, Unreachable, Unusable
from frontierlag.scores.fetch.fetching import (
    Copy,
    Fetched,
    fetch,
    file_name,
    kept_copies,
    last_copy_of,
    latest_copy,
    path_of,
    read_answer,
)

__all__ = [
    "DEFAULT_URL",
    "Copy",
    "Fetched",
    "Limits",
    "Unreachable",
    "Unusable",
    "cache_folder",
    "fetch",
    "file_name",
    "kept_copies",
    "last_copy_of",
    "latest_copy",
    "path_of",
    "read_answer",
]
