"""Numbers in half precision: half as much to gather from memory.

Numba knows no such numbers on a processor, so that arrays hold their bits, as uint16; `widened` and the loads of
`lane_code` turn them into float32. They have eleven significant bits and reach up to 65,504.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numba.extending import overload

from deepcuts.kernels import lane_code

_BLOCK = 2**18


def widened(numbers):
    """Turn bits of half precision into float32; leave what is float32 as it is."""
    return numbers.view(np.float16).astype(np.float32) if numbers.dtype == np.uint16 else numbers


def halve(numbers, place, halves):
    """halves[place] = the bits of numbers[place], rounded to half precision."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        halves[place] = np.float32(numbers[place]).astype(np.float16).view(np.uint16)


@njit(cache=True, nogil=True, parallel=True)
def round_to_halves(numbers, halves):
    """Round all numbers to half precision, and return the size of the largest.

    Parameters
    ----------
    numbers
        float32, (n,).
    halves
        uint16, (n,): overwritten with the bits.
    """
    n_blocks = (numbers.size + _BLOCK - 1) // _BLOCK
    largest = np.zeros(max(n_blocks, 1), np.float32)
    for block in prange(n_blocks):
        most = np.float32(0.0)
        for place in range(block * _BLOCK, min((block + 1) * _BLOCK, numbers.size)):
            most = max(most, abs(numbers[place]))
            halve(numbers, place, halves)
        largest[block] = most
    return np.max(largest)


@overload(halve)
def _halve(numbers, place, halves):
    return lambda numbers, place, halves: lane_code.half(numbers, place, halves)
