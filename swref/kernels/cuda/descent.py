"""Steps of SGD with a multilayer perceptron, all of each in launches: network, loss, gradient, update, norms.

    A_k = [W_k; b_k]    H_k = [h_k; 1]    z_k = H_{k-1}^T A_k    h_k = act(z_k)^T                    as in networks.mlp

What a step launches is a plan, made once a run. A few steps go at a time: their draws are copied to the device, and
what came of them is read, with one wait. From the second time on, all of them are one graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from swref.kernels.cuda import backend as cuda_backend
from swref.kernels.cuda import device as cuda_device
from swref.kernels.cuda import job as cuda_job
from swref.kernels.cuda import network as cuda_network
from swref.kernels.cuda import rows as cuda_rows
from swref.kernels.cuda.launch import machine
from swref.kernels.cuda.place import BYTE, Place, current_device
from swref.kernels.cuda.plan import SCRATCH, Array, Plan

ACTIVATIONS = {"identity": cuda_network.IDENTITY, "tanh": cuda_network.TANH, "relu": cuda_network.RELU}
FEWEST, SLICES = 64, 32  # points of a slice of a gradient at least, slices at most
WIDEST = 256  # beyond, the products of a library are likely to be better
# The pieces of memory of a step; that of the loss comes last, and has the output and its gradient in it.
X, Y, THETA, XI, COEFFICIENTS, U, NEXT, PHI, NUMBERS, LOSS = range(1, 11)


def fits(sizes: Sequence[int], activation: str, output_activation: str) -> bool:
    """Whether there are launches for such a network."""
    return max(sizes) <= WIDEST and activation in ACTIVATIONS and output_activation == "identity"


class Descent:
    """Steps, at `most` so many at a time, for batches of n points and L directions, with xi where `noisy`.

    Raises BackendError where no kernel can run.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str, n: int, L: int, p: float, dtype: np.dtype, noisy: bool, most: int
    ):
        cuda_device.require()
        with cuda_device.reported():
            device = current_device()
            self.machine, self.dtype, self.noisy = machine(device), dtype, noisy
            self.sizes, self.n, self.activation = tuple(sizes), n, ACTIVATIONS[activation]
            d_u, d = sum((a + 1) * b for a, b in pairwise(sizes)), sizes[-1]
            self.shapes = {X: (n, sizes[0]), Y: (n, d), THETA: (L, d), XI: (d_u,), COEFFICIENTS: (2,)}
            self.d_u = d_u
            layouts = (((n, d), None, False), ((n, d), None, True), ((L, d), None, True))
            with self.machine.current():
                self.loss = cuda_backend.kept_job(Place, device, dtype, p, layouts, (False, False), ("x",))
                self.forward, self.backward = Plan(self.machine.prepare), Plan(self.machine.prepare)
                self._record()
                self._hold(most)

    def _record(self) -> None:
        """The launches of a step."""
        layers, H = self._layers(U), [self.forward.empty((a + 1, self.n), self.dtype) for a in self.sizes[:-1]]
        out, dout, losses = (self._of_loss(a) for a in (self.loss.x, self.loss.grads["x"], self.loss.losses))
        h = Array(X, self.shapes[X], self.dtype)
        for k, A in enumerate(layers):
            self._by_entry(self.forward, cuda_network.activate, H[k], h, self.activation if k else 0, H[k])
            last = k == len(layers) - 1
            h = out if last else self.forward.empty((self.n, self.sizes[k + 1]), self.dtype)
            self._product(self.forward, H[k], A, h)
        self.backward.scratch = self.forward.scratch  # it goes on in the same memory
        width = max(FEWEST, -(-self.n // SLICES))
        parts = self.backward.empty((-(-self.n // width), self.d_u), self.dtype)
        dh, dA = dout, self._layers(SCRATCH, parts.offset)
        for k in reversed(range(len(layers))):
            # forward: z = H[k]^T A, h = act(z)^T
            dz = self.backward.empty((self.sizes[k + 1], self.n), self.dtype)
            above = (H[k + 1], self.activation) if k + 1 < len(layers) else (dz, 0)
            self._by_entry(self.backward, cuda_network.chain, dz, dh, *above, dz)
            self._contract(H[k], dz, width, parts, dA[k])
            if k > 0:
                dh = self.backward.empty((self.n, self.sizes[k]), self.dtype)
                self._product(self.backward, dz, layers[k].rows(self.sizes[k]).transposed(), dh)
        u, next_u, phi = (Array(piece, (self.d_u,), self.dtype) for piece in (U, NEXT, PHI))
        xi, coefficients = (Array(piece, self.shapes[piece], self.dtype) for piece in (XI, COEFFICIENTS))
        self._by_entry(self.backward, cuda_network.add_parts, phi.reshape(1, self.d_u), parts, phi)
        arguments = (u, phi, xi, self.noisy, coefficients, next_u)
        self._by_entry(self.backward, cuda_network.descend, u.reshape(1, self.d_u), *arguments)
        loss, numbers = self.backward.empty((1,), self.dtype), Array(NUMBERS, (1, 3), self.dtype)
        threads, one = cuda_job.LIMITS.threads, self.dtype.type(1)
        row, L = losses.reshape(1, losses.size), self.dtype.type(losses.size)
        self.backward.launch(cuda_rows.sum_rows, (1,), (threads,), threads * 8, row, 0, one / L, loss)
        self.backward.launch(cuda_rows.measure_step, (1,), (threads,), threads * 8, loss, phi, next_u, 0, numbers)

    def _layers(self, piece: int, offset: int = 0) -> list[Array]:
        """A_1, ..., A_N in a vector of parameters."""
        found = []
        for a, b in pairwise(self.sizes):
            found.append(Array(piece, (a + 1, b), self.dtype, offset=offset))
            offset += found[-1].nbytes
        return found

    def _of_loss(self, array: Array) -> Array:
        """An array in the scratch of the loss, as this step's plans see it."""
        return Array(LOSS, array.shape, array.dtype, offset=array.offset)

    def _by_entry(self, plan: Plan, kernel: Any, entries: Array, *arguments: Any) -> None:
        rows, width = entries.shape
        points = cuda_job.LIMITS.points
        plan.launch(kernel, (-(-width // points), rows), (points, 1), 0, *arguments)

    def _contract(self, h: Array, dz: Array, width: int, parts: Array, dA: Array) -> None:
        """The slices of dA = h dz^T, which is that of the first."""
        every = replace(dA, shape=(len(parts), *dA.shape), strides=(parts.steps[0], *dA.steps))
        tile = cuda_network.TILE
        grid = (-(-dA.shape[1] // tile), -(-dA.shape[0] // tile), len(parts))
        self.backward.launch(cuda_network.contract, grid, (tile, tile), 0, h, dz, width, every)

    def _product(self, plan: Plan, a: Array, b: Array, out: Array) -> None:
        """out = a^T b."""
        cuda_job.product(plan, a, b, 0, self.dtype.type(1), out)

    def _hold(self, most: int) -> None:
        """The memory of `most` steps, on the device and, of what is copied, on the host; `steps` knows the order."""
        memory, self.most = Plan(self.machine.prepare), most
        self.graph: Callable[[Any], None] | None = None  # of `most` steps, once they were made one by one
        self.draws = {piece: memory.empty((most, *shape), self.dtype) for piece, shape in self.shapes.items()}
        self.us = memory.empty((most + 1, self.d_u), self.dtype)
        self.phis = memory.empty((most, self.d_u), self.dtype)
        self.numbers = memory.empty((most, 3), self.dtype)
        self.stream, self.host = self.machine.stream(0), self.machine.pinned(memory.scratch)
        sizes = (memory.scratch, self.backward.scratch, self.loss.plan.scratch)
        self.held, self.scratch, self.of_loss = (self.machine.scratch(nbytes, self.stream) for nbytes in sizes)

    def steps(self, u: np.ndarray, given: list[tuple[Any, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """u after each of k steps and their phi [k, d_u], and loss, |phi|^2, |u|^2 [k, 3]: until the next call.

        `given` holds of every step: x, y, theta, xi or None, (alpha, alpha a). Raises BackendError where the GPU fails.
        """
        k, start = len(given), self.us.offset
        for place, (piece, array) in enumerate(self.draws.items()):
            if piece != XI or self.noisy:
                for row, draw in zip(self._on_host(array), given, strict=False):
                    row[...] = draw[place]
        self._on_host(self.us)[0] = u
        with cuda_device.reported(), self.machine.current():
            held, up = [self.held[0]], start + self.us.nbytes // len(self.us)
            self.machine.upload(self.host[:up], Array(SCRATCH, (up,), BYTE), held, self.stream)
            if self.graph is None or k < self.most:
                self._launch(self.stream, k)
            else:
                self.graph(self.stream)
            read = Array(SCRATCH, (len(self.host) - start,), BYTE, offset=start)
            self.machine.download([read], held, self.stream, [self.host[start:]])
            if self.graph is None and k == self.most:  # of kernels that are there by now
                self.graph = self.machine.graph(lambda stream: self._launch(stream, k))
        return self._on_host(self.us)[1 : k + 1], self._on_host(self.phis)[:k], self._on_host(self.numbers)[:k]

    def _launch(self, stream: Any, k: int) -> None:
        """k steps, from what lies on the device."""
        held, scratch, loss = self.held[0], self.scratch[0], self.of_loss[0]
        for t in range(k):
            rows = [*((array, t) for array in self.draws.values())]
            rows += [(self.us, t), (self.us, t + 1), (self.phis, t), (self.numbers, t)]
            step = [self.machine.part(held, array.offset + row * array.nbytes // len(array)) for array, row in rows]
            self.forward.run(stream, [scratch, *step, loss])
            self.loss.plan.run(stream, [loss, None, step[Y - 1], step[THETA - 1]])
            self.backward.run(stream, [scratch, *step, loss])

    def _on_host(self, array: Array) -> np.ndarray:
        """An array of `held`, in the memory of the host."""
        return self.host[array.offset : array.offset + array.nbytes].view(array.dtype).reshape(array.shape)
