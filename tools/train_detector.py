"""Train the plate detector: python -m tools.train_detector --out models/."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cv2
import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, track

from tools.detector_batches import Larder
from tools.detector_pool import (
    Grey,
    Marks,
    Shard,
    load_real,
    load_shard,
    render_shard,
    save_shard,
)
from tools.detector_score import Score, match_frames
from tools.synth.scenes import dress

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from tools.detector_net import PlateNet

MODEL_NAME = "plate-detector.onnx"
HELD_OUT_SEED = 900
FACES = 600
ASKED_SCORE = 0.6
PEAK_RATE, LAST_RATE, WARM_STEPS = 2e-3, 2e-5, 150


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run: how long, on what, where it is kept."""

    out: Path
    checkpoint: Path
    real: Path
    minutes: float = 86.0
    steps: int = 0
    batch: int = 16
    shards: int = 56
    scenes_per_shard: int = 250
    seed: int = 1


@dataclass
class Run:
    """What changes while training: weights, their moving average, optimiser, time spent."""

    net: PlateNet
    average: PlateNet
    optimiser: Any
    step: int = 0
    spent_s: float = 0.0
    recent: dict[str, float] = field(default_factory=dict)

    def share(self, plan: Plan) -> float:
        """How much of the plan is done, 0..1."""
        done = self.step / plan.steps if plan.steps else self.spent_s / (plan.minutes * 60)
        return min(1.0, done)


def start(plan: Plan, resume: bool) -> Run:
    """Fresh weights from the seed, or the last checkpoint."""
    import torch

    from tools.detector_net import PlateNet

    torch.manual_seed(plan.seed)
    net = PlateNet()
    lay(net, torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    run = Run(net, copy.deepcopy(net).eval(), optimiser)
    kept = plan.checkpoint / "detector.pt"
    if resume and kept.is_file():
        state = torch.load(kept, weights_only=True)
        net.load_state_dict(state["net"])
        run.average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        run.step, run.spent_s = state["step"], state["spent_s"]
    return run


def lay(net: PlateNet, order: torch.memory_format) -> None:
    """Store four-dimensional weights in one memory order."""
    for weight in net.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=order)


def keep(plan: Plan, run: Run) -> None:
    """Write a checkpoint that replaces the one before in one move."""
    import torch

    plan.checkpoint.mkdir(parents=True, exist_ok=True)
    half = plan.checkpoint / "detector.half"
    torch.save(
        {"net": run.net.state_dict(), "average": run.average.state_dict(),
         "optimiser": run.optimiser.state_dict(), "step": run.step, "spent_s": run.spent_s},
        half,
    )  # fmt: skip
    half.rename(plan.checkpoint / "detector.pt")


def rate_at(step: int, share: float) -> float:
    """Learning rate: a short warm-up, then a cosine down to `LAST_RATE`."""
    cosine = LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * share))
    return float(cosine * min(1.0, (step + 1) / WARM_STEPS))


def learn(run: Run, plan: Plan, images: Grey, marks: Marks) -> None:
    """One optimiser step and one step of the moving average."""
    import torch

    from tools.detector_net import losses
    from tools.precision import in_halves

    for group in run.optimiser.param_groups:
        group["lr"] = rate_at(run.step, run.share(plan))
    tensor = torch.from_numpy(images).to(memory_format=torch.channels_last)
    with in_halves():
        raw = run.net(tensor)
    parts = losses(raw.float(), torch.from_numpy(marks))
    total = parts["score"] + parts["box"] + parts["corner"]
    run.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    torch.nn.utils.clip_grad_norm_(run.net.parameters(), 4.0)
    run.optimiser.step()
    follow(run.average, run.net, min(0.998, (run.step + 1) / (run.step + 10)))
    run.step += 1
    _remember(run, {name: float(value.detach()) for name, value in parts.items()})


def _remember(run: Run, parts: dict[str, float]) -> None:
    """Keep smoothed losses for the progress line."""
    for name, value in parts.items():
        run.recent[name] = 0.98 * run.recent.get(name, value) + 0.02 * value


def follow(average: PlateNet, net: PlateNet, decay: float) -> None:
    """Move the averaged weights towards the current ones."""
    import torch

    with torch.no_grad():
        pairs = zip(average.state_dict().values(), net.state_dict().values(), strict=True)
        for kept, now in pairs:
            if kept.dtype.is_floating_point:
                kept.lerp_(now, 1.0 - decay)
            else:
                kept.copy_(now)


def stock(plan: Plan) -> Larder:
    """Shards, real frames and plate faces to train on; missing shards are rendered first."""
    pool = plan.checkpoint / "pool"
    for number in track(range(plan.shards), "rendering scenes"):
        if not (pool / f"shard-{number}.npz").is_file():
            save_shard(pool, number, render_shard(number, plan.scenes_per_shard))
    rng = np.random.default_rng(plan.seed)
    frames = [frame for frame in load_real(plan.real) if not frame.held_out]
    count = min(FACES, 12 * plan.scenes_per_shard)
    faces = [cv2.cvtColor(dress(rng)[1], cv2.COLOR_BGR2GRAY) for _ in range(count)]
    flat = [np.asarray(face, np.uint8) for face in faces if face.shape[1] > 3 * face.shape[0]]
    return Larder(list(_shards(pool)), frames, flat)


def _shards(pool: Path) -> Iterator[Shard]:
    """Every finished shard of the pool."""
    for path in sorted(pool.glob("shard-*.npz")):
        yield load_shard(path)


def train(plan: Plan, run: Run) -> None:
    """Learn until the plan's time or steps are spent, keeping a checkpoint every two minutes."""
    larder, rng = stock(plan), np.random.default_rng(plan.seed + run.step)
    known, last = len(larder.shards), time.monotonic()
    saved = last
    with _progress() as bar:
        task = bar.add_task("training", total=1.0, losses="")
        while run.share(plan) < 1.0:
            learn(run, plan, *larder.batch(rng, plan.batch))
            now = time.monotonic()
            run.spent_s, last = run.spent_s + now - last, now
            bar.update(task, completed=run.share(plan), losses=_line(run))
            if now - saved > 120:
                keep(plan, run)
                bar.console.print(_line(run), f"rate {rate_at(run.step, run.share(plan)):.5f}")
                known, saved = _restock(plan, larder, known), now
    keep(plan, run)


def _restock(plan: Plan, larder: Larder, known: int) -> int:
    """Load shards that another process has added since; returns how many are known."""
    paths = sorted((plan.checkpoint / "pool").glob("shard-*.npz"), key=lambda p: p.stat().st_mtime)
    larder.shards += [load_shard(path) for path in paths[known:]]
    return max(known, len(paths))


def _line(run: Run) -> str:
    """Step and smoothed losses in one line."""
    parts = " ".join(f"{name} {value:.3f}" for name, value in run.recent.items())
    return f"step {run.step}, {run.spent_s / 60:.1f} min, {parts}"


def _progress() -> Progress:
    """A bar with the time left and the losses."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[losses]}"))  # fmt: skip
    return Progress(*columns, refresh_per_second=0.2)


def export(net: PlateNet, path: Path) -> None:
    """Write the averaged network as ONNX: image uint8 (N, 1, H, W) to plates (N, H * W / 64, 13).

    The sides, multiples of 16, are chosen where the model is opened.
    """
    import torch

    from tools.detector_net import PlateDetector
    from tools.halves import halve

    path.parent.mkdir(parents=True, exist_ok=True)
    plain = copy.deepcopy(net)
    lay(plain, torch.contiguous_format)
    detector = PlateDetector(plain).eval()
    sample = torch.zeros((1, 1, 384, 640), dtype=torch.uint8)
    axes = {"image": {0: "n", 2: "height", 3: "width"}, "plates": {0: "n", 1: "cells"}}
    torch.onnx.export(detector, (sample,), str(path), input_names=["image"],
                      output_names=["plates"], dynamic_axes=axes, opset_version=17,
                      dynamo=False)  # fmt: skip
    halve(path)


def detect(net: PlateNet, images: Grey) -> Iterator[Marks]:
    """Raw plate rows (M, 13) of every picture of (N, 1, H, W)."""
    import torch

    from tools.detector_net import PlateDetector

    detector = PlateDetector(net).eval()
    for image in images:
        with torch.no_grad():
            rows: Tensor = detector(torch.from_numpy(image[None]))
        yield rows[0].numpy()


def held_out(plan: Plan) -> tuple[Grey, Marks]:
    """Pictures and marks never trained on: rendered scenes and dashcam frames of other cars."""
    shard = render_shard(HELD_OUT_SEED, min(160, plan.scenes_per_shard))
    frames = [frame for frame in load_real(plan.real) if frame.held_out]
    rng = np.random.default_rng(HELD_OUT_SEED)
    larder = Larder([shard], frames, [], real_share=0.4, mosaic_share=0.2)
    return larder.batch(rng, min(320, 2 * len(shard.images)))


def judge(net: PlateNet, images: Grey, marks: Marks) -> Score:
    """How well held-out plates are found at the score that the box asks for."""
    return match_frames(list(detect(net, images)), marks, ASKED_SCORE)


def check(plan: Plan) -> None:
    """Refuse what cannot work before any time is spent."""
    try:
        import torch
    except ImportError as missing:
        raise click.UsageError(
            "PyTorch is not installed; install the project's training extra and run again."
        ) from missing
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if plan.out.exists() and not plan.out.is_dir():
        raise click.UsageError(f"{plan.out} is a file; give a folder to --out.")


REAL = Path("../shared/data/ro-dashcam-train")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("models"), show_default=True)
@click.option("--checkpoint", type=click.Path(path_type=Path), default=Path("build/detector"),
              show_default=True, help="Folder for checkpoints and rendered scenes.")  # fmt: skip
@click.option("--real", type=click.Path(path_type=Path), default=REAL, show_default=True,
              help="Folder of the MIT dashcam frames; left out where it is absent.")  # fmt: skip
@click.option("--minutes", type=float, default=86.0, show_default=True)
@click.option("--steps", type=int, default=0, help="Stop after so many steps instead.")
@click.option("--shards", type=int, default=56, show_default=True, help="Of 250 scenes each.")
@click.option("--scenes-per-shard", type=int, default=250, show_default=True)
@click.option("--batch", type=int, default=16, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
def main(resume: bool, **options: Any) -> None:  # noqa: ANN401 - click fills the Plan
    """Train the plate detector and write it as ONNX with its figures."""
    plan = Plan(**options)
    check(plan)
    run = start(plan, resume)
    train(plan, run)
    export(run.average, plan.out / MODEL_NAME)
    click.echo(f"{plan.out / MODEL_NAME}: {run.step} steps, {run.spent_s / 60:.1f} minutes")
    click.echo(f"held out: {judge(run.average, *held_out(plan))}")


if __name__ == "__main__":
    main()
