"""The questions people ask, answered from lags with a probability."""

from frontierlag.claims.answers import Answer, answer
from frontierlag.claims.article import ARTICLE
from frontierlag.claims.claim import (
    AT_LEAST,
    OF_BOUNDS,
    Asked,
    Claim,
    Evidence,
    Need,
    Question,
    Unanswerable,
)
from frontierlag.claims.lags import between

__all__ = [
    "ARTICLE",
    "AT_LEAST",
    "OF_BOUNDS",
    "Answer",
    "Asked",
    "Claim",
    "Evidence",
    "Need",
    "Question",
    "Unanswerable",
    "answer",
    "between",
]
