"""How far apart the personas of a user are."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.threads import over_ranges


@kernel(fastmath=FASTMATH)
def distinction_of_range(first, last, indptr, factors, weights, floor, gradient, losses):
    """Compute the distinction of some users, see `distinction`."""
    for u in range(first, last):
        losses[u] = np.float32(0.0)
        gradient[indptr[u] : indptr[u + 1]] = np.float32(0.0)
        for p in range(indptr[u], indptr[u + 1]):
            for q in range(p + 1, indptr[u + 1]):
                square = floor
                for f in range(factors.shape[1]):
                    apart = factors[p, f] - factors[q, f]
                    square += apart * apart
                losses[u] += weights[u] / square  # maths.md (12)
                # maths.md (13)
                slope = np.float32(2.0) * weights[u] / (square * square)
                for f in range(factors.shape[1]):
                    step = slope * (factors[p, f] - factors[q, f])
                    gradient[p, f] -= step
                    gradient[q, f] += step


@kernel_entry
def distinction(indptr, factors, weights, floor, gradient, losses):
    """Compute w Σ_{p<q} 1 / (‖x_p − x_q‖² + ε) over the personas x of every user, and its gradient.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the personas of user u are the rows ``indptr[u]:indptr[u + 1]``.
    factors
        float32, (n_rows, n_factors).
    weights
        float32, (n_users,): w of every user.
    floor
        float32: ε, above 0.
    gradient
        float32, (n_rows, n_factors): overwritten.
    losses
        float32, (n_users,): overwritten.
    """
    over_ranges(distinction_of_range, len(indptr) - 1, indptr, factors, weights, floor, gradient, losses)
