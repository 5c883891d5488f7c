"""Arithmetic on sixteen rows in lockstep, each in its own lane of a vector register.

A *lane array* is float32, (n, LANES): its lines are vectors, and nothing here ever mixes lanes. Numba turns loops over
lanes into scalar code, so the inner loops of the solver are spelt out in LLVM's vector instructions, which it
maps to whatever the processor has. The plain Python definitions say what they compute, and run where the JIT is off.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable

LANES = 16

_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_UNROLL = 4  # independent sums, since one fused multiply-add takes four cycles to come out


def add_products(lines, first, others, total):
    """total += Σ_j lines[first + j] · others[j], for lane arrays `lines` and `others` and one line `total`."""
    total += np.einsum("jl,jl->l", lines[first : first + len(others)], others)


def descend(f, lines, residuals, shared, ridge, pull, floor, steps, x, largest):
    """Minimise over factor f of sixteen rows x at once: a step of coordinate descent.

    Minus half the derivative along x[f] is Σ_j lines[f n + j] · residuals[j] + pull[f] − Σ_g shared[f, g] x[g] − ridge
    x[f]; steps[f] holds the inverse of half the curvature. x, residuals and the largest change are updated.
    """
    n = len(residuals)
    slope = pull[f] - ridge * x[f] - shared[f] @ x + np.einsum("jl,jl->l", lines[f * n : f * n + n], residuals)
    change = np.maximum(x[f] + slope * steps[f], floor) - x[f]
    x[f] += change
    largest[:] = np.maximum(largest, np.abs(change))
    residuals -= change * lines[f * n : f * n + n]


def subtract_multiples(factor, lines, first, others):
    """others[j] −= factor · lines[first + j] for all j; `factor` is one line."""
    others -= factor * lines[first : first + len(others)]


def lay_out_factors(roots, chosen, j, other, first, lines, line, apart):
    """lines[line + apart · f, lane] = roots[j, lane] · other[chosen[j, lane], first + f], for f = 0 … LANES − 1."""
    for f in range(LANES):
        lines[line + apart * f] = roots[j] * other[chosen[j], first + f]


def fetch_ahead(chosen, j, other):
    """Ask the memory for the rows chosen[j] of `other`, which are needed soon; there is nothing to compute."""


@overload(add_products)
def _add_products(lines, first, others, total):
    return lambda lines, first, others, total: _products(lines, first, others, total)


@overload(descend)
def _descend(f, lines, residuals, shared, ridge, pull, floor, steps, x, largest):
    return lambda f, lines, residuals, shared, ridge, pull, floor, steps, x, largest: _step(
        f, lines, residuals, shared, ridge, pull, floor, steps, x, largest
    )


@overload(subtract_multiples)
def _subtract_multiples(factor, lines, first, others):
    return lambda factor, lines, first, others: _multiples(factor, lines, first, others)


@overload(fetch_ahead)
def _fetch_ahead(chosen, j, other):
    return lambda chosen, j, other: _prefetch(chosen, j, other)


@overload(lay_out_factors)
def _lay_out_factors(roots, chosen, j, other, first, lines, line, apart):
    return lambda roots, chosen, j, other, first, lines, line, apart: _transposed(
        roots, chosen, j, other, first, lines, line, apart
    )


@intrinsic
def _products(_context, lines, first, others, total):
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
def _step(_context, f, lines, residuals, shared, ridge, pull, floor, steps, x, largest):
    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_shared, at_ridge, at_pull, at_steps, at_x, at_largest = _pointers(
            context, builder, signature, arguments, (1, 2, 3, 4, 5, 7, 8, 9)
        )
        f, n, n_factors = arguments[0], *(_length(context, builder, signature, arguments, at) for at in (2, 8))
        at_lines = _line(builder, at_lines, builder.mul(f, n))
        at_shared = builder.gep(at_shared, [builder.mul(f, n_factors)])
        zero, now = ir.Constant(f.type, 0), _load(builder, at_x, f)

        def add_product(j, so_far):
            return _fused(builder, _load(builder, at_lines, j), _load(builder, at_residuals, j), so_far)

        def subtract_shared(g, so_far):
            weight = builder.fneg(builder.load(builder.gep(at_shared, [g])))
            return _fused(builder, _in_all_lanes(builder, weight), _load(builder, at_x, g), so_far)

        minus_ridge = builder.fneg(_load(builder, at_ridge, zero))
        slope = _fused(builder, minus_ridge, now, _load(builder, at_pull, f))
        slope = _sum(builder, n_factors, slope, subtract_shared)
        slope = _sum(builder, n, slope, add_product)
        least = _in_all_lanes(builder, arguments[6])
        new = _greater(builder, _fused(builder, slope, _load(builder, at_steps, f), now), least)
        change = builder.fsub(new, now)
        minus = builder.fneg(change)
        _store(builder, at_x, f, new)
        moved = _greater(builder, change, minus)
        _store(builder, at_largest, zero, _greater(builder, moved, _load(builder, at_largest, zero)))
        with (
            builder.if_then(_any(builder, builder.fcmp_unordered("!=", new, now))),
            cgutils.for_range(builder, n) as loop,
        ):
            line, residual = (_load(builder, at, loop.index) for at in (at_lines, at_residuals))
            _store(builder, at_residuals, loop.index, _fused(builder, minus, line, residual))
        return context.get_dummy_value()

    return types.void(f, lines, residuals, shared, ridge, pull, floor, steps, x, largest), generate


@intrinsic
def _multiples(_context, factor, lines, first, others):
    def generate(context, builder, signature, arguments):
        at_factor, at_lines, at_others = _pointers(context, builder, signature, arguments, (0, 1, 3))
        at_lines = _line(builder, at_lines, arguments[2])
        n = _length(context, builder, signature, arguments, 3)
        minus = builder.fneg(_load(builder, at_factor, ir.Constant(n.type, 0)))
        with cgutils.for_range(builder, n) as loop:
            line, other = (_load(builder, at, loop.index) for at in (at_lines, at_others))
            _store(builder, at_others, loop.index, _fused(builder, minus, line, other))
        return context.get_dummy_value()

    return types.void(factor, lines, first, others), generate


@intrinsic
def _transposed(_context, roots, chosen, j, other, first, lines, line, apart):
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
def _prefetch(_context, chosen, j, other):
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
    before, head, body, after = builder.block, *(builder.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    index, sums = builder.phi(first.type), [builder.phi(_VECTOR) for _ in starts]
    builder.cbranch(builder.icmp_signed("<", index, last), body, after)
    builder.position_at_end(body)
    terms = [builder.add(index, ir.Constant(first.type, term)) for term in range(len(sums) + 1)]
    new = [add_one(term, so_far) for term, so_far in zip(terms, sums, strict=False)]
    builder.branch(head)
    for phi, start, end in zip([index, *sums], [first, *starts], [terms[-1], *new], strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(end, body)
    builder.position_at_end(after)
    return sums
