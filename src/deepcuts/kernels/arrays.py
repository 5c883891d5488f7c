"""One array type for every kernel argument."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import AnyArray


def read_only(array: AnyArray) -> AnyArray:
    """View an input as read-only, so that a kernel is compiled once, not for each mix of frozen and fresh arrays."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
