"""Every CUDA kernel, for both dtypes and every supported architecture, compiled without a GPU.

The simulator does not see what this does. NVVM compiles to PTX and nvJitLink assembles that, as the driver would, and
reports registers and spills (`pytest -m slow -rP` prints them). Oracle: the rules of the kernels (no float64 but levels
in a float32 kernel, no contraction where a sum is defined to the last bit) and the architectures' limits.
"""

from __future__ import annotations

import itertools
import re
from contextlib import nullcontext
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="needs numba-cuda")

from swref.kernels.cuda import device as cuda_device

if cuda_device.simulated():
    pytest.skip("the simulator does not compile", allow_module_level=True)

from cuda.bindings import nvjitlink
from numba import cuda, types
from numba.cuda import dispatcher

from swref.kernels.cuda import backend, descent
from swref.kernels.cuda import bodies as cuda_bodies
from swref.kernels.cuda import elements as cuda_elements
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import network as cuda_network
from swref.kernels.cuda import origin as cuda_origin
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda import tiles as cuda_tiles
from swref.kernels.cuda.equal import shared_bytes
from swref.kernels.cuda.job import LIMITS
from swref.kernels.cuda.launch import number_type, type_of
from swref.kernels.cuda.place import Torch
from swref.sliced import WRT

pytestmark = pytest.mark.slow

ARCHITECTURES = ((7, 5), (8, 0), (9, 0), (12, 0))
REGISTERS = 65536  # of a multiprocessor, on every architecture
FLOATS = {"float32": types.float32, "float64": types.float64}
BITS = {"int32": types.int32, "int64": types.int64}
INTEGER, LEVEL, FLAG = types.int64, types.float64, types.boolean


def array(dtype: types.Type, ndim: int) -> types.Array:
    return types.Array(dtype, ndim, "C")


def bits(T: types.Type) -> types.Type:
    """The integers as wide."""
    return types.Integer.from_bitwidth(T.bitwidth, signed=True)


def keys(T: types.Type) -> types.Array:
    """Of floats with their index, of bits of floats without."""
    return array(T if isinstance(T, types.Integer) else INTEGER, 2)


def side(T: types.Type) -> tuple[types.Type, ...]:
    """keys, index mask, projections, levels."""
    return array(INTEGER, 2), INTEGER, array(T, 2), array(LEVEL, 2)


SIGNATURES = {
    cuda_rows.match_rows: lambda T, M, V: (M, M, V, M, INTEGER, FLAG, *4 * (INTEGER,), T, T, M, array(bits(T), 2), V),
    cuda_origin.find_origin: lambda T, M, V: (M, M, V),
    cuda_rows.sort_tiles: lambda T, M, V: (M, INTEGER, INTEGER, keys(T)),
    cuda_rows.merge_tiles: lambda T, M, V: (keys(T), INTEGER, INTEGER, M, keys(T)),
    cuda_rows.sum_rows: lambda T, M, V: (M, INTEGER, T, V),
    cuda_rows.measure_step: lambda T, M, V: (V, V, V, INTEGER, M),
    cuda_rows.accumulate_rows: lambda T, M, V: (M,),
    cuda_rows.count_levels: lambda T, M, V: (array(INTEGER, 2), INTEGER, array(LEVEL, 1), FLAG, array(LEVEL, 2)),
    cuda_rows.centre_rows: lambda T, M, V: (M, array(INTEGER, 2), INTEGER, array(LEVEL, 1), T, M),
    cuda_rows.direction_gradient: lambda T, M, V: (M, M, M, M, V, INTEGER, T, M),
    cuda_elements.fill: lambda T, M, V: (V, T),
    cuda_elements.match_sorted: lambda T, M, V: (*side(T)[:3], array(bits(T), 2), T, T, M),
    cuda_elements.match_quantiles: lambda T, M, V: (*side(T), *side(T), FLAG, LEVEL, T, T, M, M),
    cuda_elements.potential_steps: lambda T, M, V: (*side(T), *side(T), FLAG, LEVEL, LEVEL, T, M),
    cuda_elements.add_directions: lambda T, M, V: (M, M, INTEGER, T, M),
    cuda_network.activate: lambda T, M, V: (M, INTEGER, M),
    cuda_network.chain: lambda T, M, V: (M, M, INTEGER, M),
    cuda_network.contract: lambda T, M, V: (M, M, INTEGER, array(T, 3)),
    cuda_network.add_parts: lambda T, M, V: (M, V),
    cuda_network.descend: lambda T, M, V: (V, V, V, FLAG, V, V),
    cuda_tiles.project: lambda T, M, V: (M, M, V, M, INTEGER, M, M),
    cuda_tiles.add_tiles: lambda T, M, V: (M, M, INTEGER, T, M),
}
THREADS = {  # a block; of others at most LIMITS.threads
    cuda_tiles.project: cuda_tiles.LANES * cuda_tiles.WARPS,
    cuda_rows.match_rows: LIMITS.sorting,
    cuda_rows.sort_tiles: LIMITS.sorting,
}
OF_SEVERAL = {cuda_elements.fill: 0, cuda_rows.sort_tiles: 0, cuda_rows.merge_tiles: 3}  # array of the dtype
CASES = [(kernel, dtype) for kernel in SIGNATURES for dtype in FLOATS]
CASES += [(kernel, dtype) for kernel in (cuda_rows.sort_tiles, cuda_rows.merge_tiles) for dtype in BITS]

# Levels are float64 whatever the points are: in float32 the levels of a few thousand points would coincide, and masses
# vanish beside those before them. They are only moved, added, compared, to within a share of themselves (mul), and
# narrowed to masses. No number of the data is widened: costs, slopes and projections stay float32.
WITH_LEVELS = {
    cuda_rows.count_levels,
    cuda_rows.centre_rows,
    cuda_elements.match_quantiles,
    cuda_elements.potential_steps,
}
ON_LEVELS = re.compile(r"((ld|st|mov|selp|add|sub|min|setp|mul)(\.\w+)?|cvt\.rn\.f32)?\.f64")


# 64-bit divisions: some hundred instructions each. Loops over a block are `while`, for the length of a range is one.
DIVISIONS = {cuda_rows.match_rows: 1, cuda_rows.sum_rows: 1, cuda_rows.accumulate_rows: 2, cuda_rows.count_levels: 2}
INSTRUCTIONS = {cuda_rows.match_rows: 2100, cuda_rows.sort_tiles: 500, cuda_rows.merge_tiles: 450}  # float32, sm_90


class Build(NamedTuple):
    """What a compilation gives: the PTX, and the assembler's report."""

    ptx: str
    registers: int
    stack: int
    spills: int


class AnyDevice:
    """Numba asks the current device for its capability when a kernel calls other functions; the PTX is another's."""

    compute_capability = ARCHITECTURES[0]


def build(kernel: object, signature: tuple[types.Type, ...], capability: tuple[int, int]) -> Build:
    """Compile and assemble for one architecture."""
    bounds = kernel.targetoptions.get("launch_bounds")
    ptx, _ = cuda.compile_ptx(kernel.py_func, signature, cc=capability, launch_bounds=bounds)
    architecture = "".join(map(str, capability))
    linker = nvjitlink.create(2, [f"-arch=sm_{architecture}", "-verbose"])
    try:
        nvjitlink.add_data(linker, nvjitlink.InputType.PTX, ptx.encode(), len(ptx.encode()), "kernel.ptx")
        nvjitlink.complete(linker)
        log = bytearray(nvjitlink.get_info_log_size(linker))
        nvjitlink.get_info_log(linker, log)
    finally:
        nvjitlink.destroy(linker)
    return Build(ptx, *report(log.decode()))


def report(log: str) -> tuple[int, int, int]:
    """Registers, bytes of stack, bytes of spills."""
    registers = re.search(r"Used (\d+) registers", log)
    frames = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", log)
    assert registers is not None, log
    assert frames, log  # of the kernel and of what it calls
    stack, stores, loads = (sum(map(int, numbers)) for numbers in zip(*frames, strict=True))
    return int(registers.group(1)), stack, stores + loads


def float64_in(ptx: str) -> set[str]:
    """The instructions on float64 in it, and its registers."""
    return set(re.findall(r"\S*\.f64\S*", ptx))


@pytest.fixture(autouse=True)
def _no_gpu_needed(monkeypatch):
    monkeypatch.setattr(dispatcher, "get_current_device", AnyDevice)


@pytest.mark.parametrize(("kernel", "dtype"), CASES, ids=lambda case: getattr(case, "__name__", case))
def test_kernel_compiles_for_every_architecture(kernel, dtype):
    """No spills, no stack, no atomics, registers for full blocks, no float64 but levels where data are float32."""
    T = (FLOATS | BITS)[dtype]
    for capability in ARCHITECTURES:
        built = build(kernel, SIGNATURES[kernel](T, array(T, 2), array(T, 1)), capability)
        print(f"sm_{capability[0]}{capability[1]}: {built.registers} registers, {built.spills} bytes of spills")
        assert (built.stack, built.spills) == (0, 0), capability
        assert built.registers * THREADS.get(kernel, LIMITS.threads) <= REGISTERS, capability
        if dtype.endswith("32"):
            wide = float64_in(built.ptx)
            assert not {op for op in wide if kernel not in WITH_LEVELS or not ON_LEVELS.fullmatch(op)}, capability
        assert not re.findall(r"(?<![\w.])(?:atom|red)\.\S+", built.ptx), capability
        if capability < (10, 0):  # for later ones the compiler unrolls loops, and divides to know how often
            assert len(re.findall(r"(?:div|rem)\.[su]64", built.ptx)) <= DIVISIONS.get(kernel, 0), capability
        if dtype.endswith("32") and capability == (9, 0):
            count = len(re.findall(r"^\s+(?:@%p\d+ )?[a-z][\w.]* ", built.ptx, re.MULTILINE))
            print(f"{count} instructions")
            assert count <= INSTRUCTIONS.get(kernel, 1000)


@pytest.mark.parametrize("dtype", FLOATS)
def test_projections_are_not_contracted(dtype):
    """spec.project rounds every product: a fused multiply-add would select another matching at near-ties."""
    T = FLOATS[dtype]
    built = build(cuda_tiles.project, SIGNATURES[cuda_tiles.project](T, array(T, 2), array(T, 1)), (9, 0))
    assert re.search(r"mul\.rn\.f(32|64)", built.ptx)
    assert "fma." not in built.ptx


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_launched_is_what_is_compiled(dtype, monkeypatch):
    """Every path: the arguments have the types of the signatures here, but for the order of operands of products."""
    launched = []
    device = SimpleNamespace(
        prepare=lambda kernel, *rest: launched.append((kernel, rest[-1])), shared=232448, current=nullcontext
    )
    monkeypatch.setattr(descent.Descent, "_hold", lambda *_: None)
    backend.kept_job.cache_clear()
    monkeypatch.setattr(cuda_job, "machine", lambda _: device)
    monkeypatch.setattr(descent, "machine", lambda _: device)
    monkeypatch.setattr(descent, "current_device", lambda: 0)
    monkeypatch.setattr(cuda_device, "require", lambda: None)
    descent.Descent((2, 16, 2), "tanh", 9, 4, 2.0, np.dtype(dtype), True, 3)
    backend.kept_job.cache_clear()
    for n, m, d in ((9, 9, 2), (9, 9, 16), (20_000, 20_000, 2), (9, 8, 2)):
        layouts = tuple(((k, d), None, True) for k in (n, m, 4))
        for wrt in ((), ("x",), WRT):
            backend.kept_job.__wrapped__(Torch, 0, np.dtype(dtype), 2.0, layouts, (m < n, False), wrt)
    T = FLOATS[dtype]
    for kernel, arguments in launched:
        L = number_type(arguments[OF_SEVERAL[kernel]].dtype) if kernel in OF_SEVERAL else T
        found = [type_of(value) for value in arguments]
        if kernel in (cuda_tiles.add_tiles, cuda_elements.add_directions, cuda_network.contract):
            found = [array(one.dtype, one.ndim) if isinstance(one, types.Array) else one for one in found]
        assert tuple(found) == SIGNATURES[kernel](L, array(L, 2), array(L, 1)), kernel
    assert {kernel for kernel, _ in launched} == SIGNATURES.keys()


@pytest.mark.parametrize("kernel", [cuda_tiles.add_tiles, cuda_elements.add_directions])
def test_products_of_transposed_operands(kernel):
    """As a network's: no spills, no stack."""
    T, M = types.float32, types.Array(types.float32, 2, "A")
    built = build(kernel, (M, M, INTEGER, T, array(T, 2)), (9, 0))
    print(f"{built.registers} registers")
    assert (built.stack, built.spills) == (0, 0)


def test_the_gate_sees_float64_and_spills():
    """The patterns above find what they are there to find."""

    def mixed(x, out):
        out[0] = x[0] * x[0] + 0.1

    class Kernel:
        py_func, targetoptions = staticmethod(mixed), {}  # as of a dispatcher

    built = build(Kernel, (array(types.float32, 1), array(types.float32, 1)), (9, 0))
    assert {op for op in float64_in(built.ptx) if not ON_LEVELS.fullmatch(op)} >= {"cvt.f64.f32"}
    line = "Used 255 registers\n 48 bytes stack frame, 40 bytes spill stores, 8 bytes spill loads"
    assert report(line) == (255, 48, 48)


@pytest.mark.parametrize(
    ("dtype", "most", "nbytes"),
    [
        ("float32", 4095, 48 << 10),
        ("float64", 3069, 48 << 10),
        ("float32", 14_526, 227 << 10),
        ("float64", 9684, 227 << 10),
    ],
)
def test_rows_that_shared_memory_holds(dtype, most, nbytes):
    """As docs/cuda.md says."""
    fits = [shared_bytes(SimpleNamespace(sizes=(n,), dtype=np.dtype(dtype))) <= nbytes for n in (most, most + 1)]
    assert fits == [True, False]


def test_the_network_sorts_as_many_keys_as_a_thread_holds():
    """A network sorts if it sorts zeros and ones (Knuth, section 5.3.4, theorem Z)."""
    for zeros_and_ones in itertools.product((0, 1), repeat=cuda_rows.KEYS):
        keys = list(zeros_and_ones)
        for i, j in cuda_bodies.NETWORK:
            keys[i], keys[j] = sorted((keys[i], keys[j]))
        assert keys == sorted(keys)


def test_every_kernel_is_compiled_here():
    """No kernel goes without a signature above, and so without the checks."""
    kernels = {
        value
        for module in (cuda_rows, cuda_elements, cuda_network, cuda_origin, cuda_tiles)
        for name, value in vars(module).items()
        if type(value).__name__ == "CUDADispatcher"
        and not value.targetoptions.get("device")
        and value.py_func.__module__ == module.__name__
    }
    assert kernels == set(SIGNATURES)
