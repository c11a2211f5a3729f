"""The random source of one document, which counts the oddities that it writes.

An oddity is a construct that ecr-lint may call an error instead of reading it: tags on keys, keys that are aliases, lists
that aliases share in ways that PyYAML's versions read differently, `!unsafe` collections, odd k=v strings and the like.
Where a document may have only a few of them, an error hides nothing else that could be wrong with it.
"""

from __future__ import annotations

import math
import random


class Source(random.Random):
    """Random numbers, and how many oddities the document may still have."""

    def __init__(self, seed: str, oddities: float = math.inf) -> None:
        super().__init__(seed)
        self.oddities = oddities

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def odd(self, probability: float) -> bool:
        """True with this probability, as long as the document may have one more oddity, which it then has."""
        if self.oddities < 1 or not self.chance(probability):
            return False
        self.oddities -= 1
        return True
