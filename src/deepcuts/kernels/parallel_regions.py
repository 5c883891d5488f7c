"""A guard at the entry of parallel loops: they may be entered after a fork, and from several threads at a time.

Compiled kernels enter a parallel loop through the symbol ``numba_parallel_for`` of Numba's threading layer. GNU OpenMP
ends a forked process there, and the work-queue layer ends one in which two threads are there at once. The guard takes
the symbol's place. It runs the loop in the calling thread alone, by the same machine code and thus with the same
results,

* if one thread was asked for,
* in a process that was forked after the layer had started its threads, which the fork does not copy,
* if the layer is "workqueue" and another thread is in a parallel loop;

and calls the layer otherwise. The symbol is the process's: parallel kernels of other packages that are compiled later
are guarded as well.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core.compiler_lock import global_compiler_lock
from numba.np.ufunc import parallel

logger = logging.getLogger(__name__)

_SYMBOL = "numba_parallel_for"
_WORD = ir.IntType(8 * ctypes.sizeof(ctypes.c_void_p))
_FLAG = ir.IntType(32)
_POINTER = ir.IntType(8).as_pointer()
_LOOP = ir.FunctionType(ir.VoidType(), [_POINTER] * 4)  # arguments, dimensions, steps, data
_REGION = ir.FunctionType(ir.VoidType(), [_POINTER] * 5 + [_WORD] * 3)  # loop, its four, inner and arrays, threads

_forked = ctypes.c_int32(0)  # read by the guard: whether the layer's threads were left behind
_busy = ctypes.c_int32(0)  # set by the guard while a thread is in a layer that admits one


@functools.cache
def guard_regions() -> None:
    """Start Numba's threading layer, unless it runs, and put the guard before it for all that is linked from now on."""
    parallel._launch_threads()
    admits_one = parallel.threading_layer() == "workqueue"
    module = _guard(llvm.address_of_symbol(_SYMBOL), admits_one)
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), machine)
    engine.finalize_object()
    _engines.append(engine)
    llvm.add_symbol(_SYMBOL, engine.get_function_address("guard"))


_engines: list[llvm.ExecutionEngine] = []  # the machine code of the guard lives as long as its engine


def _guard(layer: int, admits_one: bool) -> ir.Module:
    """Write the guard before the layer's function, given by its address."""
    module = ir.Module("parallel_regions")
    function = ir.Function(module, _REGION, "guard")
    start, ask, threads, alone = (function.append_basic_block(name) for name in ("start", "ask", "threads", "alone"))
    loop, *loop_args = function.args[:5]
    builder = ir.IRBuilder(start)
    forked = builder.icmp_signed("!=", builder.load(_at(builder, _forked)), _FLAG(0))
    single = builder.icmp_signed("<=", function.args[-1], _WORD(1))
    builder.cbranch(builder.or_(forked, single), alone, ask)
    builder.position_at_end(ask)
    if admits_one:
        taken = builder.cmpxchg(_at(builder, _busy), _FLAG(0), _FLAG(1), "acq_rel", "monotonic")
        builder.cbranch(builder.extract_value(taken, 1), threads, alone)
    else:
        builder.branch(threads)
    builder.position_at_end(threads)
    builder.call(builder.inttoptr(_WORD(layer), _REGION.as_pointer()), function.args)
    if admits_one:
        builder.store_atomic(_FLAG(0), _at(builder, _busy), "release", 4)
    builder.ret_void()
    builder.position_at_end(alone)
    builder.call(builder.bitcast(loop, _LOOP.as_pointer()), loop_args)
    builder.ret_void()
    return module


def _at(builder: ir.IRBuilder, flag: ctypes.c_int32) -> ir.Value:
    """Return the address of a flag."""
    return builder.inttoptr(_WORD(ctypes.addressof(flag)), _FLAG.as_pointer())


def _go_on_alone() -> None:
    """Let a forked process run its loops in the calling thread where the threads of the layer were left behind."""
    global_compiler_lock.release()
    if parallel._is_initialized:
        _forked.value = 1
        logger.debug("Kernels run on one thread in this process, as it was forked after they had run on several.")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(  # no thread is in the compiler while the process is copied: its lock would stay taken
        before=global_compiler_lock.acquire, after_in_parent=global_compiler_lock.release, after_in_child=_go_on_alone
    )
