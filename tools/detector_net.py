"""The plate detector's network: grey picture in, one decoded plate row per stride-8 cell out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
VALUES = 13
QUARTERS = (-1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0)


def layer(before: int, after: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation and ReLU."""
    conv = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


class PlateNet(nn.Module):
    """Stem to stride 8, a wide-sighted branch at stride 16, and one head; 240 thousand weights."""

    def __init__(self) -> None:
        """Build the layers; the first scores are low so that early losses stay calm."""
        super().__init__()
        self.stem = nn.Sequential(layer(1, 12, 2), layer(12, 24, 2), layer(24, 40, 2))
        self.down = layer(40, 64, 2)
        self.sight = nn.ModuleList([layer(64, 64, 1, step) for step in (1, 2, 4, 2, 4)])
        self.narrow = nn.Conv2d(64, 40, 1)
        self.merge = layer(40, 48)
        self.head = nn.Conv2d(48, VALUES, 1)
        first = torch.zeros(VALUES)
        first[0] = -4.0
        self.head.bias = nn.Parameter(first)
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def forward(self, image: Tensor) -> Tensor:
        """Grey (N, 1, H, W) in 0..255 to raw maps (N, 13, H/8, W/8)."""
        fine = self.stem(image.float() * (1 / 64) - 2.0)
        wide = self.down(fine)
        for k, step in enumerate(self.sight):
            wide = wide + step(wide) if k else step(wide)
        wide = functional.interpolate(self.narrow(wide), scale_factor=2.0, mode="nearest")
        raw: Tensor = self.head(self.merge(torch.relu(fine + wide)))
        return raw


def cell_centres(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Pixel x (1, W) and y (H, 1) of every cell's centre."""
    x = (torch.arange(columns, dtype=torch.float32) + 0.5) * STRIDE
    y = (torch.arange(rows, dtype=torch.float32) + 0.5) * STRIDE
    return x[None, :], y[:, None]


def decode(raw: Tensor) -> Tensor:
    """Raw maps (N, 13, h, w) to plates (N, h * w, 13): score, box, corners in pixels."""
    x, y = cell_centres(raw.shape[2], raw.shape[3])
    cx, cy = x + raw[:, 1] * STRIDE, y + raw[:, 2] * STRIDE
    half_w = 24.0 * torch.exp(raw[:, 3].clamp(-4, 3))
    half_h = 8.0 * torch.exp(raw[:, 4].clamp(-4, 3))
    planes = [torch.sigmoid(raw[:, 0]), cx - half_w, cy - half_h, cx + half_w, cy + half_h]
    for k in range(4):
        planes.append(cx + (raw[:, 5 + 2 * k] + QUARTERS[2 * k]) * half_w)
        planes.append(cy + (raw[:, 6 + 2 * k] + QUARTERS[2 * k + 1]) * half_h)
    return torch.stack(planes, dim=1).flatten(2).transpose(1, 2)


class PlateDetector(nn.Module):
    """The network with its decoding, as it is exported."""

    def __init__(self, net: PlateNet) -> None:
        """Wrap trained weights."""
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """uint8 (N, 1, H, W) to float32 (N, H * W / 64, 13)."""
        return decode(self.net(image))


def spread(marks: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Targets of one batch from marks (N, P, 13): corners, box, visible share; NaN where absent.

    Returns heat (N, h, w), regression weight (N, h, w), plate index (N, h, w) int64 and
    penalty share (N, h, w): 0 in regions where neither answer is held against the net.
    """
    x, y = cell_centres(rows, columns)
    x0, y0, x1, y1 = (marks[:, :, k, None, None] for k in (8, 9, 10, 11))
    seen = marks[:, :, 12, None, None]
    half_w, half_h = (x1 - x0) / 2, (y1 - y0) / 2
    dx, dy = x - (x0 + x1) / 2, y - (y0 + y1) / 2
    spread_x, spread_y = (half_w * 0.22).clamp(min=3.0), (half_h * 0.32).clamp(min=3.0)
    bell = torch.exp(-0.5 * ((dx / spread_x) ** 2 + (dy / spread_y) ** 2))
    bell = torch.where(torch.isnan(bell), torch.zeros(()), bell)
    asked = torch.nan_to_num(seen) >= 0.6
    inside = (dx.abs() < half_w + 4) & (dy.abs() < half_h + 4)
    hazy = (inside & ~asked & ~torch.isnan(seen)).any(dim=1)
    heat, owner = (bell * asked).max(dim=1)
    heat = _peaks(heat, marks, asked)
    weight = torch.where(heat > 0.35, heat, torch.zeros(()))
    return heat, weight, owner, 1.0 - (hazy & (heat < 0.3)).float()


def _peaks(heat: Tensor, marks: Tensor, asked: Tensor) -> Tensor:
    """Set the cell nearest to every asked plate's centre to exactly one."""
    rows, columns = heat.shape[1:]
    centre = (marks[:, :, 8:10] + marks[:, :, 10:12]) / 2 / STRIDE
    for n, p in (asked[:, :, 0, 0]).nonzero().tolist():
        column = min(max(int(centre[n, p, 0]), 0), columns - 1)
        row = min(max(int(centre[n, p, 1]), 0), rows - 1)
        heat[n, row, column] = 1.0
    return heat


def losses(raw: Tensor, marks: Tensor) -> dict[str, Tensor]:
    """Score, box and corner losses of raw maps (N, 13, h, w) against marks (N, P, 13)."""
    heat, weight, owner, counted = spread(marks, raw.shape[2], raw.shape[3])
    plates = decode(raw)
    peaks = (heat == 1.0).sum().clamp(min=4)
    score = _focal(raw[:, 0], heat) * counted
    n, row, column = (weight > 0).nonzero(as_tuple=True)
    share = weight[n, row, column]
    got = plates[n, row * raw.shape[3] + column]
    goal = marks[n, owner[n, row, column]]
    box = _box_loss(got[:, 1:5], goal[:, 8:12])
    corner = _corner_loss(got[:, 5:], goal[:, :8], goal[:, 8:12])
    total = share.sum().clamp(min=1.0)
    return {
        "score": score.sum() / peaks,
        "box": (box * share).sum() / total,
        "corner": (corner * share).sum() / total,
    }


def _focal(logit: Tensor, heat: Tensor) -> Tensor:
    """Penalty-reduced focal loss of CenterNet, per cell."""
    score = torch.sigmoid(logit).clamp(1e-4, 1 - 1e-4)
    hit = -((1 - score) ** 2) * torch.log(score)
    miss = -((1 - heat) ** 4) * score**2 * torch.log(1 - score)
    return torch.where(heat == 1.0, hit, miss)


def _box_loss(got: Tensor, goal: Tensor) -> Tensor:
    """Distance-IoU loss plus edge errors in plate heights, per row."""
    low, high = torch.maximum(got[:, :2], goal[:, :2]), torch.minimum(got[:, 2:], goal[:, 2:])
    both = (high - low).clamp(min=0).prod(dim=1)
    either = _area(got) + _area(goal) - both
    iou = both / either.clamp(min=1e-6)
    hull = torch.maximum(got[:, 2:], goal[:, 2:]) - torch.minimum(got[:, :2], goal[:, :2])
    shift = ((got[:, :2] + got[:, 2:] - goal[:, :2] - goal[:, 2:]) / 2).pow(2).sum(dim=1)
    distance = shift / hull.pow(2).sum(dim=1).clamp(min=1e-6)
    high_px = (goal[:, 3] - goal[:, 1]).clamp(min=6.0)[:, None]
    edges = functional.smooth_l1_loss(got / high_px, goal / high_px, reduction="none", beta=0.1)
    return 1.0 - iou + distance + 0.5 * edges.mean(dim=1)


def _area(box: Tensor) -> Tensor:
    """Areas of boxes (N, 4)."""
    return (box[:, 2:] - box[:, :2]).clamp(min=0).prod(dim=1)


def _corner_loss(got: Tensor, goal: Tensor, box: Tensor) -> Tensor:
    """Corner errors in plate heights per row; zero where the corners are unknown."""
    known = ~torch.isnan(goal).any(dim=1)
    high_px = (box[:, 3] - box[:, 1]).clamp(min=6.0)[:, None]
    goal = torch.where(known[:, None], goal, got.detach())
    error = functional.smooth_l1_loss(got / high_px, goal / high_px, reduction="none", beta=0.1)
    return error.mean(dim=1) * known
