"""The vector instructions behind `deepcuts.kernels.lanes`, in LLVM, which maps them to whatever the processor has.

Each function is the compiled form of the one that `lanes` overloads with it, and is defined there in plain Python.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
BLOCK = 4  # factors that move one after the other before the residuals follow
COUPLED = tuple((f, g) for f in range(BLOCK) for g in range(f + 1, BLOCK))  # pairs of these factors

_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_QUARTER = ir.VectorType(ir.FloatType(), BLOCK)
_CACHE_LINE = 64  # bytes that the memory gives at once
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
def projected(_context, lines, residuals, sums):
    """See `lanes.project`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_sums = _pointers(context, builder, signature, arguments, (0, 1, 2))
        n = _length(context, builder, signature, arguments, 1)

        def add_pair(j, so_far):
            residual = _load(builder, at_residuals, j)
            return _each(builder, _load_block(builder, at_lines, j), residual, so_far)

        _store_block(builder, at_sums, n.type(0), _repeat(builder, n.type(0), n, 1, [_nothing()] * BLOCK, add_pair))
        return context.get_dummy_value()

    return types.void(lines, residuals, sums), generate


@intrinsic
def coupled(_context, block, lines, x, shared, ridge, residuals, steps, couplings):
    """See `lanes.couple`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_x, at_shared, at_ridge, at_residuals, at_steps, at_couplings = _pointers(
            context, builder, signature, arguments, (1, 2, 3, 4, 5, 6, 7)
        )
        block, n = arguments[0], _length(context, builder, signature, arguments, 5)
        at_here = _line(builder, at_lines, builder.mul(block, builder.mul(n, n.type(BLOCK))))
        minus = [builder.fneg(line) for line in _load_block(builder, at_x, block)]
        both = [*((i, i) for i in range(BLOCK)), *COUPLED]

        def take_pair(j, sums):
            pair, residual = _load_block(builder, at_here, j), _load(builder, at_residuals, j)
            for line, factor in zip(pair, minus, strict=True):
                residual = _fused(builder, line, factor, residual)
            _store(builder, at_residuals, j, residual)
            return [_fused(builder, pair[f], pair[g], so_far) for (f, g), so_far in zip(both, sums, strict=True)]

        sums = _repeat(builder, n.type(0), n, 1, [_nothing()] * len(both), take_pair)
        n_wide = _length(context, builder, signature, arguments, 3, axis=1)
        at_first = builder.gep(
            at_shared, [builder.mul(builder.mul(block, n.type(BLOCK)), builder.add(n_wide, n.type(BLOCK)))]
        )
        own, one = _load(builder, at_ridge, n.type(0)), ir.Constant(_VECTOR, [1.0] * LANES)
        for place, ((f, g), of_pairs) in enumerate(zip(both, sums, strict=True)):
            weight = builder.load(builder.gep(at_first, [n.type(BLOCK * f + g)]))
            curvature = builder.fadd(of_pairs, _in_all_lanes(builder, weight))
            if f == g:
                total = builder.fadd(curvature, own)
                positive = builder.fcmp_ordered(">", total, _nothing())
                inverse = builder.select(positive, builder.fdiv(one, total), _nothing())
                _store(builder, at_steps, _within(builder, block, BLOCK, f), inverse)
            else:
                at = _within(builder, block, len(COUPLED), place - BLOCK)
                _store(builder, at_couplings, at, curvature)
        return context.get_dummy_value()

    return types.void(block, lines, x, shared, ridge, residuals, steps, couplings), generate


@intrinsic
def step(_context, block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest):
    """See `lanes.descend`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_residuals, at_shared, at_couplings, at_ridge, at_pull, at_steps, at_x, at_sums, at_largest = (
            _pointers(context, builder, signature, arguments, (1, 2, 3, 4, 5, 6, 8, 9, 10, 11))
        )
        block, n, n_wide = arguments[0], *(_length(context, builder, signature, arguments, at) for at in (2, 9))
        zero, size = n.type(0), n.type(BLOCK)
        at_weights = builder.gep(at_shared, [builder.mul(builder.mul(block, n_wide), size)])

        slopes = [
            builder.fadd(_load(builder, at_sums, zero.type(f)), line)
            for f, line in enumerate(_load_block(builder, at_pull, block))
        ]
        slopes = _subtract_shared(builder, at_weights, at_x, n_wide, slopes)
        own, least = _load(builder, at_ridge, zero), _in_all_lanes(builder, arguments[7])
        most_moved, most = (_load(builder, at_largest, zero.type(place)) for place in range(2))
        minus: list[ir.Value] = []
        for f in range(BLOCK):
            place = _within(builder, block, BLOCK, f)
            now = _load(builder, at_x, place)
            for g in range(f):
                at = _within(builder, block, len(COUPLED), COUPLED.index((g, f)))
                slopes[f] = _fused(builder, minus[g], _load(builder, at_couplings, at), slopes[f])
            slope = _fused(builder, builder.fneg(own), now, slopes[f])
            new = _greater(builder, _fused(builder, slope, _load(builder, at_steps, place), now), least)
            _store(builder, at_x, place, new)
            minus.append(builder.fsub(now, new))
            most_moved = _greater(builder, _size(builder, minus[f]), most_moved)
            most = _greater(builder, _size(builder, new), most)
        _store(builder, at_largest, zero, most_moved)
        _store(builder, at_largest, zero.type(1), most)

        after = builder.add(block, zero.type(1))
        more = builder.icmp_signed("<", builder.mul(after, size), n_wide)
        following = builder.select(more, after, zero)
        at_here, at_next = (
            _line(builder, at_lines, builder.mul(which, builder.mul(n, size))) for which in (block, following)
        )

        def follow(j, so_far):
            residual = _load(builder, at_residuals, j)
            for line, change in zip(_load_block(builder, at_here, j), minus, strict=True):
                residual = _fused(builder, line, change, residual)
            _store(builder, at_residuals, j, residual)
            return _each(builder, _load_block(builder, at_next, j), residual, so_far)

        _store_block(builder, at_sums, zero, _repeat(builder, zero, n, 1, [_nothing()] * BLOCK, follow))
        return context.get_dummy_value()

    signature = types.void(block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest)
    return signature, generate


@intrinsic
def scattered(_context, lines, first, starts, numbers):
    """See `lanes.give_back_block`."""

    def generate(context, builder, signature, arguments):
        at_lines, at_starts, at_numbers = _pointers(context, builder, signature, arguments, (0, 2, 3))
        first = arguments[1]
        rows = _rows(builder, at_starts, first.type(0), at_numbers)
        factors = [_load(builder, at_lines, builder.add(first, first.type(f))) for f in range(BLOCK)]
        for i, rows_of in enumerate(_transpose(builder, factors)):
            for quarter in range(LANES // BLOCK):
                part = _shuffled(builder, rows_of, rows_of, range(BLOCK * quarter, BLOCK * quarter + BLOCK))
                at_row = builder.gep(rows[BLOCK * quarter + i], [first])
                builder.store(part, builder.bitcast(at_row, _QUARTER.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(lines, first, starts, numbers), generate


@intrinsic
def transposed(_context, roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart):
    """See `lanes.lay_out_blocks`."""

    def generate(context, builder, signature, arguments):
        at_roots, at_starts, at_numbers, at_lines = _pointers(context, builder, signature, arguments, (0, 1, 4, 6))
        j, later, n_blocks, line, apart, blocks_apart = (arguments[place] for place in (2, 3, 5, 7, 8, 9))
        rows, roots_line = _rows(builder, at_starts, j, at_numbers), _load(builder, at_roots, j)
        at_later = _line(builder, at_starts, later)

        def lay_out(block, _):
            _fetch_quarter(builder, at_later, at_numbers, block)
            quarters = []
            for row in rows:
                at_quarter = builder.gep(row, [_within(builder, block, BLOCK, 0)])
                quarters.append(builder.load(builder.bitcast(at_quarter, _QUARTER.as_pointer())))
                quarters[-1].align = 4
            at_block = builder.add(line, builder.mul(block, blocks_apart))
            for f, factor in enumerate(
                _transpose(builder, [_joined(builder, quarters[i::BLOCK]) for i in range(BLOCK)])
            ):
                place = builder.add(at_block, builder.mul(apart, apart.type(f)))
                _store(builder, at_lines, place, builder.fmul(factor, roots_line))
            return []

        _repeat(builder, n_blocks.type(0), n_blocks, 1, [], lay_out)
        return context.get_dummy_value()

    return types.void(roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart), generate


@intrinsic
def prefetch(_context, array, first, last):
    """See `lanes.fetch_ahead`."""

    def generate(context, builder, signature, arguments):
        (at_array,) = _pointers(context, builder, signature, arguments, (0,))
        first, last = arguments[1:]
        in_a_line = first.type(_CACHE_LINE * 8 // signature.args[0].dtype.bitwidth)
        with cgutils.for_range_slice(builder, first, last, in_a_line) as (place, _):
            _fetch(builder, builder.gep(at_array, [place]))
        return context.get_dummy_value()

    return types.void(array, first, last), generate


def _fetch_quarter(builder, at_starts, at_numbers, block):
    """Fetch for a quarter of the lanes the cache line that has a block: for all of them in as many blocks as it has."""
    n_quarters = block.type(LANES // BLOCK)
    in_row = builder.mul(builder.sdiv(block, n_quarters), block.type(LANES))
    quarter = builder.srem(block, n_quarters)
    for i in range(BLOCK):
        start = builder.load(builder.gep(at_starts, [_within(builder, quarter, BLOCK, i)]))
        _fetch(builder, builder.gep(at_numbers, [builder.add(start, in_row)]))


def _fetch(builder, pointer):
    address, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    prefetch = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [address, flag, flag, flag]), "llvm.prefetch.p0"
    )
    hints = [ir.Constant(flag, value) for value in (0, 3, 1)]  # to read, to keep, data
    builder.call(prefetch, [builder.bitcast(pointer, address), *hints])


def _subtract_shared(builder, at_weights, at_x, n_wide, slopes):
    """Take Σ_g S_fg x[g] from the slopes of a block, whose weights lie four by four: sums of even g and of odd."""

    def subtract_two(g, sums):
        parts = []
        for place in range(2):
            at = builder.add(g, g.type(place))
            line, at_row = (
                builder.fneg(_load(builder, at_x, at)),
                builder.gep(at_weights, [_within(builder, at, BLOCK, 0)]),
            )
            weights = [builder.load(builder.gep(at_row, [g.type(i)])) for i in range(BLOCK)]
            lines = [_in_all_lanes(builder, weight) for weight in weights]
            parts += _each(builder, lines, line, sums[BLOCK * place : BLOCK * place + BLOCK])
        return parts

    sums = _repeat(builder, n_wide.type(0), n_wide, 2, [*slopes, *[_nothing()] * BLOCK], subtract_two)
    return [builder.fadd(one, other) for one, other in zip(sums[:BLOCK], sums[BLOCK:], strict=True)]


def _rows(builder, at_starts, j, at_numbers):
    """Address the rows that start at starts[j], one per lane."""
    at_line = _line(builder, at_starts, j)
    starts = [builder.load(builder.gep(at_line, [ir.Constant(j.type, lane)])) for lane in range(LANES)]
    return [builder.gep(at_numbers, [start]) for start in starts]


def _transpose(builder, vectors):
    """Turn four vectors into their transpose within each quarter: the i-th of the new ones has the i-th of each."""
    first, second, third, fourth = vectors
    low, high = (_interleaved(builder, *pair) for pair in ((first, third), (second, fourth)))
    return [line for pair in zip(low, high, strict=True) for line in _interleaved(builder, *pair)]


def _interleaved(builder, first, second):
    """Take turns between two vectors, within each quarter: its lower halves, and its upper ones."""
    return [
        _shuffled(
            builder,
            first,
            second,
            [
                quarter + half + place + other
                for quarter in range(0, LANES, BLOCK)
                for place in range(BLOCK // 2)
                for other in (0, LANES)
            ],
        )
        for half in (0, BLOCK // 2)
    ]


def _joined(builder, vectors):
    """Put vectors one behind the other."""
    while len(vectors) > 1:
        n = vectors[0].type.count
        vectors = [_shuffled(builder, *pair, range(2 * n)) for pair in zip(vectors[::2], vectors[1::2], strict=True)]
    return vectors[0]


def _shuffled(builder, first, second, order):
    order = list(order)
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


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


def _load_block(builder, pointer, index):
    return [_load(builder, pointer, _within(builder, index, BLOCK, i)) for i in range(BLOCK)]


def _store_block(builder, pointer, index, lines):
    for i, line in enumerate(lines):
        _store(builder, pointer, _within(builder, index, BLOCK, i), line)


def _within(builder, index, size, place):
    """Which line is the one at some place in a group of so many lines."""
    return builder.add(builder.mul(index, index.type(size)), index.type(place))


def _nothing():
    return ir.Constant(_VECTOR, [0.0] * LANES)


def _each(builder, lines, factor, sums):
    """Add the product of each line with one factor to its sum."""
    return [_fused(builder, line, factor, so_far) for line, so_far in zip(lines, sums, strict=True)]


def _fused(builder, first, second, third):
    """first · second + third in one instruction."""
    fma = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fma.v{LANES}f32"
    )
    return builder.call(fma, [first, second, third])


def _greater(builder, first, second):
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)


def _size(builder, vector):
    return _greater(builder, vector, builder.fneg(vector))


def _in_all_lanes(builder, scalar):
    unset = ir.Constant(_VECTOR, ir.Undefined)
    alone = builder.insert_element(unset, scalar, ir.Constant(ir.IntType(32), 0))
    return _shuffled(builder, alone, unset, [0] * LANES)


def _sum(builder, n, start, add_one):
    """Return start plus all terms 0 … n − 1, where ``add_one(j, so_far)`` adds the j-th.

    Which terms are added first does not depend on n, so that zeros behind a short row leave its sum as it is.
    """
    unrolled = builder.and_(n, ir.Constant(n.type, -_UNROLL))
    parts = _loop(builder, n.type(0), unrolled, [start] + [_nothing()] * (_UNROLL - 1), add_one)
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
