"""The reader's network, its loss and its export; importing this needs PyTorch."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.synth.crops import PAD, REGIONS, SIGNS

HEIGHT, WIDTH = 48, 192
CLASSES = len(SIGNS) + 1
PARTS = 4
"""Columns told apart within one column of the features: two strokes of 11 need a blank between."""
COLUMNS = WIDTH // 8 * PARTS
SLOTS = 10
KNEE = 0.5
"""Loss a character above which a plate counts by its logarithm: nobody reads it, so it may not
take what the readable ones have to teach."""


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Build a 3x3 convolution with batch normalisation."""
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _widely(channels: int) -> nn.Sequential:
    """Let seven columns beside each other tell what one of them is: a band, a seal, a stroke."""
    along = nn.Conv2d(channels, channels, (1, 7), padding=(0, 3), groups=channels, bias=False)
    mixed = nn.Conv2d(channels, channels, 1, bias=False)
    return nn.Sequential(along, mixed, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class Origin(nn.Module):  # type: ignore[misc, unused-ignore]
    """Which country a plate looks to be of: (N, 3, 48, 192) float32 -> logits (N, len(REGIONS))."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, 16, 2), _convolution(16, 32, 2))
        self.detail = _convolution(32, 32)
        self.shrink = _convolution(32, 64, 2)
        self.trunk = _convolution(64, 64)
        self.region = nn.Linear(64 * 36, len(REGIONS))

    def forward(self, crops: Tensor) -> Tensor:
        """Logits of the countries."""
        fine = self.stem(crops)
        features = self.shrink(fine + self.detail(fine))
        features = features + self.trunk(features)
        return self.region(functional.adaptive_avg_pool2d(features, (3, 12)).flatten(1))


class ReaderNet(nn.Module):  # type: ignore[misc, unused-ignore]
    """Two lines of text in a plate crop, as classes over columns for CTC, and its country.

    (N, 3, 48, 192) float32, normalised RGB -> logits (N, 2, COLUMNS, CLASSES), the last class
    being blank, and logits (N, len(REGIONS)). The country is seen by eyes of its own: what reads
    characters soon forgets of what colour they were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _convolution(3, 24, 2), _convolution(24, 48, 2), _convolution(48, 48)
        )
        self.detail = _convolution(48, 48)
        self.shrink = _convolution(48, 128, 2)
        self.trunk = nn.ModuleList(_convolution(128, 128) for _ in range(5))
        self.column = nn.Conv2d(128, 224, (HEIGHT // 8, 1))
        self.whole = nn.Conv2d(128, 224, 1)
        self.neighbours = nn.Conv2d(224, 224, (1, 3), padding=(0, 1), groups=8)
        self.along = nn.ModuleList(_widely(224) for _ in range(2))
        self.signs = nn.Conv2d(224, 2 * PARTS * CLASSES, 1)
        self.origin = Origin()

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both lines, and of the country."""
        return self.spell(crops), self.origin(crops)

    def spell(self, crops: Tensor) -> Tensor:
        """Logits of both lines."""
        fine = self.stem(crops)
        features = self.shrink(fine + self.detail(fine))
        for layer in self.trunk:
            features = features + layer(features)
        columns = functional.relu(self.column(features) + self.whole(features.mean((2, 3), True)))
        columns = columns + functional.relu(self.neighbours(columns))
        for layer in self.along:
            columns = columns + layer(columns)
        signs: Tensor = self.signs(columns).reshape(-1, 2, PARTS, CLASSES, COLUMNS // PARTS)
        return signs.permute(0, 1, 4, 2, 3).reshape(-1, 2, COLUMNS, CLASSES)


def normalise(crops: Tensor) -> Tensor:
    """Bring crops (N, 3, H, W) in 0..255 to zero mean and about unit contrast each.

    All channels by one measure: the colour of a face and of its band tell the country.
    """
    unit = crops / 255
    centred = unit - unit.mean((1, 2, 3), True)
    return centred / ((centred * centred).mean((1, 2, 3), True).sqrt() + 0.03)


def reading_costs(logits: Tensor, rows: Tensor) -> Tensor:
    """What each plate costs, (N,): its CTC loss a character; `rows` is (N, 2, ROW_SLOTS)."""
    columns = logits.float().flatten(0, 1).log_softmax(-1).transpose(0, 1)
    targets = rows.flatten(0, 1).long()
    lengths = (targets != PAD).sum(1)
    seen = torch.full_like(lengths, COLUMNS)
    losses = functional.ctc_loss(
        columns, targets, seen, lengths, blank=PAD, reduction="none", zero_infinity=True
    )
    return losses.view(-1, 2).sum(1) / lengths.view(-1, 2).sum(1).clamp(min=1)


def tempered(costs: Tensor) -> Tensor:
    """What plates count in a step: their costs, above KNEE no more than the logarithm of them."""
    return torch.where(costs > KNEE, KNEE * (1 + (costs.clamp(min=KNEE) / KNEE).log()), costs)


def collapse(logits: Tensor) -> Tensor:
    """Collapse columns into characters: (N, 2, COLUMNS, CLASSES) -> (N, SLOTS, CLASSES).

    A slot is the n-th character of both lines; its distribution is the mean over the columns that
    spell it, each weighed by its chance not to be blank. Slots beyond the text are all padding.
    """
    chances = logits.softmax(-1)
    best = chances.argmax(-1)
    before = torch.cat([torch.full_like(best[:, :, :1], PAD), best[:, :, :-1]], 2)
    inked = (best != PAD).flatten(1)
    starts = ((best != PAD) & (best != before)).flatten(1)
    ordinal = starts.float().cumsum(1) - 1
    slots = torch.arange(SLOTS, dtype=torch.float32)[None, :, None]
    member = ((ordinal[:, None, :] == slots) & inked[:, None, :]).float()
    flat = chances.flatten(1, 2)
    weights = member * (1 - flat[..., PAD])[:, None, :]
    total = weights.sum(-1, keepdim=True)
    padding = functional.one_hot(torch.tensor(PAD), CLASSES).float()
    return weights @ flat / (total + 1e-9) + (total == 0).float() * padding


def certainty(logits: Tensor) -> Tensor:
    """Chance that the greedy reading of both lines is all there is: (N, 1).

    The product of the best chance of every column: a character that was missed or seen twice
    shows in the blanks around it, where no slot shows it.
    """
    best = logits.log_softmax(-1).max(-1).values
    return best.flatten(1).sum(1, keepdim=True).exp()


class ReaderGraph(nn.Module):  # type: ignore[misc, unused-ignore]
    """What is exported: uint8 RGB crops (N, 48, 192, 3) -> chances.

    `plate` (N, SLOTS, CLASSES), `region` (N, len(REGIONS)), `whole` (N, 1).
    """

    def __init__(self, net: ReaderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Chances of every sign in every slot, of every country, and of the whole text."""
        spelled, region = self.net(normalise(crops.float().permute(0, 3, 1, 2)))
        return collapse(spelled), region.softmax(-1), certainty(spelled)


def export_reader(net: ReaderNet, path: Path) -> None:
    """Write a network as ONNX, with input `input` and outputs `plate`, `region` and `whole`."""
    graph = ReaderGraph(net).eval()
    crops = torch.zeros((2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    names = ["plate", "region", "whole"]
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.onnx.export(
            graph, (crops,), str(path), input_names=["input"], output_names=names,
            dynamic_axes={name: {0: "n"} for name in ("input", *names)}, opset_version=17,
            dynamo=False,
        )  # fmt: skip
