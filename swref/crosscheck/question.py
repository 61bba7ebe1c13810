"""What a target is asked in one case: arrays and a plain header, which travel to another process without a pickle."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from swref import networks
from swref.crosscheck.inputs import Inputs
from swref.errors import InputError
from swref.networks import Network

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Question:
    """The inputs of the evaluations of a case, and what is to be done with them.

    `kind` names the kind of the case, `case` the case itself. `directions`: "given" the loss must take those of the
    inputs; "any" the answer does not depend on them; "own" it must draw them itself. With a network `net` the gradient
    in its parameters is asked.

    >>> inputs = Inputs(np.asfortranarray(np.eye(2)), np.zeros((1, 2)), np.eye(2)[::-1])
    >>> again = Question.unpack(*Question("points", "demo", "given", (inputs,)).pack())
    >>> again.case, again.inputs[0].theta.tolist(), again.inputs[0].x.strides, again.inputs[0].theta.strides
    ('demo', [[0.0, 1.0], [1.0, 0.0]], (8, 16), (-16, 8))
    """

    kind: str
    case: str
    directions: str
    inputs: tuple[Inputs, ...]
    arrays: Arrays = field(default_factory=dict)
    options: Mapping[str, float] = field(default_factory=dict)
    net: Network | None = None

    def fresh(self) -> Question:
        """The same question in memory of its own, laid out alike: a target may change what it is given."""
        inputs = tuple(_unpack_inputs(*_pack_inputs(each)) for each in self.inputs)
        return replace(self, inputs=inputs, arrays={name: array.copy() for name, array in self.arrays.items()})

    @property
    def network(self) -> Network:
        """The network of a question that has one; raises InputError otherwise."""
        if self.net is None:
            raise InputError(f"case {self.case!r} must have a network, got None")
        return self.net

    def described_net(self) -> dict[str, Any] | None:
        """The description of the network; raises InputError where another process could not build it from that."""
        try:
            return None if self.net is None else describe_network(self.net)
        except Exception as error:
            raise InputError(
                f"the network of case {self.case!r} must be of swref.networks, or of a class in a module (no script) "
                f"that to_dict() gives every argument of: another process builds it anew; "
                f"got {type(self.net).__name__} ({' '.join(str(error).split())})"
            ) from None

    def pack(self) -> tuple[dict[str, Any], Arrays]:
        """A header of JSON's types, and arrays. Raises InputError for a network that cannot be described."""
        packed = [_pack_inputs(each) for each in self.inputs]
        header = {
            "kind": self.kind,
            "case": self.case,
            "directions": self.directions,
            "options": {name: float(value) for name, value in self.options.items()},
            "net": self.described_net(),
            "arrays": list(self.arrays),
            "inputs": [each for each, _ in packed],
        }
        numbered = {f"{k}/{name}": array for k, (_, arrays) in enumerate(packed) for name, array in arrays.items()}
        return header, numbered | {f"-/{name}": array for name, array in self.arrays.items()}

    @staticmethod
    def unpack(header: dict[str, Any], arrays: Arrays) -> Question:
        """The question that was packed."""
        inputs = tuple(_unpack_inputs(each, arrays, f"{k}/") for k, each in enumerate(header["inputs"]))
        others = {name: arrays[f"-/{name}"] for name in header["arrays"]}
        net = None if header["net"] is None else build_network(header["net"])
        return Question(header["kind"], header["case"], header["directions"], inputs, others, header["options"], net)


def _pack_inputs(inputs: Inputs) -> tuple[dict[str, Any], Arrays]:
    images = {name: image(array) for name, array in inputs.arrays().items()}
    layouts = {name: layout for name, (_, layout) in images.items()}
    header = {"p": float(inputs.p), "dtype": inputs.dtype, "layouts": layouts}
    return header, {name: numbers for name, (numbers, _) in images.items()}


def _unpack_inputs(header: dict[str, Any], images: Arrays, place: str = "") -> Inputs:
    arrays = {name: restored(images[place + name], layout) for name, layout in header["layouts"].items()}
    return Inputs(**arrays, p=header["p"], dtype=header["dtype"])


def describe_network(net: Network) -> dict[str, Any]:
    """Class and arguments of a network in JSON's types; raises ValueError where they do not make it again.

    >>> describe_network(networks.Particles(3, 2))["arguments"]
    {'m': 3, 'd': 2}
    """
    kind = type(net)
    if kind.__module__ == "__main__":
        raise ValueError("its class is defined in a script")
    arguments = {name: value for name, value in net.to_dict().items() if name != "name"}
    given = {"module": kind.__module__, "class": kind.__qualname__, "arguments": arguments}
    description: dict[str, Any] = json.loads(json.dumps(given))
    again = build_network(description)
    if again.to_dict() != net.to_dict() or again.n_params != net.n_params:
        raise ValueError("its description makes another network")
    return description


def build_network(description: dict[str, Any]) -> Network:
    """The network of a description; one inside it (CutOff) is a class of swref.networks.

    >>> build_network(describe_network(networks.CutOff(networks.MLP((1, 1)), 3.0, 5.0, 1.0))).n_params
    2
    """
    found: Any = importlib.import_module(description["module"])
    for name in description["class"].split("."):
        found = getattr(found, name)
    arguments = dict(description["arguments"])
    if isinstance(inner := arguments.get("net"), dict):
        given = {name: value for name, value in inner.items() if name != "name"}
        arguments["net"] = build_network({"module": networks.__name__, "class": inner["name"], "arguments": given})
    net: Network = found(**arguments)
    return net


def image(array: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """The numbers [N] from the first to the last address that `array` touches, and its layout in JSON's types.

    >>> numbers, layout = image(np.arange(8.0).reshape(4, 2)[::-2, :1])
    >>> numbers.tolist(), layout["strides"], layout["start"]
    ([2.0, 3.0, 4.0, 5.0, 6.0], [-4, 1], 4)
    """
    size = array.itemsize
    if any(stride % size for stride in array.strides) or 0 in array.shape:  # fields of a record: copied in C order
        array = np.array(array, order="C")
    reach = [(length - 1) * stride // size for length, stride in zip(array.shape, array.strides, strict=True)]
    lowest = array[tuple(slice(None, None, -1) if stride < 0 else slice(None) for stride in array.strides)]
    numbers = np.lib.stride_tricks.as_strided(lowest, (1 + sum(map(abs, reach)),), (size,), writeable=False)
    layout = {
        "shape": list(array.shape),
        "strides": [stride // size for stride in array.strides],
        "start": -sum(step for step in reach if step < 0),
        "shift": array.ctypes.data % size,
        "writeable": array.flags.writeable,
    }
    return numbers, layout


def restored(numbers: np.ndarray, layout: dict[str, Any]) -> np.ndarray:
    """The array of an image, in memory of its own."""
    size = numbers.itemsize
    room = np.empty(numbers.nbytes + size, dtype=np.uint8)
    first = (layout["shift"] - room.ctypes.data) % size
    own = room[first : first + numbers.nbytes].view(numbers.dtype)
    own[...] = numbers
    strides = tuple(stride * size for stride in layout["strides"])
    array: np.ndarray = np.ndarray(layout["shape"], own.dtype, own, layout["start"] * size, strides)
    array.setflags(write=layout["writeable"])
    return array
