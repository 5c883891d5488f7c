"""The best of many entries of a score and an item, as single numbers that sort like them."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel

_SIGN = np.uint32(0x80000000)
_ALL = np.uint32(0xFFFFFFFF)
_HALF = np.uint64(32)


@kernel(inline="always")
def pack(score, item):
    """Make one number of an entry, uint64: a higher score is a larger number, and of equals the lower item is."""
    bits = np.float32(score + np.float32(0.0)).view(np.uint32)  # −0 becomes 0
    ordered = bits ^ (_ALL if bits & _SIGN else _SIGN)  # negative: all bits flipped, else the sign: sorts as unsigned
    return np.uint64(ordered) << _HALF | np.uint64(_ALL ^ np.uint32(item))


@kernel(inline="always")
def score_of(entry):
    """Score of a packed entry."""
    ordered = np.uint32(entry >> _HALF)
    return np.uint32(ordered ^ (_SIGN if ordered & _SIGN else _ALL)).view(np.float32)


@kernel(inline="always")
def item_of(entry):
    """Item of a packed entry."""
    return np.int32(_ALL ^ np.uint32(entry & np.uint64(_ALL)))


@kernel()
def keep_best(entries, n_kept):
    """Bring the largest entries to the front, in no order (quickselect); return the smallest of them."""
    first, last, target = 0, len(entries) - 1, n_kept - 1
    while first < last:
        pivot = median(entries[first], entries[(first + last) // 2], entries[last])
        i, j = first, last
        while i <= j:
            while entries[i] > pivot:
                i += 1
            while entries[j] < pivot:
                j -= 1
            if i <= j:
                entries[i], entries[j] = entries[j], entries[i]
                i, j = i + 1, j - 1
        if target <= j:
            last = j
        elif target >= i:
            first = i
        else:
            break
    return entries[target]


@kernel(inline="always")
def median(a, b, c):
    """The middle one of three numbers."""
    return max(min(a, b), min(max(a, b), c))


@kernel(inline="always")
def sort(entries):
    """Sort entries in place, ascending, by Shell's method: insertion over gaps that get smaller."""
    n, gap = len(entries), 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for place in range(gap, n):
            entry, hole = entries[place], place
            while hole >= gap and entries[hole - gap] > entry:
                entries[hole] = entries[hole - gap]
                hole -= gap
            entries[hole] = entry
        gap //= 3


@kernel(inline="always")
def unpack(entries, scores, items):
    """Sort entries in place and write them out, the best first."""
    sort(entries)
    for rank in range(len(entries)):
        entry = entries[len(entries) - 1 - rank]
        scores[rank], items[rank] = score_of(entry), item_of(entry)
