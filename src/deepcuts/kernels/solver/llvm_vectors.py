"""Vectors of sixteen numbers in LLVM: addresses, loads and stores, sums, transposing, loops that carry them along."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils

LANES = 16
BLOCK = 4  # factors that move one after the other before the residuals follow
CACHE_LINE = 64  # bytes that the memory gives at once
VECTOR = ir.VectorType(ir.FloatType(), LANES)
QUARTER = ir.VectorType(ir.FloatType(), BLOCK)
_UNROLL = 4  # independent sums, since one fused multiply-add takes four cycles to come out


def fetch(builder, pointer):
    """Ask the memory for what a pointer points to."""
    address, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    prefetch = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [address, flag, flag, flag]), "llvm.prefetch.p0"
    )
    hints = [ir.Constant(flag, value) for value in (0, 3, 1)]  # to read, to keep, data
    builder.call(prefetch, [builder.bitcast(pointer, address), *hints])


def transpose(builder, vectors):
    """Turn four vectors into their transpose within each quarter: the i-th of the new ones has the i-th of each."""
    first, second, third, fourth = vectors
    low, high = (_interleaved(builder, *pair) for pair in ((first, third), (second, fourth)))
    return [line for pair in zip(low, high, strict=True) for line in _interleaved(builder, *pair)]


def _interleaved(builder, first, second):
    """Alternate between two vectors, within each quarter: the lower halves of it, and the upper ones."""
    return [
        shuffled(
            builder,
            first,
            second,
            [
                quarter + half + offset + other
                for quarter in range(0, LANES, BLOCK)
                for offset in range(BLOCK // 2)
                for other in (0, LANES)
            ],
        )
        for half in (0, BLOCK // 2)
    ]


def joined(builder, vectors):
    """Put vectors one behind the other."""
    while len(vectors) > 1:
        n = vectors[0].type.count
        vectors = [shuffled(builder, *pair, range(2 * n)) for pair in zip(vectors[::2], vectors[1::2], strict=True)]
    return vectors[0]


def shuffled(builder, first, second, order):
    """Choose numbers of two vectors, those of the second counted on from the first."""
    order = list(order)
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


class _Fields:
    """A NamedTuple whose fields are opened where they are asked for; all others would be instructions to compile."""

    def __init__(self, context, builder, kind, value):
        self._context, self._builder, self._kind, self._value = context, builder, kind, value

    def __getattr__(self, name):
        index = self._kind.fields.index(name)
        value = self._builder.extract_value(self._value, index)
        return _opened(self._context, self._builder, self._kind[index], value)


def opened(context, builder, kinds, arguments):
    """Make arguments usable: arrays have `.data` and `.shape`, a NamedTuple has its fields, numbers stay numbers."""
    return [_opened(context, builder, kind, argument) for kind, argument in zip(kinds, arguments, strict=True)]


def _opened(context, builder, kind, value):
    if isinstance(kind, types.Array):
        return context.make_array(kind)(context, builder, value)
    if isinstance(kind, types.BaseNamedTuple):
        return _Fields(context, builder, kind, value)
    return value


def length(builder, array, axis=0):
    """How long an opened array is along an axis."""
    return cgutils.unpack_tuple(builder, array.shape)[axis]


def line_at(builder, pointer, index):
    """Address a line of a lane array."""
    return builder.gep(pointer, [builder.mul(index, ir.Constant(index.type, LANES))])


def load(builder, pointer, index):
    """Read a line."""
    line = builder.load(builder.bitcast(line_at(builder, pointer, index), VECTOR.as_pointer()))
    line.align = 4  # NumPy aligns to numbers: LLVM would take a whole vector's alignment for granted, and crash
    return line


def store(builder, pointer, index, line):
    """Write a line."""
    builder.store(line, builder.bitcast(line_at(builder, pointer, index), VECTOR.as_pointer())).align = 4


def load_block(builder, pointer, index):
    """Read the lines of a block."""
    return [load(builder, pointer, within(builder, index, BLOCK, i)) for i in range(BLOCK)]


def store_block(builder, pointer, index, lines):
    """Write the lines of a block."""
    for i, line in enumerate(lines):
        store(builder, pointer, within(builder, index, BLOCK, i), line)


def within(builder, index, size, offset):
    """Number of the line that is `offset` lines into a group of `size` lines."""
    return builder.add(builder.mul(index, index.type(size)), index.type(offset))


def nothing():
    """Make a vector of zeros."""
    return ir.Constant(VECTOR, [0.0] * LANES)


def add_multiples(builder, lines, factor, sums):
    """Add the product of each line with one factor to its sum."""
    return [fused(builder, line, factor, so_far) for line, so_far in zip(lines, sums, strict=True)]


def fused(builder, first, second, third):
    """first · second + third in one instruction."""
    fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fma.v{LANES}f32")
    return builder.call(fma, [first, second, third])


def greater(builder, first, second):
    """Take the greater number in every lane."""
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)


def magnitude(builder, vector):
    """Take every number without its sign."""
    return greater(builder, vector, builder.fneg(vector))


def in_all_lanes(builder, scalar):
    """Put one number into every lane."""
    unset = ir.Constant(VECTOR, ir.Undefined)
    alone = builder.insert_element(unset, scalar, ir.Constant(ir.IntType(32), 0))
    return shuffled(builder, alone, unset, [0] * LANES)


def sum_terms(builder, n, start, add_one):
    """Return start plus all terms 0 … n − 1, where ``add_one(j, so_far)`` adds the j-th.

    Which terms are added first does not depend on n, so that zeros behind a short row leave its sum as it is.
    """
    unrolled = builder.and_(n, ir.Constant(n.type, -_UNROLL))  # n, rounded down to a multiple of _UNROLL
    parts = _loop(builder, n.type(0), unrolled, [start] + [nothing()] * (_UNROLL - 1), add_one)
    for part in range(_UNROLL - 1):  # the last terms, of which there may be none
        term, one = builder.add(unrolled, ir.Constant(n.type, part)), ir.Constant(n.type, 1)
        end = builder.select(builder.icmp_signed("<", term, n), builder.add(term, one), term)
        parts[part] = _loop(builder, term, end, [parts[part]], add_one)[0]
    while len(parts) > 1:
        parts = [builder.fadd(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _loop(builder, first, last, starts, add_one):
    """Loop from `first` to `last`, each time adding as many consecutive terms as there are sums; return the sums."""

    def add_consecutive(index, sums):
        terms = [builder.add(index, ir.Constant(first.type, term)) for term in range(len(sums))]
        return [add_one(term, so_far) for term, so_far in zip(terms, sums, strict=True)]

    return repeat(builder, first, last, len(starts), starts, add_consecutive)


def repeat(builder, first, last, step, starts, advance):
    """Loop from `first` to `last` in steps, carrying vectors along: ``advance(index, vectors)`` gives the new ones."""
    before, head, body, after = builder.block, *(builder.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    index, vectors = builder.phi(first.type), [builder.phi(VECTOR) for _ in starts]
    builder.cbranch(builder.icmp_signed("<", index, last), body, after)
    builder.position_at_end(body)
    new = [builder.add(index, ir.Constant(first.type, step)), *advance(index, vectors)]
    builder.branch(head)
    for phi, start, end in zip([index, *vectors], [first, *starts], new, strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(end, body)
    builder.position_at_end(after)
    return vectors
