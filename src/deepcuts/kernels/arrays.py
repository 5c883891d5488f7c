"""One array type for every kernel argument, and arrays for intermediate results."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from deepcuts.array_types import AnyArray

_CACHE_LINE = 64  # bytes


def read_only(array: AnyArray) -> AnyArray:
    """View an input as read-only, so that a kernel is compiled once, not for each mix of frozen and fresh arrays."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def scratch(*shape: int, dtype: npt.DTypeLike = np.float32) -> AnyArray:
    """Make an array of no particular contents that begins at a cache line, so that no vector lies across two."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + _CACHE_LINE, np.uint8)
    first = -memory.ctypes.data % _CACHE_LINE
    return memory[first : first + n_bytes].view(dtype).reshape(shape)
