"""Make the detector's int8 twin: python -m tools.quantise_detector --out models/x-int8.onnx.

Weights per channel and activations become eight bits wide; the head and the decoding stay in
fp32, since a box edge needs more steps than 256. Ranges are measured on training material only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from tools.detector_batches import Larder
from tools.detector_pool import Grey, load_real, render_shard
from tools.train_detector import REAL

CALIBRATION_SEED = 901
QUANTISED = ("Conv", "Add", "Relu", "Resize")


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # it ships no types
    """Hands pictures (N, 1, H, W) to the calibration one by one."""

    def __init__(self, images: Grey) -> None:
        """Start at the first picture."""
        self.left: Iterator[Grey] = iter(images)

    def get_next(self) -> dict[str, Grey] | None:
        """The next picture as the graph's input, or None at the end."""
        image = next(self.left, None)
        return None if image is None else {"image": image[None]}


def material(real: Path, count: int) -> Grey:
    """Rendered scenes and training frames of the dashcam, (N, 1, H, W), as training shows them."""
    frames = [frame for frame in load_real(real) if not frame.held_out]
    larder = Larder([render_shard(CALIBRATION_SEED, max(1, count // 2))], frames, [])
    return larder.batch(np.random.default_rng(CALIBRATION_SEED), count)[0]


def inner_layers(model: Path) -> list[str]:
    """Names of the nodes to quantise: all before the head, which is the last convolution."""
    nodes = list(onnx.load(model).graph.node)
    last = max(place for place, node in enumerate(nodes) if node.op_type == "Conv")
    return [node.name for node in nodes[:last] if node.op_type in QUANTISED]


def quantise(model: Path, out: Path, images: Grey) -> None:
    """Write the int8 twin of a detector in fp32, its ranges measured on `images`."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(str(model), str(plain), skip_symbolic_shape=True)
        quantize_static(
            str(plain),
            str(out),
            Pictures(images),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=inner_layers(plain),
            op_types_to_quantize=list(QUANTISED),
            calibrate_method=CalibrationMethod.MinMax,
        )


@click.command()
@click.option("--model", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              default=Path("models/plate-detector.onnx"), show_default=True)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("models/plate-detector-int8.onnx"), show_default=True)  # fmt: skip
@click.option("--real", type=click.Path(path_type=Path), default=REAL, show_default=True,
              help="Folder of the MIT dashcam frames; left out where it is absent.")  # fmt: skip
@click.option("--pictures", type=int, default=128, show_default=True)
def main(model: Path, out: Path, real: Path, pictures: int) -> None:
    """Write the detector with eight-bit weights and activations; same input, same output."""
    cv2.setNumThreads(1)
    quantise(model, out, material(real, pictures))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {model} is "
               f"{model.stat().st_size / 1e6:.2f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
