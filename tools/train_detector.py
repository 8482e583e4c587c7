"""Train the plate detector: python -m tools.train_detector --out models/."""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from edge.cli.finite import Finite
from tools.checkpoints import legible, refuse_unasked
from tools.detector_batches import Larder
from tools.detector_pool import Grey, Marks, Shard, load_real, load_shard, render_pool, render_shard
from tools.detector_score import Score, match_frames
from tools.synth.scenes import dress

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from rich.progress import Progress
    from torch import Tensor
    from torch.utils.data import DataLoader

    from tools.detector_net import PlateNet

MODEL_NAME = "plate-detector.onnx"
HELD_OUT_SEED = 900
FACES = 600
ASKED_SCORE = 0.6
PEAK_RATE, LAST_RATE, WARM_STEPS = 2e-3, 2e-5, 150
KEPT_EVERY_S = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run: how long, on what, where it is kept."""

    out: Path
    checkpoint: Path
    real: Path
    steps: int = 14_500
    minutes: float | None = None
    batch: int = 16
    shards: int = 56
    scenes_per_shard: int = 250
    seed: int = 1
    device: str = "auto"


@dataclass
class Run:
    """What changes while training: weights, their moving average, optimiser, time spent."""

    net: PlateNet
    average: PlateNet
    optimiser: Any
    device: torch.device
    step: int = 0
    spent_s: float = 0.0
    recent: dict[str, float] = field(default_factory=dict)

    def share(self, plan: Plan) -> float:
        """How much of the plan is done, 0..1."""
        by_time = self.spent_s / (plan.minutes * 60) if plan.minutes else 0.0
        return min(1.0, max(self.step / plan.steps, by_time))


def start(plan: Plan, resume: bool) -> Run:
    """Fresh weights from the seed, or the last checkpoint.

    Raises UsageError where there is one that nobody asked to go on from.
    """
    import torch

    from tools.detector_net import PlateNet
    from tools.workbench import place

    device = place(plan.device)
    torch.manual_seed(plan.seed)
    net = PlateNet().to(device)
    lay(net, torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    run = Run(net, copy.deepcopy(net).eval(), optimiser, device)
    kept = plan.checkpoint / "detector.pt"
    if kept.is_file():
        refuse_unasked(kept, resume)
        with legible(kept, "Delete it to begin anew."):
            state = torch.load(kept, map_location=device, weights_only=True)
            net.load_state_dict(state["net"])
            run.average.load_state_dict(state["average"])
            optimiser.load_state_dict(state["optimiser"])
            run.step, run.spent_s = state["step"], state["spent_s"]
        click.echo(f"going on from {kept}, step {run.step} of {plan.steps}")
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
    from tools.workbench import in_halves

    for group in run.optimiser.param_groups:
        group["lr"] = rate_at(run.step, run.share(plan))
    with run.device:
        seen = torch.as_tensor(images).to(memory_format=torch.channels_last)
        with in_halves(run.device):
            raw = run.net(seen)
        parts = losses(raw.float(), torch.as_tensor(marks))
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
    from tools.workbench import cores

    frames = [frame for frame in load_real(plan.real) if not frame.held_out]
    pool, shards = plan.checkpoint / "pool", list[Shard]()
    drawn = render_pool(pool, plan.shards, plan.scenes_per_shard, cores())
    for path in sorted(track(drawn, "rendering scenes", total=plan.shards)):
        with legible(path, "Delete it: it is drawn again."):
            shards.append(load_shard(path))
    rng = np.random.default_rng(plan.seed)
    count = min(FACES, 12 * plan.scenes_per_shard)
    faces = [cv2.cvtColor(dress(rng)[1], cv2.COLOR_BGR2GRAY) for _ in range(count)]
    flat = [np.asarray(face, np.uint8) for face in faces if face.shape[1] > 3 * face.shape[0]]
    return Larder(shards, frames, flat)


def batches(larder: Larder, plan: Plan, run: Run) -> DataLoader[tuple[Grey, Marks]]:
    """Draw batches without end, beside a GPU in processes of their own.

    Without one they would only take the cores that learn: a batch takes 0.06 s, a step 0.36.
    """
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info

    from tools.workbench import cores, leave_interrupts

    class Stream(IterableDataset[tuple[Grey, Marks]]):
        def __iter__(self) -> Iterator[tuple[Grey, Marks]]:
            worker = get_worker_info()
            if worker is not None:
                leave_interrupts()
            rng = np.random.default_rng((plan.seed, run.step, worker.id if worker else 0))
            while True:
                yield larder.batch(rng, plan.batch)

    processes = 0 if run.device.type == "cpu" else max(1, cores() - 1)
    return DataLoader(Stream(), batch_size=None, num_workers=processes, collate_fn=tuple)


def train(plan: Plan, run: Run) -> None:
    """Learn until the plan's time or steps are spent, or Ctrl-C; keeps a checkpoint.

    Raises click.Abort at Ctrl-C.
    """
    from tools.workbench import bar

    try:
        drawn = batches(stock(plan), plan, run)
    except KeyboardInterrupt:
        click.echo("stopped while scenes are drawn: what is drawn is kept, run again to go on")
        raise click.Abort from None
    with bar(Console()) as shown:
        try:
            _learn_on(plan, run, shown, drawn)
        except KeyboardInterrupt:
            shown.console.print(f"stopped at step {run.step}: --resume goes on from there")
            raise click.Abort from None
        finally:
            keep(plan, run)


def _learn_on(plan: Plan, run: Run, shown: Progress, drawn: Iterable[tuple[Grey, Marks]]) -> None:
    """Learn from batches until the plan is done, keeping a checkpoint every two minutes."""
    task = shown.add_task("training", total=1.0, losses="")
    last = saved = time.monotonic()
    for images, marks in drawn:
        if run.share(plan) >= 1.0:
            break
        learn(run, plan, images, marks)
        now = time.monotonic()
        run.spent_s, last = run.spent_s + now - last, now
        shown.update(task, completed=run.share(plan), losses=_line(run))
        if now - saved > KEPT_EVERY_S:
            keep(plan, run)
            shown.console.print(_line(run), f"rate {rate_at(run.step, run.share(plan)):.5f}")
            saved = now


def _line(run: Run) -> str:
    """Step and smoothed losses in one line."""
    parts = " ".join(f"{name} {value:.3f}" for name, value in run.recent.items())
    return f"step {run.step}, {run.spent_s / 60:.1f} min, {parts}"


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
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
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
    from tools.workbench import cores

    torch.set_num_threads(cores())
    cv2.setNumThreads(1)
    if plan.out.exists() and not plan.out.is_dir():
        raise click.UsageError(f"{plan.out} is a file; give a folder to --out.")


REAL = Path("../shared/data/ro-dashcam-train")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("models"), show_default=True,
              help="Folder that receives plate-detector.onnx.")  # fmt: skip
@click.option("--checkpoint", type=click.Path(path_type=Path, file_okay=False),
              default=Path("build/detector"), show_default=True,
              help="Folder for checkpoints and rendered scenes.")  # fmt: skip
@click.option("--real", type=click.Path(path_type=Path), default=REAL, show_default=True,
              help="Folder of the MIT dashcam frames; left out where it is absent.")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1), default=14_500, show_default=True,
              help="Steps of training in all.")  # fmt: skip
@click.option("--minutes", type=Finite(min=0, min_open=True),
              help="Stop after this many minutes, if that comes first.")  # fmt: skip
@click.option("--shards", type=click.IntRange(min=1), default=56, show_default=True,
              help="How many files of drawn scenes to train on.")  # fmt: skip
@click.option("--scenes-per-shard", type=click.IntRange(min=1), default=250, show_default=True)
@click.option("--batch", type=click.IntRange(min=2), default=16, show_default=True,
              help="Pictures a step.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="Seed of weights, order and noise.")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True, help="Where to compute; auto: a GPU if there is one.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
def main(resume: bool, **options: Any) -> None:  # noqa: ANN401 - click fills the Plan
    """Train the plate detector and write it as ONNX with its figures."""
    plan = Plan(**options)
    check(plan)
    run = start(plan, resume)
    if run.share(plan) < 1.0:
        train(plan, run)
    net = run.average.cpu()
    export(net, plan.out / MODEL_NAME)
    click.echo(f"{plan.out / MODEL_NAME}: {run.step} steps, {run.spent_s / 60:.1f} minutes")
    click.echo(f"held out: {judge(net, *held_out(plan))}")


if __name__ == "__main__":
    main()
