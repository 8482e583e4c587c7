"""Training batches: pool scenes and zoomed real frames, shifted, flipped and regained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detector_pool import MOST_PLATES, Grey, Marks, RealFrame, Shard
from tools.synth.panels import stamp
from tools.synth.sensor import add_noise, coarsen, compress, motion_blur

Rng = np.random.Generator
Affine = NDArray[np.float64]

TENSOR_SIZE = (640, 384)
PAD = 114
LEAST_WIDTH_PX, LEAST_HEIGHT_PX, LEAST_CONTRAST = 13.0, 4.5, 6.0
IGNORED = 0.3


@dataclass
class Larder:
    """What batches are drawn from; shards may be added while training runs."""

    shards: list[Shard]
    frames: Sequence[RealFrame]
    faces: Sequence[Grey]
    real_share: float = 0.3

    def batch(self, rng: Rng, count: int) -> tuple[Grey, Marks]:
        """Pictures (N, 1, H, W) uint8 and marks (N, 12, 13)."""
        images = np.empty((count, 1, TENSOR_SIZE[1], TENSOR_SIZE[0]), np.uint8)
        marks = np.empty((count, MOST_PLATES, 13), np.float32)
        for place in range(count):
            real = bool(self.frames) and rng.random() < self.real_share
            images[place, 0], marks[place] = self.real(rng) if real else self.rendered(rng)
        return images, marks

    def rendered(self, rng: Rng) -> tuple[Grey, Marks]:
        """One pool scene under a random affine map."""
        shard = self.shards[int(rng.integers(len(self.shards)))]
        place = int(rng.integers(len(shard.images)))
        image, rows = shard.images[place], shard.marks[place]
        move = draw_move(rng, image.shape[1], image.shape[0])
        return regain(rng, *carry(image, rows, move))

    def real(self, rng: Rng) -> tuple[Grey, Marks]:
        """One zoomed real frame, half of its plates painted over with synthetic ones."""
        frame = self.frames[int(rng.integers(len(self.frames)))]
        image, rows = frame.image.copy(), np.full((MOST_PLATES, 13), np.nan, np.float32)
        for row, box in zip(rows, frame.boxes, strict=False):
            row[8:12], row[12] = box, 1.0
            if rng.random() < 0.5 and self.faces:
                face = self.faces[int(rng.integers(len(self.faces)))]
                row[:8] = repaint(rng, image, box, face).ravel()
        move = draw_zoom(rng, frame)
        return regain(rng, *carry(image, rows, move))


def draw_move(rng: Rng, wide: int, high: int) -> Affine:
    """A random scale, slight turn, shift and flip onto the tensor, (2, 3)."""
    scale = float(np.exp(rng.uniform(np.log(0.62), np.log(1.9))))
    turn = float(rng.normal(0, 0.04))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    room = np.abs(np.array(TENSOR_SIZE) - np.array([wide, high]) * scale) / 2
    shift = rng.uniform(-1, 1, 2) * (room + 12)
    return _about(np.array([wide, high]) / 2, scale, turn, flip, shift)


def draw_zoom(rng: Rng, frame: RealFrame) -> Affine:
    """A map that shows one plate of a real frame 24 to 330 pixels wide somewhere in view."""
    box = frame.boxes[int(rng.integers(len(frame.boxes)))]
    width = float(np.exp(rng.uniform(np.log(24), np.log(330))))
    scale = float(np.clip(width / (box[2] - box[0]), 0.5, 3.4))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    if scale < 0.56:
        centre = np.array([frame.image.shape[1], frame.image.shape[0]]) / 2
        return _about(centre, scale, 0.0, flip, rng.uniform(-8, 8, 2))
    centre = (box[:2] + box[2:]).astype(np.float64) / 2
    shift = rng.uniform(-0.42, 0.42, 2) * TENSOR_SIZE
    turn = float(rng.normal(0, 0.05)) if rng.random() < 0.3 else 0.0
    return _about(centre, scale, turn, flip, shift)


def _about(centre: Affine, scale: float, turn: float, flip: float, shift: Affine) -> Affine:
    """The map that puts `centre` at the tensor's middle plus `shift`."""
    c, s = np.cos(turn) * scale, np.sin(turn) * scale
    linear = np.array([[c * flip, -s], [s * flip, c]])
    middle = np.array(TENSOR_SIZE) / 2 + shift
    return np.concatenate([linear, (middle - linear @ centre)[:, None]], axis=1)


def carry(image: Grey, rows: Marks, move: Affine) -> tuple[Grey, Marks]:
    """Picture and marks through an affine map; plates hardly seen become regions to ignore."""
    small = np.sqrt(abs(np.linalg.det(move[:, :2]))) < 0.8
    way = cv2.INTER_AREA if small else cv2.INTER_LINEAR
    if small:
        image = np.asarray(cv2.blur(image, (2, 2)), dtype=np.uint8)
    moved = cv2.warpAffine(image, move, TENSOR_SIZE, flags=way, borderValue=PAD)
    return np.asarray(moved, dtype=np.uint8), _carry_marks(rows, move)


def _carry_marks(rows: Marks, move: Affine) -> Marks:
    """Corner, box and visible values after the map; mirrored corners change sides."""
    out = np.full_like(rows, np.nan)
    for row, new in zip(rows, out, strict=True):
        if np.isnan(row[12]):
            continue
        known = not np.isnan(row[0])
        x0, y0, x1, y1 = row[8:12]
        around = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        quad = (row[:8].reshape(4, 2) if known else around) @ move[:, :2].T + move[:, 2]
        if np.linalg.det(move[:, :2]) < 0:
            quad = quad[[1, 0, 3, 2]]
        box, share = _clipped(quad)
        if share > 0.05:
            new[:8] = quad.ravel() if known else np.nan
            new[8:12], new[12] = box, min(row[12], share)
    return out


def _clipped(quad: Affine) -> tuple[Affine, float]:
    """The box of a quad inside the tensor and the share of it that is inside."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    inner_low, inner_high = np.clip(low, 0, TENSOR_SIZE), np.clip(high, 0, TENSOR_SIZE)
    share = np.prod(inner_high - inner_low) / max(1e-6, float(np.prod(high - low)))
    return np.concatenate([inner_low, inner_high]), float(share)


def repaint(rng: Rng, image: Grey, box: Marks, face: Grey) -> Affine:
    """Cover a real plate with a synthetic one of like brightness; its corners (4, 2)."""
    x0, y0, x1, y1 = box.astype(np.float64)
    centre, half = np.array([x0 + x1, y0 + y1]) / 2, np.array([x1 - x0, y1 - y0]) / 2 + 1.0
    turn = float(rng.normal(0, 0.03))
    tilt = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    quad = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half) @ tilt.T + centre
    patch = image[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1]
    gain = float(np.clip(np.percentile(patch, 85) / np.percentile(face, 85), 0.15, 1.4))
    colours = np.repeat(image[..., None], 3, axis=2)
    stamp(colours, np.repeat(face[..., None], 3, axis=2), quad, gain * rng.uniform(0.8, 1.1))
    image[:] = colours[..., 0]
    return np.asarray(quad)


def regain(rng: Rng, image: Grey, rows: Marks) -> tuple[Grey, Marks]:
    """Change gain, gamma, sharpness and noise; mark plates too small or faint as ignored."""
    if rng.random() < 0.7:
        gamma, gain = np.exp(rng.normal(0, 0.3)), rng.uniform(0.6, 1.35)
        ramp = np.linspace(0, 1, 256) ** gamma * 255 * gain + rng.uniform(-20, 20)
        image = np.asarray(cv2.LUT(image, np.clip(ramp, 0, 255).astype(np.uint8)), dtype=np.uint8)
    draw = rng.random()
    if draw < 0.08:
        image = motion_blur(image, rng, 6.0)
    elif draw < 0.26:
        image = coarsen(image, float(rng.uniform(1.2, 2.6)))
    if rng.random() < 0.25:
        image = add_noise(image, rng, float(rng.uniform(1, 8)))
    if rng.random() < 0.2:
        image = compress(image, int(rng.integers(20, 80)))
    return image, _judge(image, rows)


def _judge(image: Grey, rows: Marks) -> Marks:
    """Turn plates that nobody could find into regions to ignore."""
    for row in rows:
        if np.isnan(row[12]):
            continue
        x0, y0, x1, y1 = row[8:12]
        patch = image[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1]
        small = x1 - x0 < LEAST_WIDTH_PX or y1 - y0 < LEAST_HEIGHT_PX
        if small or patch.size == 0 or patch.std() < LEAST_CONTRAST:
            row[12] = min(row[12], IGNORED)
    return rows
