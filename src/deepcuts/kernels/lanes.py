"""Arithmetic on sixteen rows in lockstep, each in its own lane of a vector register.

A *lane array* is float32, (n, LANES): its lines are vectors, and nothing here ever mixes lanes. Numba turns loops over
lanes into scalar code, so the inner loops of the solver are spelt out in LLVM's vector instructions (`lane_code`).
The plain Python definitions here say what they compute, and run where the JIT is off.
"""

from __future__ import annotations

import numpy as np
from numba.extending import overload, register_jitable

from deepcuts.kernels import lane_code
from deepcuts.kernels.lane_code import LANES, PANEL


def add_products(lines, first, others, total):
    """total += Σ_j lines[first + j] · others[j], for lane arrays `lines` and `others` and one line `total`."""
    total += np.einsum("jl,jl->l", lines[first : first + len(others)], others)


def start_panel(first, shared, x, slopes):
    """slopes[f] = −Σ_g shared[g, f] x[g] for a panel of factors, f = first … first + PANEL − 1."""
    slopes[first : first + PANEL] = -(shared[:, first : first + PANEL].T @ x)


def descend(f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest):
    """Minimise over factor f of sixteen rows x at once: a step of coordinate descent.

    Minus half the derivative along x[f] is Σ_j lines[f n + j] · residuals[j] + pull[f] − Σ_g shared[f, g] x[g] − ridge
    x[f]; steps[f] holds the inverse of half the curvature. The first sum is expected in `product`, which is left with
    that of the next factor, or of the first one after the last; minus the second in slopes[f], and those of the rest
    of the panel are kept up. x, residuals and the largest change are updated.
    """
    n, after, end = len(residuals), (f + 1) % len(x), f // PANEL * PANEL + PANEL
    change = np.maximum(x[f] + (pull[f] - ridge * x[f] + slopes[f] + product) * steps[f], floor) - x[f]
    x[f] += change
    slopes[f + 1 : end] -= np.outer(shared[f, f + 1 : end], change)
    largest[:] = np.maximum(largest, np.abs(change))
    residuals -= change * lines[f * n : f * n + n]
    product[:] = np.einsum("jl,jl->l", lines[after * n : after * n + n], residuals)


def account(lines, line, apart, x, curvature, residual):
    """Take one pair of sixteen rows into account, whose factors are lines[line + apart · f], for all f.

    Its square is added to the curvature, and what x predicts for it is subtracted from the residual, one line.
    """
    pair = lines[line::apart][: len(x)]
    curvature += pair * pair
    residual -= np.einsum("fl,fl->l", pair, x)


def invert(curvature, shared, ridge, steps):
    """steps[f] = 1 / (curvature[f] + shared[f, f] + ridge), or 0 where that is not above 0."""
    total = curvature + np.diag(shared)[:, None] + ridge
    steps[:] = np.where(total > 0, 1 / np.where(total > 0, total, 1), 0)


def give_back_factors(lines, first, chosen, rows):
    """rows[chosen[lane], first + f] = lines[first + f, lane], for f = 0 … LANES − 1 and the lanes that are chosen."""
    for lane in range(len(chosen)):
        rows[chosen[lane], first : first + LANES] = lines[first : first + LANES, lane]


def lay_out_factors(roots, chosen, j, other, first, lines, line, apart):
    """lines[line + apart · f, lane] = roots[j, lane] · other[chosen[j, lane], first + f], for f = 0 … LANES − 1."""
    for f in range(LANES):
        lines[line + apart * f] = roots[j] * other[chosen[j], first + f]


def fetch_ahead(chosen, j, other):
    """Ask the memory for the rows chosen[j] of `other`, which are needed soon; there is nothing to compute."""


@register_jitable
def lay_out_lines(roots, chosen, other, lines, j, line, apart):
    """lines[line + apart · f, lane] = roots[j, lane] · other[chosen[j, lane], f] for all factors f."""
    if j + 1 < len(chosen):
        fetch_ahead(chosen, j + 1, other)
    n_whole = other.shape[1] // LANES * LANES
    for first in range(0, n_whole, LANES):
        lay_out_factors(roots, chosen, j, other, first, lines, line + apart * first, apart)
    for f in range(n_whole, other.shape[1]):
        for lane in range(LANES):
            lines[line + apart * f, lane] = roots[j, lane] * other[chosen[j, lane], f]


@register_jitable
def give_back_lines(lines, chosen, rows):
    """rows[chosen[lane], f] = lines[f, lane] for all factors f and the lanes that are chosen."""
    n_whole = rows.shape[1] // LANES * LANES
    for first in range(0, n_whole, LANES):
        give_back_factors(lines, first, chosen, rows)
    for f in range(n_whole, rows.shape[1]):
        for lane in range(len(chosen)):
            rows[chosen[lane], f] = lines[f, lane]


@overload(add_products)
def _add_products(lines, first, others, total):
    return lambda lines, first, others, total: lane_code.products(lines, first, others, total)


@overload(start_panel)
def _start_panel(first, shared, x, slopes):
    return lambda first, shared, x, slopes: lane_code.panel(first, shared, x, slopes)


@overload(descend)
def _descend(f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest):
    return lambda f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest: lane_code.step(
        f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest
    )


@overload(account)
def _account(lines, line, apart, x, curvature, residual):
    return lambda lines, line, apart, x, curvature, residual: lane_code.accounted(
        lines, line, apart, x, curvature, residual
    )


@overload(invert)
def _invert(curvature, shared, ridge, steps):
    return lambda curvature, shared, ridge, steps: lane_code.inverse(curvature, shared, ridge, steps)


@overload(give_back_factors)
def _give_back_factors(lines, first, chosen, rows):
    return lambda lines, first, chosen, rows: lane_code.scattered(lines, first, chosen, rows)


@overload(fetch_ahead)
def _fetch_ahead(chosen, j, other):
    return lambda chosen, j, other: lane_code.prefetch(chosen, j, other)


@overload(lay_out_factors)
def _lay_out_factors(roots, chosen, j, other, first, lines, line, apart):
    return lambda roots, chosen, j, other, first, lines, line, apart: lane_code.transposed(
        roots, chosen, j, other, first, lines, line, apart
    )
