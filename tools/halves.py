"""Weights of an exported model stored in half precision: half the bytes, computed in full."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_VALUES = 256
"""Smaller constants stay as they are: scales and shapes weigh nothing."""


def halve(path: Path) -> None:
    """Store the weights of a float32 model as float16, with a cast that folds away on loading."""
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weights in list(graph.initializer):
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < LEAST_VALUES:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), f"{weights.name}.half")
        casts.append(helper.make_node("Cast", [half.name], [weights.name], to=TensorProto.FLOAT))
        graph.initializer.remove(weights)
        graph.initializer.append(half)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)
