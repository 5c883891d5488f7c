"""How the scores of a persona spread over all items, without computing them."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel, kernel_entry


@kernel_entry
def moments(factors):
    """Sum of the rows of a matrix, and of their outer products, float64, (n_factors,) and (n_factors, n_factors)."""
    n_factors = factors.shape[1]
    total, products = np.zeros(n_factors), np.zeros((n_factors, n_factors))
    add_moments(factors, total, products)
    return total, products


@kernel()
def add_moments(factors, total, products):
    """Add the `moments` of a matrix to those that there are."""
    n_factors = factors.shape[1]
    for row in range(len(factors)):
        for f in range(n_factors):
            value = np.float64(factors[row, f])  # sums over all items, of which (21) takes a difference
            if value != 0.0:
                total[f] += value
                for g in range(n_factors):
                    products[f, g] += value * np.float64(factors[row, g])


@kernel_entry
def spread_of_products(factors, total, products, n_items, spreads):
    """Write the standard deviation of the scores of a row over the items, √(xᵀ M x / n − (x·t / n)²); maths.md (21).

    Parameters
    ----------
    factors
        float32, (n_rows, n_factors): persona rows x.
    total, products
        t and M, the `moments` of the items.
    n_items
        n.
    spreads
        float32, (n_rows,): overwritten.
    """
    write_spreads(factors, total, products, n_items, spreads, np.empty(factors.shape[1]))


@kernel()
def write_spreads(factors, total, products, n_items, spreads, through):
    """Do what `spread_of_products` does; `through`, float64, (n_factors,), is overwritten."""
    n_factors = factors.shape[1]
    for row in range(len(factors)):
        mean, square = 0.0, 0.0
        through[:] = 0.0
        for f in range(n_factors):
            value = np.float64(factors[row, f])
            if value != 0.0:
                mean += value * total[f] / n_items
                for g in range(n_factors):
                    through[g] += value * products[f, g]
        for f in range(n_factors):
            square += through[f] * np.float64(factors[row, f]) / n_items
        spreads[row] = np.sqrt(max(square - mean * mean, 0.0))  # rounding may go below 0
