"""The vector instructions behind `deepcuts.kernels.solver.lanes`, in LLVM, which maps them to the processor's own.

Each function is the compiled form of the one of the same name in `lanes`, which says in plain Python what it computes.
`opened` gives the arguments by field: an array has `.data`, the address of its first element, and `.shape`.
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
    opened,
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
def add_products(_context, lines, first, others, total):
    """See `lanes.add_products`."""

    def generate(context, builder, signature, arguments):
        lines, first, others, total = opened(context, builder, signature.args, arguments)
        n, at_lines = length(builder, others), line_at(builder, lines.data, first)

        def add_one(j, so_far):
            return fused(builder, load(builder, at_lines, j), load(builder, others.data, j), so_far)

        zero = ir.Constant(n.type, 0)
        store(builder, total.data, zero, sum_terms(builder, n, load(builder, total.data, zero), add_one))
        return context.get_dummy_value()

    return types.void(lines, first, others, total), generate


@intrinsic
def project(_context, pairs, rows):
    """See `lanes.project`."""

    def generate(context, builder, signature, arguments):
        pairs, rows = opened(context, builder, signature.args, arguments)
        n = length(builder, pairs.residuals)
        sums = _project_block(builder, pairs.lines.data, pairs.residuals.data, n)
        store_block(builder, rows.sums.data, n.type(0), sums)
        return context.get_dummy_value()

    return types.void(pairs, rows), generate


def _project_block(builder, at_block, at_residuals, n, follow=None):
    """Σ_j line_i[j] · residual[j] for the four factors i of a block; ``follow(j, residual)`` may change it before."""

    def add_pair(j, so_far):
        residual = load(builder, at_residuals, j)
        if follow:
            residual = follow(j, residual)
        return add_multiples(builder, load_block(builder, at_block, j), residual, so_far)

    return repeat(builder, n.type(0), n, 1, [nothing()] * BLOCK, add_pair)


@intrinsic
def couple(_context, block, pairs, rows, panels):
    """See `lanes.couple`."""

    def generate(context, builder, signature, arguments):
        block, pairs, rows, panels = opened(context, builder, signature.args, arguments)
        n = length(builder, pairs.residuals)
        at_block = _block_of_pairs(builder, pairs, block, n)
        minus = [builder.fneg(line) for line in load_block(builder, rows.x.data, block)]  # fused steps add, so −x
        both = [*((i, i) for i in range(BLOCK)), *COUPLED]

        def take_pair(j, sums):
            pair, residual = load_block(builder, at_block, j), load(builder, pairs.residuals.data, j)
            for line, factor in zip(pair, minus, strict=True):  # maths.md (8)
                residual = fused(builder, line, factor, residual)
            store(builder, pairs.residuals.data, j, residual)
            return [fused(builder, pair[f], pair[g], so_far) for (f, g), so_far in zip(both, sums, strict=True)]

        sums = repeat(builder, n.type(0), n, 1, [nothing()] * len(both), take_pair)
        n_wide = length(builder, panels, axis=1)
        # panels[block, 4 · block, 0] begins 4 · block · n_wide + 4 · block · 4 numbers after the first one.
        in_panels = builder.mul(builder.mul(block, n.type(BLOCK)), builder.add(n_wide, n.type(BLOCK)))
        at_own = builder.gep(panels.data, [in_panels])  # S_fg for the factors f and g of the block
        for index, ((f, g), of_pairs) in enumerate(zip(both, sums, strict=True)):
            weight = builder.load(builder.gep(at_own, [n.type(BLOCK * f + g)]))
            derivative = builder.fadd(of_pairs, in_all_lanes(builder, weight))
            if f == g:  # maths.md (7)
                curvature = builder.fadd(derivative, load(builder, rows.ridge.data, n.type(0)))
                store(builder, rows.steps.data, within(builder, block, BLOCK, f), _inverse(builder, curvature))
            else:  # maths.md (10)
                at = within(builder, block, len(COUPLED), index - BLOCK)
                store(builder, rows.couplings.data, at, derivative)
        return context.get_dummy_value()

    return types.void(block, pairs, rows, panels), generate


def _inverse(builder, curvature):
    """1 / curvature in every lane; 0 where it is not above 0."""
    one = ir.Constant(VECTOR, [1.0] * LANES)
    positive = builder.fcmp_ordered(">", curvature, nothing())
    return builder.select(positive, builder.fdiv(one, curvature), nothing())


def _block_of_pairs(builder, pairs, block, n):
    """Address the lines of a block of four factors, n pairs."""
    return line_at(builder, pairs.lines.data, builder.mul(block, builder.mul(n, n.type(BLOCK))))


@intrinsic
def descend(_context, block, pairs, rows, panels, floor):
    """See `lanes.descend`."""

    def generate(context, builder, signature, arguments):
        block, pairs, rows, panels, floor = opened(context, builder, signature.args, arguments)
        n, n_wide = length(builder, pairs.residuals), length(builder, rows.x)
        slopes = _slopes(builder, block, rows, panels, n_wide)
        minus = _move(builder, block, rows, floor, slopes)
        at_block = _block_of_pairs(builder, pairs, block, n)
        at_next = _block_of_pairs(builder, pairs, _following(builder, block, n_wide), n)

        def follow(j, residual):  # maths.md (8)
            for line, change in zip(load_block(builder, at_block, j), minus, strict=True):
                residual = fused(builder, line, change, residual)
            store(builder, pairs.residuals.data, j, residual)
            return residual

        sums = _project_block(builder, at_next, pairs.residuals.data, n, follow)
        store_block(builder, rows.sums.data, n.type(0), sums)
        return context.get_dummy_value()

    return types.void(block, pairs, rows, panels, floor), generate


def _following(builder, block, n_wide):
    """The block after this one; the first one after the last."""
    after = builder.add(block, block.type(1))
    more = builder.icmp_signed("<", builder.mul(after, block.type(BLOCK)), n_wide)
    return builder.select(more, after, block.type(0))


def _slopes(builder, block, rows, panels, n_wide):
    """Slopes along the four factors of a block without their ridge, maths.md (6): pairs + pull − S x.

    The columns of S lie four by four. Even g and odd ones are summed apart, so that twice as many sums are under way.
    """
    slopes = [
        builder.fadd(load(builder, rows.sums.data, block.type(f)), line)
        for f, line in enumerate(load_block(builder, rows.pull.data, block))
    ]
    at_panel = builder.gep(panels.data, [builder.mul(builder.mul(block, n_wide), block.type(BLOCK))])

    def subtract_two(g, sums):
        parts = []
        for parity in range(2):
            at = builder.add(g, g.type(parity))
            minus_x = builder.fneg(load(builder, rows.x.data, at))
            at_row = builder.gep(at_panel, [within(builder, at, BLOCK, 0)])
            weights = [builder.load(builder.gep(at_row, [g.type(i)])) for i in range(BLOCK)]
            lines = [in_all_lanes(builder, weight) for weight in weights]
            parts += add_multiples(builder, lines, minus_x, sums[BLOCK * parity : BLOCK * parity + BLOCK])
        return parts

    sums = repeat(builder, n_wide.type(0), n_wide, 2, [*slopes, *[nothing()] * BLOCK], subtract_two)
    return [builder.fadd(even, odd) for even, odd in zip(sums[:BLOCK], sums[BLOCK:], strict=True)]


def _move(builder, block, rows, floor, slopes):
    """Step along the four factors of a block, one after the other; return minus the changes."""
    zero = block.type(0)
    ridge, least = load(builder, rows.ridge.data, zero), in_all_lanes(builder, floor)
    most_moved, most = (load(builder, rows.largest.data, zero.type(which)) for which in range(2))
    minus: list[ir.Value] = []
    for f in range(BLOCK):
        slope, at = slopes[f], within(builder, block, BLOCK, f)
        now = load(builder, rows.x.data, at)
        for g in range(f):  # maths.md (11)
            at_coupling = within(builder, block, len(COUPLED), COUPLED.index((g, f)))
            slope = fused(builder, minus[g], load(builder, rows.couplings.data, at_coupling), slope)
        slope = fused(builder, builder.fneg(ridge), now, slope)
        new = greater(builder, fused(builder, slope, load(builder, rows.steps.data, at), now), least)  # maths.md (5)
        store(builder, rows.x.data, at, new)
        minus.append(builder.fsub(now, new))
        most_moved = greater(builder, magnitude(builder, minus[f]), most_moved)
        most = greater(builder, magnitude(builder, new), most)
    store(builder, rows.largest.data, zero, most_moved)
    store(builder, rows.largest.data, zero.type(1), most)
    return minus


@intrinsic
def give_back_block(_context, lines, first, starts, numbers):
    """See `lanes.give_back_block`."""

    def generate(context, builder, signature, arguments):
        lines, first, starts, numbers = opened(context, builder, signature.args, arguments)
        rows = _rows(builder, starts.data, first.type(0), numbers.data)
        factors = [load(builder, lines.data, builder.add(first, first.type(f))) for f in range(BLOCK)]
        for i, rows_of in enumerate(transpose(builder, factors)):
            for quarter in range(LANES // BLOCK):
                part = shuffled(builder, rows_of, rows_of, range(BLOCK * quarter, BLOCK * quarter + BLOCK))
                at_row = builder.gep(rows[BLOCK * quarter + i], [first])
                builder.store(part, builder.bitcast(at_row, QUARTER.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(lines, first, starts, numbers), generate


@intrinsic
def lay_out_blocks(_context, roots, starts, j, later, numbers, n_blocks, lines, order):
    """See `lanes.lay_out_blocks`."""

    def generate(context, builder, signature, arguments):
        roots, starts, j, later, numbers, n_blocks, lines, order = opened(context, builder, signature.args, arguments)
        rows, root = _rows(builder, starts.data, j, numbers.data), load(builder, roots.data, j)
        at_later = line_at(builder, starts.data, later)

        def lay_out(block, _):
            _fetch_quarter(builder, at_later, numbers.data, block)
            quarters = []
            for row in rows:
                at_quarter = builder.gep(row, [within(builder, block, BLOCK, 0)])
                quarters.append(builder.load(builder.bitcast(at_quarter, QUARTER.as_pointer())))
                quarters[-1].align = 4
            first = builder.add(order.first, builder.mul(block, order.blocks_apart))  # a `LineOrder`
            for f, factor in enumerate(transpose(builder, [joined(builder, quarters[i::BLOCK]) for i in range(BLOCK)])):
                line = builder.add(first, builder.mul(order.apart, order.apart.type(f)))
                store(builder, lines.data, line, builder.fmul(factor, root))
            return []

        repeat(builder, n_blocks.type(0), n_blocks, 1, [], lay_out)
        return context.get_dummy_value()

    return types.void(roots, starts, j, later, numbers, n_blocks, lines, order), generate


@intrinsic
def fetch_ahead(_context, array, first, last):
    """See `lanes.fetch_ahead`."""

    def generate(context, builder, signature, arguments):
        array, first, last = opened(context, builder, signature.args, arguments)
        in_a_line = first.type(CACHE_LINE * 8 // signature.args[0].dtype.bitwidth)
        with cgutils.for_range_slice(builder, first, last, in_a_line) as (index, _):
            fetch(builder, builder.gep(array.data, [index]))
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


def _rows(builder, at_starts, j, at_numbers):
    """Address the rows that start at starts[j], one per lane."""
    at_line = line_at(builder, at_starts, j)
    starts = [builder.load(builder.gep(at_line, [ir.Constant(j.type, lane)])) for lane in range(LANES)]
    return [builder.gep(at_numbers, [start]) for start in starts]
