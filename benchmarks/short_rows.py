"""Evidence for decision 3: short rows are solved faster sixteen at a time than one by one.

Usage: python benchmarks/short_rows.py [--users 20000] [--items 10000] [--factors 64] [--runs 7]

Both kernels solve the same user rows of a generated world (25 items a user on average) from the same start, on one
thread, alternately; medians of processor time.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import process_time

import numba
import numpy as np
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.solver.long_rows import solve_long_rows
from deepcuts.kernels.solver.row_problem import SweepBudget
from deepcuts.kernels.solver.short_rows import solve_short_rows
from deepcuts.model.training.alternation import start_base
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import Penalty, row_problem


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 20_000), ("items", 10_000), ("factors", 64), ("runs", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    numba.set_num_threads(1)
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    stage = start_base(plays, PersonaSettings(n_factors=args.factors), seed=0)
    stage.run_epoch()
    rows, problem = stage.sides.problem.rows, stage.sides.problem
    chosen = rows.by_length[rows.n_pairs[rows.by_length] <= 128]
    start, misfit = stage.sides.factors, np.empty(rows.n_rows, np.float32)
    shared = (problem.w0 * stage.item_grams.unobserved).astype(np.float32)
    quadratic = row_problem(rows, stage.item_factors, Penalty(shared, problem.ridge, None, 0.0))

    def seconds(kernel: object, n_sweeps: int) -> float:
        begin = process_time()
        solution = start.copy()
        kernel(read_only(chosen), quadratic, SweepBudget(n_sweeps, 0.0), solution, misfit)  # type: ignore[operator]
        return process_time() - begin

    kernels = {"sixteen at a time": solve_short_rows, "one by one": solve_long_rows}
    table, figures = [], {}
    for n_sweeps in (0, 3):
        runs = [[seconds(kernel, n_sweeps) for kernel in kernels.values()] for _ in range(args.runs + 1)][1:]
        together, alone = (median(run[index] for run in runs) for index in (0, 1))
        microseconds = [1e6 * value / len(chosen) for value in (together, alone)]
        table.append([str(n_sweeps), *(f"{value:.2f}" for value in microseconds), f"{together / alone:.2f}"])
        figures[n_sweeps] = microseconds
    print(
        f"{len(chosen):,} of {rows.n_rows:,} rows, {rows.n_pairs[chosen].mean():.1f} pairs each, {args.factors} factors"
    )
    print(setting(), "\n")
    print_table(["sweeps", *(f"µs a row, {name}" for name in kernels), "ratio"], table)
    print_json(benchmark="short rows", microseconds=figures)


if __name__ == "__main__":
    main()
