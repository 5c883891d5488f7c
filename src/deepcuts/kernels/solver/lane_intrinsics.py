"""The vector instructions behind `deepcuts.kernels.solver.lanes`, in LLVM, which maps them to the processor's own.

Each function is the compiled form of the one that `lanes` overloads with it, and is defined there in plain Python.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deepcuts.kernels.solver.llvm_vectors import (
    BLOCK,
    CACHE_LINE,
    LANES,
    QUARTER,
    VECTOR,
    add_multiples,
    fetch,
    fused,
    greater,
    in_all_lanes,
    joined,
    length,
    line_at,
    load,
    load_block,
    magnitude,
    nothing,
    pointers,
    repeat,
    shuffled,
    store,
    store_block,
    sum_terms,
    transpose,
    within,
)

COUPLED = tuple((f, g) for f in range(BLOCK) for g in range(f + 1, BLOCK))  # pairs of these factors


@intrinsic
def products(_context, lines, first, others, total):
    """See `lanes.add_products`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_others, at_total = pointers(context, builder, signature, arguments, (0, 2, 3))
        at_lines = line_at(builder, at_lines, arguments[1])

        def add_one(j, so_far):
            return fused(builder, load(builder, at_lines, j), load(builder, at_others, j), so_far)

        n = length(context, builder, signature, arguments, 2)
        zero = ir.Constant(n.type, 0)
        store(builder, at_total, zero, sum_terms(builder, n, load(builder, at_total, zero), add_one))
        return context.get_dummy_value()

    return types.void(lines, first, others, total), generate


@intrinsic
def projected(_context, lines, residuals, sums):
    """See `lanes.project`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_sums = pointers(context, builder, signature, arguments, (0, 1, 2))
        n = length(context, builder, signature, arguments, 1)

        def add_pair(j, so_far):
            residual = load(builder, at_residuals, j)
            return add_multiples(builder, load_block(builder, at_lines, j), residual, so_far)

        store_block(builder, at_sums, n.type(0), repeat(builder, n.type(0), n, 1, [nothing()] * BLOCK, add_pair))
        return context.get_dummy_value()

    return types.void(lines, residuals, sums), generate


@intrinsic
def coupled(_context, block, lines, x, shared, ridge, residuals, steps, couplings):
    """See `lanes.couple`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_x, at_shared, at_ridge, at_residuals, at_steps, at_couplings = pointers(
            context, builder, signature, arguments, (1, 2, 3, 4, 5, 6, 7)
        )
        block, n = arguments[0], length(context, builder, signature, arguments, 5)
        at_here = line_at(builder, at_lines, builder.mul(block, builder.mul(n, n.type(BLOCK))))
        minus = [builder.fneg(line) for line in load_block(builder, at_x, block)]
        both = [*((i, i) for i in range(BLOCK)), *COUPLED]

        def take_pair(j, sums):
            pair, residual = load_block(builder, at_here, j), load(builder, at_residuals, j)
            for line, factor in zip(pair, minus, strict=True):
                residual = fused(builder, line, factor, residual)
            store(builder, at_residuals, j, residual)
            return [fused(builder, pair[f], pair[g], so_far) for (f, g), so_far in zip(both, sums, strict=True)]

        sums = repeat(builder, n.type(0), n, 1, [nothing()] * len(both), take_pair)
        n_wide = length(context, builder, signature, arguments, 3, axis=1)
        at_first = builder.gep(
            at_shared, [builder.mul(builder.mul(block, n.type(BLOCK)), builder.add(n_wide, n.type(BLOCK)))]
        )
        own, one = load(builder, at_ridge, n.type(0)), ir.Constant(VECTOR, [1.0] * LANES)
        for place, ((f, g), of_pairs) in enumerate(zip(both, sums, strict=True)):
            weight = builder.load(builder.gep(at_first, [n.type(BLOCK * f + g)]))
            curvature = builder.fadd(of_pairs, in_all_lanes(builder, weight))
            if f == g:
                total = builder.fadd(curvature, own)
                positive = builder.fcmp_ordered(">", total, nothing())
                inverse = builder.select(positive, builder.fdiv(one, total), nothing())
                store(builder, at_steps, within(builder, block, BLOCK, f), inverse)
            else:
                at = within(builder, block, len(COUPLED), place - BLOCK)
                store(builder, at_couplings, at, curvature)
        return context.get_dummy_value()

    return types.void(block, lines, x, shared, ridge, residuals, steps, couplings), generate


@intrinsic
def step(_context, block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest):
    """See `lanes.descend`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_shared, at_couplings, at_ridge, at_pull, at_steps, at_x, at_sums, at_largest = (
            pointers(context, builder, signature, arguments, (1, 2, 3, 4, 5, 6, 8, 9, 10, 11))
        )
        block, n, n_wide = arguments[0], *(length(context, builder, signature, arguments, at) for at in (2, 9))
        zero, size = n.type(0), n.type(BLOCK)
        at_weights = builder.gep(at_shared, [builder.mul(builder.mul(block, n_wide), size)])

        slopes = [
            builder.fadd(load(builder, at_sums, zero.type(f)), line)
            for f, line in enumerate(load_block(builder, at_pull, block))
        ]
        slopes = _subtract_shared(builder, at_weights, at_x, n_wide, slopes)
        own, least = load(builder, at_ridge, zero), in_all_lanes(builder, arguments[7])
        most_moved, most = (load(builder, at_largest, zero.type(place)) for place in range(2))
        minus: list[ir.Value] = []
        for f in range(BLOCK):
            place = within(builder, block, BLOCK, f)
            now = load(builder, at_x, place)
            for g in range(f):
                at = within(builder, block, len(COUPLED), COUPLED.index((g, f)))
                slopes[f] = fused(builder, minus[g], load(builder, at_couplings, at), slopes[f])
            slope = fused(builder, builder.fneg(own), now, slopes[f])
            new = greater(builder, fused(builder, slope, load(builder, at_steps, place), now), least)
            store(builder, at_x, place, new)
            minus.append(builder.fsub(now, new))
            most_moved = greater(builder, magnitude(builder, minus[f]), most_moved)
            most = greater(builder, magnitude(builder, new), most)
        store(builder, at_largest, zero, most_moved)
        store(builder, at_largest, zero.type(1), most)

        after = builder.add(block, zero.type(1))
        more = builder.icmp_signed("<", builder.mul(after, size), n_wide)
        following = builder.select(more, after, zero)
        at_here, at_next = (
            line_at(builder, at_lines, builder.mul(which, builder.mul(n, size))) for which in (block, following)
        )

        def follow(j, so_far):
            residual = load(builder, at_residuals, j)
            for line, change in zip(load_block(builder, at_here, j), minus, strict=True):
                residual = fused(builder, line, change, residual)
            store(builder, at_residuals, j, residual)
            return add_multiples(builder, load_block(builder, at_next, j), residual, so_far)

        store_block(builder, at_sums, zero, repeat(builder, zero, n, 1, [nothing()] * BLOCK, follow))
        return context.get_dummy_value()

    signature = types.void(block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest)
    return signature, generate


@intrinsic
def scattered(_context, lines, first, starts, numbers):
    """See `lanes.give_back_block`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_starts, at_numbers = pointers(context, builder, signature, arguments, (0, 2, 3))
        first = arguments[1]
        rows = _rows(builder, at_starts, first.type(0), at_numbers)
        factors = [load(builder, at_lines, builder.add(first, first.type(f))) for f in range(BLOCK)]
        for i, rows_of in enumerate(transpose(builder, factors)):
            for quarter in range(LANES // BLOCK):
                part = shuffled(builder, rows_of, rows_of, range(BLOCK * quarter, BLOCK * quarter + BLOCK))
                at_row = builder.gep(rows[BLOCK * quarter + i], [first])
                builder.store(part, builder.bitcast(at_row, QUARTER.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(lines, first, starts, numbers), generate


@intrinsic
def transposed(_context, roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart):
    """See `lanes.lay_out_blocks`."""

    def generate(context, builder, signature, arguments):
        at_roots, at_starts, at_numbers, at_lines = pointers(context, builder, signature, arguments, (0, 1, 4, 6))
        j, later, n_blocks, line, apart, blocks_apart = (arguments[place] for place in (2, 3, 5, 7, 8, 9))
        rows, roots_line = _rows(builder, at_starts, j, at_numbers), load(builder, at_roots, j)
        at_later = line_at(builder, at_starts, later)

        def lay_out(block, _):
            _fetch_quarter(builder, at_later, at_numbers, block)
            quarters = []
            for row in rows:
                at_quarter = builder.gep(row, [within(builder, block, BLOCK, 0)])
                quarters.append(builder.load(builder.bitcast(at_quarter, QUARTER.as_pointer())))
                quarters[-1].align = 4
            at_block = builder.add(line, builder.mul(block, blocks_apart))
            for f, factor in enumerate(transpose(builder, [joined(builder, quarters[i::BLOCK]) for i in range(BLOCK)])):
                place = builder.add(at_block, builder.mul(apart, apart.type(f)))
                store(builder, at_lines, place, builder.fmul(factor, roots_line))
            return []

        repeat(builder, n_blocks.type(0), n_blocks, 1, [], lay_out)
        return context.get_dummy_value()

    return types.void(roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart), generate


@intrinsic
def prefetch(_context, array, first, last):
    """See `lanes.fetch_ahead`."""

    def generate(context, builder, signature, arguments):
        (at_array,) = pointers(context, builder, signature, arguments, (0,))
        first, last = arguments[1:]
        in_a_line = first.type(CACHE_LINE * 8 // signature.args[0].dtype.bitwidth)
        with cgutils.for_range_slice(builder, first, last, in_a_line) as (place, _):
            fetch(builder, builder.gep(at_array, [place]))
        return context.get_dummy_value()

    return types.void(array, first, last), generate


def _fetch_quarter(builder, at_starts, at_numbers, block):
    """Fetch for a quarter of the lanes the cache line that has a block: for all of them in as many blocks as it has."""
    n_quarters = block.type(LANES // BLOCK)
    in_row = builder.mul(builder.sdiv(block, n_quarters), block.type(LANES))
    quarter = builder.srem(block, n_quarters)
    for i in range(BLOCK):
        start = builder.load(builder.gep(at_starts, [within(builder, quarter, BLOCK, i)]))
        fetch(builder, builder.gep(at_numbers, [builder.add(start, in_row)]))


def _subtract_shared(builder, at_weights, at_x, n_wide, slopes):
    """Take Σ_g S_fg x[g] from the slopes of a block, whose weights lie four by four: sums of even g and of odd."""

    def subtract_two(g, sums):
        parts = []
        for place in range(2):
            at = builder.add(g, g.type(place))
            line, at_row = (
                builder.fneg(load(builder, at_x, at)),
                builder.gep(at_weights, [within(builder, at, BLOCK, 0)]),
            )
            weights = [builder.load(builder.gep(at_row, [g.type(i)])) for i in range(BLOCK)]
            lines = [in_all_lanes(builder, weight) for weight in weights]
            parts += add_multiples(builder, lines, line, sums[BLOCK * place : BLOCK * place + BLOCK])
        return parts

    sums = repeat(builder, n_wide.type(0), n_wide, 2, [*slopes, *[nothing()] * BLOCK], subtract_two)
    return [builder.fadd(one, other) for one, other in zip(sums[:BLOCK], sums[BLOCK:], strict=True)]


def _rows(builder, at_starts, j, at_numbers):
    """Address the rows that start at starts[j], one per lane."""
    at_line = line_at(builder, at_starts, j)
    starts = [builder.load(builder.gep(at_line, [ir.Constant(j.type, lane)])) for lane in range(LANES)]
    return [builder.gep(at_numbers, [start]) for start in starts]
