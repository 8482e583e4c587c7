"""Train the plate reader on synthetic plates and export it for fast-plate-ocr."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.cli.finite import Finite
from tools import reader_sets
from tools.checkpoints import legible, refuse_unasked
from tools.reader_batches import Batches, Costs
from tools.synth.crops import CROP_HEIGHT, CROP_WIDTH, REGIONS, UNTOLD, Pool

if TYPE_CHECKING:
    from rich.progress import Progress
    from torch import Tensor

    from tools.reader_net import ReaderNet

COUNTRY_WEIGHT = 0.3
"""What a wrong country costs beside a wrong character."""
COUNTRY_DOUBT = 0.02
"""Share of every country's label that goes to all others: no look proves a country."""
REAL_VARIANTS = 40
WARM_UP_STEPS = 200
WARM_SHARE = 0.2
PEAK_RATE = 2e-3
AVERAGE = 0.998
REPORT_EVERY = 200

CONFIG = f"""\
# Read by fast-plate-ocr: LicensePlateRecognizer(onnx_model_path=, plate_config_path=).
max_plate_slots: 10
alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
pad_char: "_"
img_height: 48
img_width: 192
keep_aspect_ratio: false
interpolation: linear
image_color_mode: rgb
padding_color: [114, 114, 114]
plate_regions: {list(REGIONS)}
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train, from what, and where to keep it."""

    steps: int
    minutes: float | None
    seed: int
    plates: int
    workers: int | None
    device: str
    checkpoint: Path
    real: Path | None


class Training:
    """A network in training, its average and how far it is."""

    def __init__(self, seed: int, device: str = "auto") -> None:
        import torch

        from tools.reader_net import ReaderNet
        from tools.workbench import place

        self.device = place(device)
        torch.manual_seed(seed)
        self.net = ReaderNet().to(self.device)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
        self.average = ReaderNet().to(self.device)
        self.average.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(self.net.parameters(), PEAK_RATE, weight_decay=0.02)
        self.step = 0
        self.seconds = 0.0

    def state(self) -> dict[str, Any]:
        """Collect everything a later run needs to go on."""
        return {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]

    def learn(self, batch: Pool, rate: float) -> Costs:
        """Take one step; returns what each plate cost, its country 0 where that is not told."""
        import torch

        from tools.reader_net import tempered

        self.net.train()
        with self.device:
            read, origin, told = self._costs(batch)
            loss = tempered(read).mean() + COUNTRY_WEIGHT * origin.sum() / told
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        self._update_average()
        return np.asarray(torch.stack([read, origin], 1).detach().cpu(), np.float32)

    def _costs(self, batch: Pool) -> tuple["Tensor", "Tensor", "Tensor"]:
        """What reading each plate costs, what its country does, and of how many that is told."""
        import torch
        from torch.nn import functional

        from tools.reader_net import normalise, reading_costs
        from tools.workbench import in_halves

        crops = normalise(jittered(torch.as_tensor(batch.images)))
        with in_halves(self.device):
            spelled, region = self.net(crops.to(memory_format=torch.channels_last))
        regions = torch.as_tensor(batch.regions).long()
        origin = functional.cross_entropy(
            region.float(), regions, ignore_index=UNTOLD, reduction="none",
            label_smoothing=COUNTRY_DOUBT,
        )  # fmt: skip
        read = reading_costs(spelled, torch.as_tensor(batch.rows))
        return read, origin, (regions != UNTOLD).sum()

    def _update_average(self) -> None:
        """Move the averaged weights towards the present ones."""
        import torch

        keep = min(AVERAGE, (1 + self.step) / (10 + self.step))
        present = self.net.state_dict()
        with torch.no_grad():
            for name, kept in self.average.state_dict().items():
                if kept.dtype.is_floating_point:
                    kept.lerp_(present[name], 1 - keep)
                else:
                    kept.copy_(present[name])


def jittered(crops: "Tensor") -> "Tensor":
    """Shift, scale, tilt, darken and roughen crops.

    (N, 54, 208, 3) uint8 BGR -> (N, 3, 48, 192) float32 RGB in 0..255.
    """
    import torch
    from torch.nn import functional

    count = len(crops)
    shift = torch.randn(count, 2, 3) * torch.tensor([[0.02, 0.01, 0.02], [0.01, 0.03, 0.05]])
    shift[:, :, :2] += torch.diag(torch.tensor([192 / CROP_WIDTH, 48 / CROP_HEIGHT]))
    seen = torch.cat([shift[:, :, :2] @ torch.linalg.inv(tilts(count)), shift[:, :, 2:]], 2)
    grid = functional.affine_grid(seen, [count, 3, 48, 192], align_corners=False)
    level = 255 * torch.rand(count, 1, 1, 1)
    way = "border" if torch.rand((), device="cpu") < 0.5 else "zeros"
    source = crops.flip(3).permute(0, 3, 1, 2).float() - level
    moved = functional.grid_sample(source, grid, padding_mode=way, align_corners=False) + level
    gain = (0.75 + 0.5 * torch.rand(count, 1, 1, 1)) * (1 + 0.04 * torch.randn(count, 3, 1, 1))
    gain = gain * warmth(count)
    grain = torch.randn(count, 1, 48, 192) * 5 * torch.rand(count, 1, 1, 1)
    return (moved * gain + 15 * torch.randn(count, 1, 1, 1) + grain).clamp(0, 255)


def warmth(count: int) -> "Tensor":
    """Draw gains of RGB under lamps and a low sun: (count, 3, 1, 1), most of them one.

    Under such light a white face looks yellow: the face colour alone may not name a country.
    """
    import torch

    warm = (0.4 * torch.randn(count, 1)).abs() * (torch.rand(count, 1) < WARM_SHARE)
    return torch.exp(-warm * torch.tensor([[0.0, 0.4, 1.0]]))[:, :, None, None]


def tilts(count: int) -> "Tensor":
    """Draw how plates tilt within upright boxes, in unit coordinates: (count, 2, 2).

    A plate of width 1 and height `high`, turned or sheared by an angle, fills a taller box.
    """
    import torch

    angle = (0.14 * torch.randn(count)).clamp(-0.38, 0.38) * (torch.rand(count) < 0.4)
    high, rigid = 0.21 + 0.35 * torch.rand(count) ** 2, 1.3 * torch.rand(count) - 0.3
    sine, cosine = angle.sin(), angle.cos()
    across = high * sine * rigid
    wide, tall = cosine + across.abs(), sine.abs() + high * cosine
    rows = [cosine / wide, -across / wide, sine / tall, high * cosine / tall]
    return torch.stack(rows, 1).reshape(count, 2, 2)


def rate_at(step: int, progress: float) -> float:
    """Give the learning rate: a short warm-up, then a cosine down to a hundredth."""
    cosine = 0.5 * (1 + np.cos(np.pi * min(1.0, progress)))
    return float(PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.01 + 0.99 * cosine))


def train(
    training: Training,
    batches: Batches,
    plan: Plan,
    console: Console,
    renderers: Sequence[BaseProcess] = (),
) -> None:
    """Train until the minutes or the steps are over, or Ctrl-C; saves as it goes.

    Raises click.Abort at Ctrl-C.
    """
    from tools.workbench import bar

    with bar(console) as shown:
        try:
            _learn_on(training, batches, plan, shown, renderers)
        except KeyboardInterrupt:
            console.print(f"stopped at step {training.step}: --resume goes on from there")
            raise click.Abort from None
        finally:
            save(training, plan.checkpoint)


def _learn_on(
    training: Training,
    batches: Batches,
    plan: Plan,
    shown: "Progress",
    renderers: Sequence[BaseProcess],
) -> None:
    """Learn until the plan is done, on the cores that nobody renders on."""
    import torch

    from tools.workbench import cores

    task, costs = shown.add_task("training", total=1.0, losses=""), list[Costs]()
    while (progress := _progress(training, plan)) < 1:
        start = time.monotonic()
        torch.set_num_threads(max(1, cores() - sum(r.is_alive() for r in renderers)))
        costs.append(training.learn(batches.draw(), rate_at(training.step, progress)))
        batches.remember(costs[-1])
        training.seconds += time.monotonic() - start
        line = _line(training, costs)
        shown.update(task, completed=_progress(training, plan), losses=line)
        if training.step % REPORT_EVERY == 0:
            plates = batches.look_for_shards() * reader_sets.SHARD
            shown.console.print(f"{line}  plates {plates}")
            save(training, plan.checkpoint)
            costs = []


def _progress(training: Training, plan: Plan) -> float:
    """Tell how far training is, in 0..1."""
    by_time = training.seconds / (60 * plan.minutes) if plan.minutes else 0.0
    return max(training.step / plan.steps, by_time)


def _line(training: Training, costs: Sequence[Costs]) -> str:
    """Step, minutes, and what plates cost on average of late."""
    reading, country = np.concatenate(costs).mean(axis=0)
    return (
        f"step {training.step}  {training.seconds / 60:.1f} min  "
        f"reading {reading:.4f}  country {country:.4f}"
    )


def save(training: Training, folder: Path) -> None:
    """Write a checkpoint so that it is whole or not there."""
    import torch

    part = folder / "reader.part"
    torch.save(training.state(), part)
    part.rename(folder / "reader.pt")


def export(net: "ReaderNet", out: Path) -> tuple[Path, Path]:
    """Write the model, its weights in halves, and its configuration; returns both paths."""
    from tools.halves import halve
    from tools.reader_net import export_reader

    out.mkdir(parents=True, exist_ok=True)
    model, config = out / "plate-reader.onnx", out / "plate-reader.yaml"
    export_reader(net, model)
    halve(model)
    config.write_text(CONFIG)
    return model, config


def evaluation_sets(real: Path | None, synthetic: int) -> Iterator[reader_sets.Crop]:
    """Chain every labelled crop to measure on."""
    sets: list[Iterable[reader_sets.Crop]] = [reader_sets.held_out_synthetic(synthetic)]
    wanted = {
        "ro-dashcam-train": reader_sets.dashcam_held_out,
        "eu-crops-eval": reader_sets.european_crops,
        "nl-clips": reader_sets.dutch_clips,
    }
    if real is not None:
        sets += [crops(real / name) for name, crops in wanted.items() if (real / name).is_dir()]
    return chain.from_iterable(sets)


def evaluate(model: Path, config: Path, real: Path | None, synthetic: int = 2000) -> Table:
    """Read every labelled crop through fast-plate-ocr and count exact readings per set."""
    from fast_plate_ocr import LicensePlateRecognizer

    recogniser = LicensePlateRecognizer(
        onnx_model_path=model, plate_config_path=config, providers=["CPUExecutionProvider"]
    )
    right: dict[str, list[bool]] = defaultdict(list)
    at_home: dict[str, list[bool]] = defaultdict(list)
    for crop in evaluation_sets(real, synthetic):
        colours = np.asarray(cv2.cvtColor(crop.image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        found = recogniser.run_one(colours, return_confidence=True)
        exact = any(word in crop.set for word in ("NL", "nl-", "crops B", "synthetic"))
        same = found.plate == crop.text if exact else folded(found.plate) == folded(crop.text)
        right[crop.set].append(same)
        if crop.country:
            at_home[crop.set].append(found.region == crop.country)
    table = Table("set", "exact", "of", "share", "country right")
    for name, results in sorted(right.items()):
        home = at_home[name]
        country = f"{sum(home) / len(home):.1%}" if home else "-"
        share = f"{sum(results) / len(results):.1%}"
        table.add_row(name, str(sum(results)), str(len(results)), share, country)
    return table


def folded(text: str) -> str:
    """Write a text with O as 0 and I as 1, for countries that draw both alike."""
    return text.replace("O", "0").replace("I", "1")


def _real_pool(plan: Plan) -> Pool | None:
    """Vary the real plates that training may see, or None without the shared set."""
    if plan.real is None or not (plan.real / "ro-dashcam-train").is_dir():
        return None
    plates = reader_sets.dashcam_plates(plan.real / "ro-dashcam-train")
    seen = [plate for plate in plates if not reader_sets.is_held_out(plate.text)]
    return reader_sets.real_pool(seen, REAL_VARIANTS, plan.seed)


def _wait_for_plates(batches: Batches, console: Console, renderers: Sequence[BaseProcess]) -> None:
    """Wait until the first shards are rendered.

    Raises ClickException when nobody renders any more.
    """
    with console.status(f"rendering the first {reader_sets.SHARD} plates"):
        while batches.look_for_shards() == 0:
            if not any(renderer.is_alive() for renderer in renderers):
                raise click.ClickException("No plates could be rendered; see what is said above.")
            time.sleep(0.5)


@click.command(epilog="See models/plate-reader.md for what the shipped model was trained with.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="models",
    show_default=True,
    help="Folder that receives plate-reader.onnx and plate-reader.yaml.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=70_000,
    show_default=True,
    help="Steps of training in all.",
)
@click.option(
    "--minutes",
    type=Finite(min=0, min_open=True),
    help="Stop after this many minutes, if that comes first.",
)
@click.option(
    "--plates",
    type=click.IntRange(min=1),
    default=700_000,
    show_default=True,
    help="Synthetic plates to render, in files of 5000.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    show_default="all cores but one",
    help="Processes that render plates.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute; auto: a GPU where there is one.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of weights, order and noise.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    default="build/reader",
    show_default=True,
    help="Folder of the checkpoint and of the rendered plates.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint instead of starting anew.")
@click.option(
    "--real",
    type=click.Path(path_type=Path),
    default="../shared/data",
    show_default=True,
    help="Folder of the real plates; left out where missing.",
)
@click.option("--only-export", is_flag=True, help="Export and measure the checkpoint, no training.")
def main(
    out: Path, steps: int, minutes: float | None, plates: int, workers: int | None, device: str,
    seed: int, checkpoint: Path, resume: bool, real: Path, only_export: bool,
) -> None:  # fmt: skip
    """Train the plate reader on synthetic plates, export it, and print what it reads.

    Renders plates into the checkpoint folder and trains beside that, writes checkpoints that
    --resume continues, exports the averaged weights, and counts exact readings on held-out sets.
    """
    shown = real if real.is_dir() else None
    plan = Plan(steps, minutes, seed, plates, workers, device, checkpoint, shown)
    console = Console()
    checkpoint.mkdir(parents=True, exist_ok=True)
    if only_export and not (checkpoint / "reader.pt").exists():
        raise click.UsageError(
            f"{checkpoint} holds no reader.pt; name its folder with --checkpoint."
        )
    training = _start(plan, resume or only_export)
    if not only_export and _progress(training, plan) < 1:
        _render_and_train(training, plan, console)
    model, config = export(training.average.cpu(), out)
    console.print(evaluate(model, config, shown))


def _start(plan: Plan, resume: bool) -> Training:
    """Begin a new training, or take up the one that was interrupted.

    Raises UsageError where there is one that nobody asked to go on from.
    """
    import torch

    training = Training(plan.seed, plan.device)
    saved = plan.checkpoint / "reader.pt"
    if saved.exists():
        refuse_unasked(saved, resume)
        with legible(saved, "Delete it to begin anew."):
            training.load(torch.load(saved, map_location=training.device, weights_only=True))
        click.echo(f"going on from {saved}, step {training.step} of {plan.steps}")
    return training


def _render_and_train(training: Training, plan: Plan, console: Console) -> None:
    """Render in the background and train on what is there."""
    from tools.workbench import cores

    folder = plan.checkpoint / "pool"
    shards = -(-plan.plates // reader_sets.SHARD)
    workers = plan.workers or max(1, cores() - 1)
    renderers = reader_sets.start_rendering(folder, shards, workers)
    batches = Batches(folder, _real_pool(plan), plan.seed + training.step)
    _wait_for_plates(batches, console, renderers)
    train(training, batches, plan, console, renderers)
    for renderer in renderers:
        renderer.terminate()


if __name__ == "__main__":
    main()
