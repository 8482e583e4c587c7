"""Make the int8 twin of a model: python -m tools.quantise detector (or reader).

Weights per channel and activations become eight bits wide; the last layers stay in fp32, since
the edge of a box and the odds of a character need more steps than 256. Ranges are measured on
training material only.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
import cv2
import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge.errors import BoxError, ModelError
from tools.halves import halve

Tensor = NDArray[np.uint8]

CALIBRATION_SEED = 901
READER_SEED = 20_000_003
DASHCAM = Path("../shared/data/ro-dashcam-train")
LAYERS = ("Conv", "Add", "Relu", "Resize")
INPUTS = {"detector": [1, "height", "width"], "reader": [48, 192, 3]}  # behind the batch
READER_PLAIN = ("signs", "region", "stem.0.0")
"""What stays in fp32: the heads, and what sees the three channels of the picture."""


class _Feed(CalibrationDataReader):  # type: ignore[misc]
    """Hands tensors to the calibration one by one."""

    def __init__(self, name: str, tensors: Iterable[Tensor]) -> None:
        self.name = name
        self.left = iter(tensors)

    def get_next(self) -> dict[str, Tensor] | None:
        """Return the next tensor as the graph's input, None at the end."""
        tensor = next(self.left, None)
        return None if tensor is None else {self.name: tensor}


def before_the_head(model: onnx.ModelProto) -> list[str]:
    """Name the layers of a detector to quantise: all between its first convolution and its last.

    The last is the head. The first sees one channel, which the kernels for eight bits are not
    made for: in fp32 the whole network takes a quarter less time.
    """
    nodes = list(model.graph.node)
    first, *_, last = (place for place, node in enumerate(nodes) if node.op_type == "Conv")
    return [node.name for node in nodes[first + 1 : last] if node.op_type in LAYERS]


def below_the_heads(model: onnx.ModelProto) -> list[str]:
    """Name the layers of a reader to quantise: its convolutions, but the first and its heads."""
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    return [name for name in convolutions if not any(plain in name for plain in READER_PLAIN)]


def quantise(
    model: Path,
    out: Path,
    tensors: Iterable[Tensor],
    layers: Callable[[onnx.ModelProto], list[str]],
) -> None:
    """Write the int8 twin of a fp32 model, its ranges measured on `tensors`."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(str(model), str(plain), skip_symbolic_shape=True)
        graph = onnx.load(plain)
        chosen = layers(graph)
        kinds = {node.op_type for node in graph.graph.node if node.name in chosen}
        quantize_static(
            str(plain),
            str(out),
            _Feed(graph.graph.input[0].name, tensors),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=chosen,
            op_types_to_quantize=sorted(kinds),
            calibrate_method=CalibrationMethod.MinMax,
        )
    halve(out)


def refuse_foreign(model: Path, kind: str) -> None:
    """Raise ModelError for what is no model, or one whose ranges our pictures cannot measure."""
    try:
        graph = onnx.load(model).graph
    except (OSError, DecodeError) as e:
        raise ModelError(f"{model} cannot be read as a model.", "Name an ONNX file.") from e
    if any(node.op_type == "QuantizeLinear" for node in graph.node):
        raise ModelError(f"{model} is an int8 twin already.", "Name the fp32 model.")
    inputs = graph.input
    dims = [i.type.tensor_type.shape.dim for i in inputs]
    shapes = [[d.dim_param or d.dim_value for d in dim] for dim in dims]
    if [shape[1:] for shape in shapes] != [INPUTS[kind]]:
        raise ModelError(
            f"{model} does not take what a {kind} of ours takes, {INPUTS[kind]} a picture.",
            "Name the other kind, or a model trained here.",
        )


def scenes(dashcam: Path, count: int) -> Iterator[Tensor]:
    """Rendered scenes and training frames of the dashcam, (1, 1, H, W) each, as in training."""
    from tools.detector_batches import Larder
    from tools.detector_pool import load_real, render_shard

    frames = [frame for frame in load_real(dashcam) if not frame.held_out]
    larder = Larder([render_shard(CALIBRATION_SEED, max(1, count // 2))], frames, [])
    images, _ = larder.batch(np.random.default_rng(CALIBRATION_SEED), count)
    return (image[None] for image in images)


def plates(count: int) -> Iterator[Tensor]:
    """Rendered crops, (1, 48, 192, 3) RGB each."""
    from tools.synth.crops import draw_pool

    pool = draw_pool(READER_SEED, count)
    return (np.ascontiguousarray(image[None, 3:-3, 8:-8, ::-1]) for image in pool.images)


@click.command()
@click.argument("kind", type=click.Choice(["detector", "reader"]))
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    show_default="models/plate-KIND.onnx",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default="beside the model, NAME-int8.onnx",
    help="Written over what is there.",
)
@click.option(
    "--pictures",
    type=click.IntRange(min=1),
    default=128,
    show_default=True,
    help="To measure ranges on.",
)
@click.option(
    "--dashcam", type=click.Path(path_type=Path), default=DASHCAM, show_default=True,
    help="MIT frames for the detector's ranges; left out where they are absent.",
)  # fmt: skip
def main(kind: str, model: Path | None, out: Path | None, pictures: int, dashcam: Path) -> None:
    """Write a model with eight-bit weights and activations: same input, same output."""
    cv2.setNumThreads(1)
    model = model or Path(f"models/plate-{kind}.onnx")
    out = out or model.with_name(f"{model.stem}-int8.onnx")
    if not out.parent.is_dir():
        raise click.ClickException(f"There is no folder {out.parent}. Make it, or correct --out.")
    if out.resolve() == model.resolve():
        raise click.ClickException(f"--out is {model} itself. Name another file: the twin is one.")
    try:
        refuse_foreign(model, kind)
        if kind == "detector":
            quantise(model, out, scenes(dashcam, pictures), before_the_head)
        else:
            quantise(model, out, plates(pictures), below_the_heads)
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    sizes = (f"{path}: {path.stat().st_size / 1e6:.2f} MB" for path in (model, out))
    click.echo(", ".join(sizes))


if __name__ == "__main__":
    main()
