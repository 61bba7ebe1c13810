"""The host's side of the "cuda" backend on the stand-in driver: what a call launches, copies and waits for, as JSON.

    LD_LIBRARY_PATH=FOLDER python -m tests.kernels.cuda.standin

FOLDER holds driver.c, compiled to libcuda.so.1. Kernels are compiled, and not run, so results mean nothing here. Arrays
are Numba's, or those of a torch that is here only as far as swref asks for it.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

COUNTS = (
    *("launches", "limits", "allocations", "frees", "uploads", "downloads", "waits"),
    *("refusals", "streams", "graphs", "nodes"),
)
STREAM = 0x10  # the current one, of torch


class Launched(ctypes.Structure):
    """One launch, as driver.c has it."""

    _fields_ = (
        ("grid", ctypes.c_uint * 3),
        ("block", ctypes.c_uint * 3),
        ("shared", ctypes.c_uint),
        ("kernel", ctypes.c_uint64),
        ("stream", ctypes.c_uint64),
    )


class Driver:
    """What the stand-in has counted."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libcuda.so.1")
        self.library.standin_name.restype = ctypes.c_char_p

    def counts(self) -> dict[str, int]:
        values = (ctypes.c_long * len(COUNTS))()
        self.library.standin_counts(values)
        return dict(zip(COUNTS, values, strict=True))

    def of(self, call: Any) -> dict[str, Any]:
        """What one call adds to the counts, and its launches."""
        before = self.counts()
        call()
        after = self.counts()
        launched = (Launched * 64)()
        n = self.library.standin_launches(ctypes.c_long(before["launches"]), launched, 64)
        launches = [
            [self.name(one.kernel), list(one.grid), list(one.block), one.shared, one.stream] for one in launched[:n]
        ]
        return {"launched": launches, **{name: after[name] - before[name] for name in COUNTS}}

    def name(self, kernel: int) -> str:
        """The Python name in a mangled one."""
        mangled = self.library.standin_name(ctypes.c_uint64(kernel)).decode()
        return re.findall(r"(?<=\d)[a-z]+_?[a-z]*?(?=B\d)", mangled)[-1]


class Tensor:
    """torch's, on the device, in C order."""

    __module__ = "torch"
    is_cuda, device = True, SimpleNamespace(index=0)

    def __init__(self, shape: tuple[int, ...], dtype: str = "torch.float32"):
        from numba import cuda

        self.shape, self.dtype = shape, dtype
        if (shape, dtype) not in MEMORY:
            MEMORY[shape, dtype] = cuda.device_array(shape, dtype.removeprefix("torch."))
        self.address = MEMORY[shape, dtype].device_ctypes_pointer.value

    def __len__(self) -> int:
        return self.shape[0]

    def data_ptr(self) -> int:
        return self.address

    def is_contiguous(self) -> bool:
        return True

    def element_size(self) -> int:
        return 4


MEMORY: dict[Any, Any] = {}  # torch's allocator: what was there is given again
TORCH = SimpleNamespace(
    float32="torch.float32",
    uint8="torch.uint8",
    empty=lambda shape, dtype, device: Tensor(tuple(shape), dtype),
    cuda=SimpleNamespace(current_stream=lambda device: SimpleNamespace(cuda_stream=STREAM)),
)


def arguments_of_kernels(jobs: Any) -> list[list[Any]]:
    """Of every launch of every job: the types of the numbers it passes, and those that the compiled kernel takes."""
    from swref.kernels.cuda import elements, origin, rows, tiles
    from swref.kernels.cuda.launch import FlatLaunch

    taken = {}
    for module in (rows, elements, origin, tiles):
        for kernel in vars(module).values():
            for signature, compiled in getattr(kernel, "overloads", {}).items():
                if not hasattr(compiled, "_codelibrary"):
                    continue  # a function that kernels call
                names = re.findall(r"\.param \.(\w+) ", kernel.inspect_asm(signature))
                taken[id(compiled._codelibrary.get_cufunc().kernel)] = names
    words = {bool: "u8", int: "u64", float: "f64", np.float32: "f32", np.float64: "f64"}
    found = []
    for job in set(jobs):
        for _, launches in job.plan._groups:
            for launch in launches:
                assert isinstance(launch, FlatLaunch)
                passed = [words[type(number)] for number in launch._numbers]
                found.append([passed, taken[id(launch._kernel)]])
    return found


def values_of(driver: Driver, launch: Any) -> list[list[int]]:
    """The numbers that reach the driver, and those that a launch is to pass; addresses and the first direction too."""
    from swref.kernels.cuda.launch import machine

    memory, first, numbers = [2**40 * (k + 1) for k in range(9)], 3, list(launch._numbers)
    for place, piece, offset in launch._addresses:
        numbers[place] = memory[piece] + offset
    for place in launch._firsts:
        numbers[place] = first
    driver.library.standin_take(len(numbers))
    launch(machine(0).stream(STREAM), memory, first)
    reached = (ctypes.c_uint64 * len(numbers))()
    driver.library.standin_taken(reached)
    bits = [n.view(np.uint32) if isinstance(n, np.float32) else n for n in numbers]
    sizes = [np.dtype(type(n)).itemsize for n in numbers]
    return [[value % 2 ** (8 * size), int(n)] for value, size, n in zip(reached, sizes, bits, strict=True)]


def microseconds(call: Any, other: Any) -> tuple[float, float]:
    """The least CPU time of either, in turn."""
    least = [np.inf, np.inf]
    for _ in range(200):
        for k, function in enumerate((call, other)):
            start = time.thread_time()
            function()
            least[k] = min(least[k], time.thread_time() - start)
    return least[0] * 1e6, least[1] * 1e6


def refused() -> str:
    """The error of a launch that the driver refuses: more threads than a block may have."""
    from swref.errors import BackendError
    from swref.kernels.cuda import job
    from swref.sliced import sw_loss_and_grad

    limits, job.LIMITS = job.LIMITS, job.Limits(threads=2048)
    try:
        sw_loss_and_grad(Tensor((20_001, 2)), Tensor((20_001, 2)), Tensor((3, 2)))
    except BackendError as error:
        return str(error)
    finally:
        job.LIMITS = limits
    return ""


def out_of_memory() -> str:
    """The error of scratch for which there is no room."""
    from swref.errors import BackendError
    from swref.kernels.cuda.device import reported
    from swref.kernels.cuda.launch import machine

    try:
        with reported(), machine(0).current():
            machine(0).scratch(80 << 30, machine(0).stream(0))
    except BackendError as error:
        return str(error)
    return ""


def main() -> None:
    from numba import cuda

    sys.modules["torch"] = TORCH  # type: ignore[assignment]
    from swref.kernels.cuda import backend, steps
    from swref.kernels.cuda.descent import Descent
    from swref.sliced import sw_loss_and_grad

    driver, result, jobs, kept_job = Driver(), {}, [], backend.kept_job
    backend.kept_job = lambda *key: jobs.append(kept_job(*key)) or jobs[-1]
    sizes = {"fused": (1000, 2, 500), "largest": (14_000, 2, 3), "long": (20_000, 2, 3), "wide": (300, 9, 3)}
    calls = {name: [Tensor((n, d)), Tensor((n, d)), Tensor((L, d))] for name, (n, d, L) in sizes.items()}
    for name, arrays in calls.items():
        result[f"first {name}"] = driver.of(lambda arrays=arrays: sw_loss_and_grad(*arrays))
        result[name] = driver.of(lambda arrays=arrays: sw_loss_and_grad(*arrays))
    host = [np.ones((9, 2), np.float32), np.ones((9, 2), np.float32), np.eye(2, dtype=np.float32)]
    sw_loss_and_grad(*host, backend="cuda")
    result["host"] = driver.of(lambda: sw_loss_and_grad(*host, backend="cuda"))
    there = [cuda.to_device(array) for array in host]
    sw_loss_and_grad(*there)
    result["numba"] = driver.of(lambda: sw_loss_and_grad(*there))
    step = (Tensor(()), Tensor((70,)), Tensor((70,)))
    steps.measured([step])
    result["steps"] = driver.of(lambda: steps.measured([step] * 16))
    given = [(*host[:2], host[2], None, (0.1, 0.0))] * 16
    descent = Descent((2, 8, 2), "tanh", 9, 2, 2.0, np.dtype(np.float32), False, 16)
    u = np.zeros(descent.d_u, np.float32)
    result["descent"] = driver.of(lambda: descent.steps(u, given))
    result["graph"] = driver.of(lambda: descent.steps(u, given))
    result["few"] = driver.of(lambda: descent.steps(u, given[:3]))
    for name, arrays in (("thread", calls["fused"]), ("numba thread", there)):
        seen = lambda name=name, arrays=arrays: result.update({name: driver.of(lambda: sw_loss_and_grad(*arrays))})  # noqa: E731
        thread = threading.Thread(target=seen)
        thread.start()
        thread.join()
    backend.kept_job = kept_job
    result["arguments"] = arguments_of_kernels(jobs)
    launches = [launch for job in set(jobs) for _, group in job.plan._groups for launch in group]
    result["values"] = [values_of(driver, launch) for launch in launches]
    result["refused"], result["out of memory"] = refused(), out_of_memory()
    numbers = np.ones(100, np.float32)
    result["microseconds a step"] = microseconds(lambda: descent.steps(u, given), lambda: np.mean(numbers))
    result["microseconds"] = microseconds(lambda: sw_loss_and_grad(*calls["fused"]), lambda: np.mean(numbers))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
