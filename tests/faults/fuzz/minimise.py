"""A smaller input that ends in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable


def minimised(data: bytes, ends_alike: Callable[[bytes], bool], seconds: float) -> bytes:
    """Leave out spans of an input, large ones first, for as long as it ends alike."""
    deadline = time.monotonic() + seconds
    size = len(data) // 2
    while size:
        start = 0
        while start < len(data) and time.monotonic() < deadline:
            smaller = data[:start] + data[start + size :]
            if ends_alike(smaller):
                data = smaller
            else:
                start += size
        size //= 2
    return data
