"""The vector instructions behind `deepcuts.kernels.lanes`, in LLVM, which maps them to whatever the processor has.

Each function is the compiled form of the one that `lanes` overloads with it, and is defined there in plain Python.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
PANEL = 8  # factors whose common part of the slope is summed up at once: so many sums fit into the registers

_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_UNROLL = 4  # independent sums, since one fused multiply-add takes four cycles to come out


@intrinsic
def products(_context, lines, first, others, total):
    """See `lanes.add_products`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_others, at_total = _pointers(context, builder, signature, arguments, (0, 2, 3))
        at_lines = _line(builder, at_lines, arguments[1])

        def add_one(j, so_far):
            return _fused(builder, _load(builder, at_lines, j), _load(builder, at_others, j), so_far)

        n = _length(context, builder, signature, arguments, 2)
        zero = ir.Constant(n.type, 0)
        _store(builder, at_total, zero, _sum(builder, n, _load(builder, at_total, zero), add_one))
        return context.get_dummy_value()

    return types.void(lines, first, others, total), generate


@intrinsic
def panel(_context, first, shared, x, slopes):
    """See `lanes.start_panel`."""

    def generate(context, builder, signature, arguments):
        at_shared, at_x, at_slopes = _pointers(context, builder, signature, arguments, (1, 2, 3))
        first, n_factors = arguments[0], _length(context, builder, signature, arguments, 2)
        apart = _length(context, builder, signature, arguments, 1, axis=1)

        def subtract_factor(g, sums):
            line, at_row = _load(builder, at_x, g), builder.gep(at_shared, [builder.mul(g, apart)])
            at_weights = builder.gep(at_row, [first])
            weights = [builder.load(builder.gep(at_weights, [first.type(f)])) for f in range(PANEL)]
            return [
                _fused(builder, _in_all_lanes(builder, builder.fneg(weight)), line, so_far)
                for weight, so_far in zip(weights, sums, strict=True)
            ]

        nothing = ir.Constant(_VECTOR, [0.0] * LANES)
        sums = _repeat(builder, first.type(0), n_factors, 1, [nothing] * PANEL, subtract_factor)
        for f, total in enumerate(sums):
            _store(builder, at_slopes, builder.add(first, first.type(f)), total)
        return context.get_dummy_value()

    return types.void(first, shared, x, slopes), generate


@intrinsic
def step(_context, f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest):
    """See `lanes.descend`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_shared, at_ridge, at_pull, at_steps, at_x, at_slopes, at_product, at_largest = (
            _pointers(context, builder, signature, arguments, (1, 2, 3, 4, 5, 7, 8, 9, 10, 11))
        )
        f, n, n_factors = arguments[0], *(_length(context, builder, signature, arguments, at) for at in (2, 8))
        zero, one, now = f.type(0), f.type(1), _load(builder, at_x, f)
        after = builder.add(f, one)
        following = builder.select(builder.icmp_signed("<", after, n_factors), after, zero)
        at_here, at_next = (_line(builder, at_lines, builder.mul(which, n)) for which in (f, following))

        minus_ridge = builder.fneg(_load(builder, at_ridge, zero))
        slope = _fused(builder, minus_ridge, now, _load(builder, at_pull, f))
        slope = builder.fadd(slope, _load(builder, at_slopes, f))
        slope = builder.fadd(slope, _load(builder, at_product, zero))
        least = _in_all_lanes(builder, arguments[6])
        new = _greater(builder, _fused(builder, slope, _load(builder, at_steps, f), now), least)
        change = builder.fsub(new, now)
        minus = builder.fneg(change)
        _store(builder, at_x, f, new)
        moved = _greater(builder, change, minus)
        _store(builder, at_largest, zero, _greater(builder, moved, _load(builder, at_largest, zero)))

        columns = _length(context, builder, signature, arguments, 3, axis=1)
        at_weights = builder.gep(at_shared, [builder.mul(f, columns)])
        end = builder.add(builder.and_(f, f.type(-PANEL)), f.type(PANEL))
        with cgutils.for_range_slice(builder, after, end, one) as (g, _):
            weight = _in_all_lanes(builder, builder.load(builder.gep(at_weights, [g])))
            _store(builder, at_slopes, g, _fused(builder, minus, weight, _load(builder, at_slopes, g)))

        def follow(j, so_far):
            residual = _fused(builder, minus, _load(builder, at_here, j), _load(builder, at_residuals, j))
            _store(builder, at_residuals, j, residual)
            return _fused(builder, _load(builder, at_next, j), residual, so_far)

        nothing = ir.Constant(_VECTOR, [0.0] * LANES)
        _store(builder, at_product, zero, _sum(builder, n, nothing, follow))
        return context.get_dummy_value()

    return types.void(f, lines, residuals, shared, ridge, pull, floor, steps, x, slopes, product, largest), generate


@intrinsic
def accounted(_context, lines, line, apart, x, curvature, residual):
    """See `lanes.account`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_x, at_curvature, at_residual = _pointers(context, builder, signature, arguments, (0, 3, 4, 5))
        line, apart = arguments[1], arguments[2]
        n_factors = _length(context, builder, signature, arguments, 3)

        def add_one(f, so_far):
            pair = _load(builder, at_lines, builder.add(line, builder.mul(apart, f)))
            _store(builder, at_curvature, f, _fused(builder, pair, pair, _load(builder, at_curvature, f)))
            return _fused(builder, builder.fneg(pair), _load(builder, at_x, f), so_far)

        zero = ir.Constant(line.type, 0)
        _store(builder, at_residual, zero, _sum(builder, n_factors, _load(builder, at_residual, zero), add_one))
        return context.get_dummy_value()

    return types.void(lines, line, apart, x, curvature, residual), generate


@intrinsic
def inverse(_context, curvature, shared, ridge, steps):
    """See `lanes.invert`."""

    def generate(context, builder, signature, arguments):
        at_curvature, at_shared, at_ridge, at_steps = _pointers(context, builder, signature, arguments, (0, 1, 2, 3))
        n_factors = _length(context, builder, signature, arguments, 0)
        apart = _length(context, builder, signature, arguments, 1, axis=1)
        own = _load(builder, at_ridge, ir.Constant(n_factors.type, 0))
        one, nothing = (ir.Constant(_VECTOR, [value] * LANES) for value in (1.0, 0.0))
        with cgutils.for_range(builder, n_factors) as loop:
            f = loop.index
            diagonal = builder.load(builder.gep(at_shared, [builder.mul(f, builder.add(apart, f.type(1)))]))
            total = builder.fadd(_load(builder, at_curvature, f), _in_all_lanes(builder, diagonal))
            total = builder.fadd(total, own)
            positive = builder.fcmp_ordered(">", total, nothing)
            _store(builder, at_steps, f, builder.select(positive, builder.fdiv(one, total), nothing))
        return context.get_dummy_value()

    return types.void(curvature, shared, ridge, steps), generate


@intrinsic
def scattered(_context, lines, first, chosen, rows):
    """See `lanes.give_back_factors`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_chosen, at_rows = _pointers(context, builder, signature, arguments, (0, 2, 3))
        first = arguments[1]
        n_factors = _length(context, builder, signature, arguments, 3, axis=1)
        n_chosen = _length(context, builder, signature, arguments, 2)
        at_panel = _line(builder, at_lines, first)
        panel = [_load(builder, at_panel, ir.Constant(first.type, f)) for f in range(LANES)]
        for lane, segment in enumerate(_transpose(builder, panel)):
            place = ir.Constant(first.type, lane)
            with builder.if_then(builder.icmp_signed("<", place, n_chosen)):
                row = builder.load(builder.gep(at_chosen, [place]))
                at_row = builder.gep(at_rows, [builder.add(builder.mul(row, n_factors), first)])
                _store(builder, at_row, ir.Constant(first.type, 0), segment)
        return context.get_dummy_value()

    return types.void(lines, first, chosen, rows), generate


@intrinsic
def transposed(_context, roots, chosen, j, other, first, lines, line, apart):
    """See `lanes.lay_out_factors`."""

    def generate(context, builder, signature, arguments):
        at_roots, at_chosen, at_other, at_lines = _pointers(context, builder, signature, arguments, (0, 1, 3, 5))
        j, first, line, apart = (arguments[place] for place in (2, 4, 6, 7))
        n_factors = _length(context, builder, signature, arguments, 3, axis=1)
        starts = _starts(builder, at_chosen, j, at_other, n_factors)
        rows = [_load(builder, builder.gep(start, [first]), ir.Constant(j.type, 0)) for start in starts]
        roots_line = _load(builder, at_roots, j)
        for f, factor in enumerate(_transpose(builder, rows)):
            place = builder.add(line, builder.mul(apart, ir.Constant(apart.type, f)))
            _store(builder, at_lines, place, builder.fmul(factor, roots_line))
        return context.get_dummy_value()

    return types.void(roots, chosen, j, other, first, lines, line, apart), generate


@intrinsic
def prefetch(_context, chosen, j, other):
    """See `lanes.fetch_ahead`."""

    def generate(context, builder, signature, arguments):
        at_chosen, at_other = _pointers(context, builder, signature, arguments, (0, 2))
        n_factors = _length(context, builder, signature, arguments, 2, axis=1)
        n_lines = builder.sdiv(n_factors, ir.Constant(n_factors.type, LANES))
        address, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [address, flag, flag, flag]), "llvm.prefetch.p0"
        )
        hints = [ir.Constant(flag, value) for value in (0, 3, 1)]  # to read, to keep, data
        starts = _starts(builder, at_chosen, arguments[1], at_other, n_factors)
        with cgutils.for_range(builder, n_lines) as loop:
            for start in starts:
                line = builder.bitcast(_line(builder, start, loop.index), address)
                builder.call(prefetch, [line, *hints])
        return context.get_dummy_value()

    return types.void(chosen, j, other), generate


def _starts(builder, at_chosen, j, at_other, n_factors):
    """Address the rows chosen[j] of a matrix with so many columns, one per lane."""
    at_line = _line(builder, at_chosen, j)
    rows = [builder.load(builder.gep(at_line, [ir.Constant(j.type, lane)])) for lane in range(LANES)]
    return [builder.gep(at_other, [builder.mul(row, n_factors)]) for row in rows]


def _transpose(builder, rows):
    """Turn sixteen vectors into their transpose: swap the halves, quarters, … of pairs of them."""
    for distance in (1, 2, 4, 8):
        swapped = list(rows)
        for i in range(LANES):
            if not i & distance:
                pair = rows[i], rows[i + distance]
                upper = [j if not j & distance else LANES + j - distance for j in range(LANES)]
                lower = [j + distance if not j & distance else LANES + j for j in range(LANES)]
                swapped[i], swapped[i + distance] = (_shuffled(builder, *pair, order) for order in (upper, lower))
        rows = swapped
    return rows


def _shuffled(builder, first, second, order):
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order))


def _pointers(context, builder, signature, arguments, places):
    """Address the first element of some of the arguments, which are contiguous arrays."""
    arrays = (context.make_array(signature.args[place])(context, builder, arguments[place]) for place in places)
    return [array.data for array in arrays]


def _length(context, builder, signature, arguments, place, axis=0):
    array = context.make_array(signature.args[place])(context, builder, arguments[place])
    return cgutils.unpack_tuple(builder, array.shape)[axis]


def _line(builder, pointer, index):
    return builder.gep(pointer, [builder.mul(index, ir.Constant(index.type, LANES))])


def _load(builder, pointer, index):
    line = builder.load(builder.bitcast(_line(builder, pointer, index), _VECTOR.as_pointer()))
    line.align = 4
    return line


def _store(builder, pointer, index, line):
    builder.store(line, builder.bitcast(_line(builder, pointer, index), _VECTOR.as_pointer())).align = 4


def _fused(builder, first, second, third):
    """first · second + third in one instruction."""
    fma = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fma.v{LANES}f32"
    )
    return builder.call(fma, [first, second, third])


def _greater(builder, first, second):
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)


def _any(builder, mask):
    bits = ir.IntType(LANES)
    return builder.icmp_unsigned("!=", builder.bitcast(mask, bits), ir.Constant(bits, 0))


def _in_all_lanes(builder, scalar):
    unset = ir.Constant(_VECTOR, ir.Undefined)
    alone = builder.insert_element(unset, scalar, ir.Constant(ir.IntType(32), 0))
    return _shuffled(builder, alone, unset, [0] * LANES)


def _sum(builder, n, start, add_one):
    """Return start plus all terms 0 … n − 1, where ``add_one(j, so_far)`` adds the j-th.

    Which terms are added first does not depend on n, so that zeros behind a short row leave its sum as it is.
    """
    unrolled = builder.and_(n, ir.Constant(n.type, -_UNROLL))
    nothing = ir.Constant(_VECTOR, [0.0] * LANES)
    parts = _loop(builder, ir.Constant(n.type, 0), unrolled, [start] + [nothing] * (_UNROLL - 1), add_one)
    for part in range(_UNROLL - 1):  # the last terms, of which there may be none
        term, one = builder.add(unrolled, ir.Constant(n.type, part)), ir.Constant(n.type, 1)
        end = builder.select(builder.icmp_signed("<", term, n), builder.add(term, one), term)
        parts[part] = _loop(builder, term, end, [parts[part]], add_one)[0]
    while len(parts) > 1:
        parts = [builder.fadd(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _loop(builder, first, last, starts, add_one):
    """Loop from `first` to `last`, each time adding as many consecutive terms as there are sums; return the sums."""

    def add_each(index, sums):
        terms = [builder.add(index, ir.Constant(first.type, term)) for term in range(len(sums))]
        return [add_one(term, so_far) for term, so_far in zip(terms, sums, strict=True)]

    return _repeat(builder, first, last, len(starts), starts, add_each)


def _repeat(builder, first, last, step, starts, advance):
    """Loop from `first` to `last` in steps, carrying vectors along: ``advance(index, vectors)`` gives the new ones."""
    before, head, body, after = builder.block, *(builder.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    index, vectors = builder.phi(first.type), [builder.phi(_VECTOR) for _ in starts]
    builder.cbranch(builder.icmp_signed("<", index, last), body, after)
    builder.position_at_end(body)
    new = [builder.add(index, ir.Constant(first.type, step)), *advance(index, vectors)]
    builder.branch(head)
    for phi, start, end in zip([index, *vectors], [first, *starts], new, strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(end, body)
    builder.position_at_end(after)
    return vectors
