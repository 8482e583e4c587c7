"""The plate detector's network: grey picture in, one decoded plate row per stride-8 cell out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
VALUES = 13
NEAR_PX, ASKED_SHARE, FULL_IOU = 5.0, 0.6, 0.8
UNIT_PX = torch.tensor([24.0, 8.0]).reshape(2, 1, 1)
"""Half the width and height of a box whose logarithms are zero."""
QUARTERS = torch.tensor([-1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0]).reshape(4, 2, 1, 1)
"""The corners in half widths and heights from the middle."""


def layer(before: int, after: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation and ReLU."""
    conv = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


class PlateNet(nn.Module):
    """Stem to stride 8, a wide-sighted branch at stride 16, and one head; channels by sixteens.

    Processors work on sixteen channels at once: 12, 24 and 40 cost them as much as 16, 32, 48.
    """

    def __init__(self) -> None:
        """Build the layers; the first scores are low so that early losses stay calm."""
        super().__init__()
        self.stem = nn.Sequential(layer(1, 16, 2), layer(16, 32, 2), layer(32, 48, 2))
        self.down = layer(48, 64, 2)
        self.sight = nn.ModuleList([layer(64, 64, 1, step) for step in (1, 2, 4, 2, 4)])
        self.narrow = nn.Conv2d(64, 48, 1)
        self.merge = layer(48, 48)
        self.sharpen = layer(48, 48)
        self.head = nn.Conv2d(48, VALUES, 1)
        first = torch.zeros(VALUES)
        first[0] = -4.0
        self.head.bias = nn.Parameter(first)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, image: Tensor) -> Tensor:
        """Grey (N, 1, H, W) in 0..255 to raw maps (N, 13, H/8, W/8)."""
        raw: Tensor = self.head(self.features(image))
        return raw

    def features(self, image: Tensor) -> Tensor:
        """Grey (N, 1, H, W) in 0..255 to what the head reads, (N, 48, H/8, W/8)."""
        fine = self.stem(image.float() * (1 / 64) - 2.0)
        wide = self.down(fine)
        for k, step in enumerate(self.sight):
            wide = wide + step(wide) if k else step(wide)
        wide = functional.interpolate(self.narrow(wide), scale_factor=2.0, mode="nearest")
        merged: Tensor = self.merge(torch.relu(fine + wide))
        sharp: Tensor = merged + self.sharpen(merged)
        return sharp


def cell_centres(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Pixel x (1, W) and y (H, 1) of every cell's centre."""
    x = (torch.arange(columns, dtype=torch.float32) + 0.5) * STRIDE
    y = (torch.arange(rows, dtype=torch.float32) + 0.5) * STRIDE
    return x[None, :], y[:, None]


def decode(raw: Tensor) -> Tensor:
    """Raw maps (N, 13, h, w) to plates (N, h * w, 13): score, box, corners in pixels."""
    rows, columns = raw.shape[2], raw.shape[3]
    x, y = cell_centres(rows, columns)
    centres = torch.stack([x.expand(rows, columns), y.expand(rows, columns)])
    middle = centres + raw[:, 1:3] * STRIDE
    half = UNIT_PX.to(raw.device) * torch.exp(raw[:, 3:5].clamp(-4, 3))
    quarters = QUARTERS.to(raw.device)
    offsets = (raw[:, 5:].reshape(-1, 4, 2, rows, columns) + quarters) * half[:, None]
    corners = (offsets + middle[:, None]).reshape(-1, 8, rows, columns)
    planes = [torch.sigmoid(raw[:, :1]), middle - half, middle + half, corners]
    return torch.cat(planes, dim=1).flatten(2).transpose(1, 2)


class PlateDetector(nn.Module):
    """The network with its decoding, as it is exported."""

    def __init__(self, net: PlateNet) -> None:
        """Wrap trained weights."""
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """uint8 (N, 1, H, W) to float32 (N, H * W / 64, 13)."""
        return decode(self.net(image))


@dataclass(frozen=True, slots=True)
class Targets:
    """What every cell of a batch should say, (N, h, w) each.

    `hit` marks cells that answer for a plate, `owner` is that plate's index, `weight` shares
    one plate's say among its cells, and `miss` is how much a score elsewhere costs.
    """

    hit: Tensor
    owner: Tensor
    weight: Tensor
    miss: Tensor


def spread(marks: Tensor, rows: int, columns: int) -> Targets:
    """Targets of one batch from marks (N, P, 13): corners, box, visible share; NaN where absent.

    Every cell whose centre lies near a plate's centre answers for it: at least the nearest
    two across and down where it falls between, so that no small plate is torn between cells.
    """
    x, y = cell_centres(rows, columns)
    x0, y0, x1, y1 = (marks[:, :, k, None, None] for k in (8, 9, 10, 11))
    seen = torch.nan_to_num(marks[:, :, 12, None, None])
    half_w, half_h = (x1 - x0) / 2, (y1 - y0) / 2
    dx, dy = (x - (x0 + x1) / 2).abs(), (y - (y0 + y1) / 2).abs()
    reach_x, reach_y = (half_w * 0.24).clamp(min=NEAR_PX), (half_h * 0.4).clamp(min=NEAR_PX)
    far = torch.maximum(dx / reach_x, dy / reach_y)
    asked = seen >= ASKED_SHARE
    near = torch.where(asked & ~torch.isnan(far), far, torch.full((), 9.0))
    least, owner = near.min(dim=1)
    hit = least <= 1.0
    inside = (dx < half_w + 4) & (dy < half_h + 4)
    hazy = (inside & ~asked).any(dim=1) & ~hit
    own = hit[:, None] & (owner[:, None] == torch.arange(marks.shape[1])[:, None, None])
    cells = own.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    weight = (own / cells).sum(dim=1)
    miss = (1 - torch.exp(-0.7 * least**2)) ** 4 * ~hit * ~hazy
    return Targets(hit, owner, weight, miss)


def losses(raw: Tensor, marks: Tensor) -> dict[str, Tensor]:
    """Score, box and corner losses of raw maps (N, 13, h, w) against marks (N, P, 13)."""
    goals = spread(marks, raw.shape[2], raw.shape[3])
    n, row, column = goals.hit.nonzero(as_tuple=True)
    got = decode(raw)[n, row * raw.shape[3] + column]
    goal = marks[n, goals.owner[n, row, column]]
    weight = goals.weight[n, row, column]
    plates = weight.sum().clamp(min=4.0)
    iou = _iou(got[:, 1:5], goal[:, 8:12])
    hit = _hit_loss(raw[n, 0, row, column], iou.detach())
    box = _box_loss(got[:, 1:5], goal[:, 8:12], iou)
    corner = _corner_loss(got[:, 5:], goal[:, :8], goal[:, 8:12])
    return {
        "score": ((hit * weight).sum() + (_miss_loss(raw[:, 0]) * goals.miss).sum()) / plates,
        "box": (box * weight).sum() / plates,
        "corner": (corner * weight).sum() / plates,
    }


def _hit_loss(logit: Tensor, iou: Tensor) -> Tensor:
    """Cross-entropy of a plate's score against how well its box fits, per row."""
    quality = (iou / FULL_IOU).clamp(0.0, 1.0)
    return 1.5 * functional.binary_cross_entropy_with_logits(logit, quality, reduction="none")


def _miss_loss(logit: Tensor) -> Tensor:
    """Focal cross-entropy of a score where there is no plate, per cell."""
    return torch.sigmoid(logit) ** 2 * functional.softplus(logit)


def _iou(got: Tensor, goal: Tensor) -> Tensor:
    """Overlap of boxes (N, 4) with boxes (N, 4), row by row."""
    low, high = torch.maximum(got[:, :2], goal[:, :2]), torch.minimum(got[:, 2:], goal[:, 2:])
    both = (high - low).clamp(min=0).prod(dim=1)
    either = _area(got) + _area(goal) - both
    return both / either.clamp(min=1e-6)


def _box_loss(got: Tensor, goal: Tensor, iou: Tensor) -> Tensor:
    """Distance-IoU loss plus edge errors in plate heights, per row."""
    hull = torch.maximum(got[:, 2:], goal[:, 2:]) - torch.minimum(got[:, :2], goal[:, :2])
    shift = ((got[:, :2] + got[:, 2:] - goal[:, :2] - goal[:, 2:]) / 2).pow(2).sum(dim=1)
    distance = shift / hull.pow(2).sum(dim=1).clamp(min=1e-6)
    edges = _edge_errors(got, goal, goal)
    return 1.0 - iou + distance + 0.5 * edges


def _edge_errors(got: Tensor, goal: Tensor, box: Tensor) -> Tensor:
    """Mean smooth error per row in plate heights, which makes small plates count as large ones."""
    high_px = (box[:, 3] - box[:, 1]).clamp(min=3.0)[:, None]
    error = functional.smooth_l1_loss(got / high_px, goal / high_px, reduction="none", beta=0.1)
    return error.mean(dim=1)


def _area(box: Tensor) -> Tensor:
    """Areas of boxes (N, 4)."""
    return (box[:, 2:] - box[:, :2]).clamp(min=0).prod(dim=1)


def _corner_loss(got: Tensor, goal: Tensor, box: Tensor) -> Tensor:
    """Corner errors in plate heights per row; zero where the corners are unknown."""
    known = ~torch.isnan(goal).any(dim=1)
    goal = torch.where(known[:, None], goal, got.detach())
    return _edge_errors(got, goal, box) * known
