"""The questions people ask, answered from lags with a probability."""

from frontierlag.claims.article import ARTICLE
from frontierlag.claims.claim import (
    AT_LEAST,
    OF_BOUNDS,
    Answer,
    Claim,
    ClaimDraws,
    Evidence,
    Need,
    Question,
    Unanswerable,
    answer,
)
from frontierlag.claims.lags import between

__all__ = [
    "ARTICLE",
    "AT_LEAST",
    "OF_BOUNDS",
    "Answer",
    "Claim",
    "ClaimDraws",
    "Evidence",
    "Need",
    "Question",
    "Unanswerable",
    "answer",
    "between",
]
