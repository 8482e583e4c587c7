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
LEAST_WIDTH_PX, LEAST_HEIGHT_PX, LEAST_CONTRAST = 10.0, 2.6, 5.0
IGNORED = 0.3
ROOM = 2 * MOST_PLATES


@dataclass
class Larder:
    """What batches are drawn from; shards may be added while training runs."""

    shards: list[Shard]
    frames: Sequence[RealFrame]
    faces: Sequence[Grey]
    real_share: float = 0.25
    mosaic_share: float = 0.25

    def batch(self, rng: Rng, count: int) -> tuple[Grey, Marks]:
        """Pictures (N, 1, H, W) uint8 and marks (N, P, 13), P no more than is needed."""
        images = np.empty((count, 1, TENSOR_SIZE[1], TENSOR_SIZE[0]), np.uint8)
        marks = np.full((count, ROOM, 13), np.nan, np.float32)
        for place in range(count):
            image, rows = regain(rng, *litter(rng, *self.picture(rng)))
            rows = rows[~np.isnan(rows[:, 12])][:ROOM]
            images[place, 0], marks[place, : len(rows)] = image, rows
        fullest = int((~np.isnan(marks[:, :, 12])).sum(axis=1).max())
        return images, marks[:, : max(1, fullest)]

    def picture(self, rng: Rng) -> tuple[Grey, Marks]:
        """A real frame, one rendered scene or four."""
        draw = rng.random()
        if self.frames and draw < self.real_share:
            return self.real(rng)
        if draw > 1.0 - self.mosaic_share:
            return self.mosaic(rng)
        return self.rendered(rng, TENSOR_SIZE)

    def rendered(self, rng: Rng, size: tuple[int, int]) -> tuple[Grey, Marks]:
        """One pool scene under a random affine map onto a picture of (W, H)."""
        shard = self.shards[int(rng.integers(len(self.shards)))]
        place = int(rng.integers(len(shard.images)))
        image, rows = shard.images[place], shard.marks[place]
        seen = rows[rows[:, 12] > 0.6]
        if len(seen) and rng.random() < 0.5:
            move = draw_aim(rng, seen[int(rng.integers(len(seen))), 8:12], size)
        else:
            move = draw_move(rng, (image.shape[1], image.shape[0]), size)
        return carry(image, rows, move, size)

    def mosaic(self, rng: Rng) -> tuple[Grey, Marks]:
        """Four pool scenes around a random point: many plates, most of them small."""
        cut = (rng.uniform(0.3, 0.7, 2) * TENSOR_SIZE).astype(int)
        whole, parts = np.empty((TENSOR_SIZE[1], TENSOR_SIZE[0]), np.uint8), []
        for x0, x1 in ((0, cut[0]), (cut[0], TENSOR_SIZE[0])):
            for y0, y1 in ((0, cut[1]), (cut[1], TENSOR_SIZE[1])):
                whole[y0:y1, x0:x1], rows = self.rendered(rng, (int(x1 - x0), int(y1 - y0)))
                rows[:, :12:2] += x0
                rows[:, 1:12:2] += y0
                parts.append(rows)
        return whole, np.concatenate(parts)

    def real(self, rng: Rng) -> tuple[Grey, Marks]:
        """One zoomed real frame, half of its plates painted over with synthetic ones."""
        frame = self.frames[int(rng.integers(len(self.frames)))]
        image, rows = frame.image.copy(), np.full((MOST_PLATES, 13), np.nan, np.float32)
        for row, box, clear in zip(rows, frame.boxes, frame.clear, strict=False):
            row[8:12], row[12] = box, 1.0 if clear else IGNORED
            if clear and self.faces and rng.random() < 0.4:
                face = self.faces[int(rng.integers(len(self.faces)))]
                row[:8] = repaint(rng, image, box, face).ravel()
        return carry(image, rows, draw_zoom(rng, frame), TENSOR_SIZE)


def draw_move(rng: Rng, given: tuple[int, int], size: tuple[int, int]) -> Affine:
    """A random scale, turn, stretch, shift and flip of a picture onto another, (2, 3)."""
    fit = max(size[0] / TENSOR_SIZE[0], size[1] / TENSOR_SIZE[1])
    scale = fit * float(np.exp(rng.uniform(np.log(0.62), np.log(1.9))))
    room = np.abs(np.array(size) - np.array(given) * scale) / 2
    shift = rng.uniform(-1, 1, 2) * (room + 12)
    return _about(np.array(given) / 2, _draw_linear(rng, scale), np.array(size) / 2 + shift)


def draw_aim(rng: Rng, box: Marks, size: tuple[int, int]) -> Affine:
    """A map that shows one plate 13 to 450 pixels wide somewhere in a picture of (W, H)."""
    least = 13 if rng.random() < 0.7 else 180
    width = float(np.exp(rng.uniform(np.log(least), np.log(450)))) * size[0] / TENSOR_SIZE[0]
    scale = float(np.clip(width / (box[2] - box[0]), 0.3, 3.4))
    centre = (box[:2] + box[2:]).astype(np.float64) / 2
    place = rng.uniform(0.08, 0.92, 2) * size
    return _about(centre, _draw_linear(rng, scale), place)


def _draw_linear(rng: Rng, scale: float) -> Affine:
    """A scale with a random turn, stretch and flip, (2, 2)."""
    turn = float(rng.normal(0, 0.04 if rng.random() < 0.6 else 0.25))
    stretch = float(np.exp(rng.normal(0, 0.06)))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    return _linear(scale * stretch * flip, scale / stretch, turn)


def draw_zoom(rng: Rng, frame: RealFrame) -> Affine:
    """A map that shows one plate of a real frame 18 to 420 pixels wide somewhere in view.

    It never turns: without known corners the box of a turned plate would be a guess.
    """
    box = frame.boxes[int(rng.integers(len(frame.boxes)))]
    width = float(np.exp(rng.uniform(np.log(18), np.log(420))))
    scale = float(np.clip(width / (box[2] - box[0]), 0.45, 4.0))
    linear = _linear(-scale if rng.random() < 0.5 else scale, scale, 0.0)
    middle = np.array(TENSOR_SIZE) / 2
    if scale < 0.56:
        centre = np.array([frame.image.shape[1], frame.image.shape[0]]) / 2
        return _about(centre, linear, middle + rng.uniform(-8, 8, 2))
    centre = (box[:2] + box[2:]).astype(np.float64) / 2
    return _about(centre, linear, middle + rng.uniform(-0.42, 0.42, 2) * TENSOR_SIZE)


def _linear(across: float, down: float, turn: float) -> Affine:
    """Scale in both directions, then turn, (2, 2)."""
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c * across, -s * down], [s * across, c * down]])


def _about(centre: Affine, linear: Affine, place: Affine) -> Affine:
    """The map that puts the point `centre` at `place`, (2, 3)."""
    return np.concatenate([linear, (place - linear @ centre)[:, None]], axis=1)


def carry(image: Grey, rows: Marks, move: Affine, size: tuple[int, int]) -> tuple[Grey, Marks]:
    """Picture and marks through an affine map; plates hardly seen become regions to ignore.

    Marks count from the picture's edge and OpenCV from the middle of its first pixel.
    """
    scale = float(np.sqrt(abs(np.linalg.det(move[:, :2]))))
    if scale < 0.85:
        soft = 0.42 * np.sqrt(1 / scale**2 - 1)
        image = np.asarray(cv2.GaussianBlur(image, (5, 5), soft), dtype=np.uint8)
    middles = move.copy()
    middles[:, 2] += 0.5 * move[:, :2].sum(axis=1) - 0.5
    way = cv2.INTER_CUBIC if scale > 1.2 else cv2.INTER_LINEAR
    moved = cv2.warpAffine(image, middles, size, flags=way, borderValue=PAD)
    return np.asarray(moved, dtype=np.uint8), _carry_marks(rows, move, size)


def _carry_marks(rows: Marks, move: Affine, size: tuple[int, int]) -> Marks:
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
        box, share = _clipped(quad, size)
        seen = around @ move[:, :2].T + move[:, 2]
        box[:2] = np.maximum(box[:2], seen.min(axis=0))
        box[2:] = np.minimum(box[2:], seen.max(axis=0))
        if share > 0.05:
            new[:8] = quad.ravel() if known else np.nan
            new[8:12], new[12] = box, min(row[12], share)
    return out


def _clipped(quad: Affine, size: tuple[int, int]) -> tuple[Affine, float]:
    """The box of a quad inside the picture and the share of it that is inside."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    inner_low, inner_high = np.clip(low, 0, size), np.clip(high, 0, size)
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


def litter(rng: Rng, image: Grey, rows: Marks) -> tuple[Grey, Marks]:
    """Smear parts of some plates and strew lettering, lamps and bars where no plate is."""
    boxes = rows[~np.isnan(rows[:, 12])][:, 8:12]
    for box in boxes:
        if rng.random() < 0.2:
            smear(rng, image, box)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 6))):
            strew(rng, image, boxes)
    return image, rows


def smear(rng: Rng, image: Grey, box: Marks) -> None:
    """Wipe a third or so of a plate, as dirt, glare or a mask does, in place."""
    x0, y0, x1, y1 = box
    share, start = rng.uniform(0.2, 0.5), rng.uniform(0, 0.6)
    left, right = x0 + (x1 - x0) * start, x0 + (x1 - x0) * (start + share)
    part = image[int(y0) : int(y1) + 1, int(left) : int(right) + 1]
    if part.size:
        part[:] = cv2.blur(part, (15, 15))


def strew(rng: Rng, image: Grey, boxes: Marks) -> None:
    """Put one thing that is no plate on the picture, clear of all plates, in place."""
    wide = float(np.exp(rng.uniform(np.log(14), np.log(130))))
    high = wide * float(rng.uniform(0.12, 0.6))
    x, y = rng.uniform(0, 1, 2) * TENSOR_SIZE
    low, far = np.array([x - 9, y - high - 9]), np.array([x + wide + 9, y + 9])
    if len(boxes) and ((boxes[:, :2] < far) & (boxes[:, 2:] > low)).all(axis=1).any():
        return
    shade = int(rng.integers(0, 256))
    draw = rng.random()
    if draw < 0.6:
        write(rng, image, (x, y), wide, shade)
    elif draw < 0.85:
        middle = (round(x + wide / 2), round(y - high / 2))
        axes = (round(wide * rng.uniform(0.15, 0.5)), round(high / 2))
        cv2.ellipse(image, middle, axes, float(rng.normal(0, 20)), 0, 360, shade, -1, cv2.LINE_AA)
    else:
        bent = np.array([[x, y], [x + wide, y], [x + wide, y - high], [x, y - high]])
        bent += rng.normal(0, 0.14 * high, (4, 2))
        cv2.fillConvexPoly(image, np.rint(bent).astype(np.int32), shade, cv2.LINE_AA)


def write(rng: Rng, image: Grey, place: tuple[float, float], wide: float, shade: int) -> None:
    """Bare letters about `wide` pixels long on whatever is there, in place."""
    letters = rng.choice(list("ABCDEFGHILMNOPRSTUVX0123456789"), int(rng.integers(3, 9)))
    word, font = "".join(letters), int(rng.choice([0, 1, 2, 3, 4]))
    (long, _), _ = cv2.getTextSize(word, font, 1.0, 1)
    thick = 1 if wide < 60 else int(rng.integers(1, 4))
    where = (round(place[0]), round(place[1]))
    cv2.putText(image, word, where, font, wide / long, shade, thick, cv2.LINE_AA)


def regain(rng: Rng, image: Grey, rows: Marks) -> tuple[Grey, Marks]:
    """Change gain, gamma, sharpness and noise; mark plates too small or faint as ignored."""
    if rng.random() < 0.7:
        gamma, gain = np.exp(rng.normal(0, 0.35)), np.exp(rng.normal(0, 0.3))
        ramp = np.linspace(0, 1, 256) ** gamma * 255 * gain + rng.uniform(-25, 25)
        image = np.asarray(cv2.LUT(image, np.clip(ramp, 0, 255).astype(np.uint8)), dtype=np.uint8)
    draw = rng.random()
    if draw < 0.07:
        image = motion_blur(image, rng, 6.0)
    elif draw < 0.15:
        image = coarsen(image, float(rng.uniform(1.2, 2.6)))
    elif draw < 0.45:
        image = thumbnail(rng, image)
    if rng.random() < 0.25:
        image = add_noise(image, rng, float(rng.uniform(1, 8)))
    if rng.random() < 0.2:
        image = compress(image, int(rng.integers(20, 80)))
    return image, _judge(image, rows)


def thumbnail(rng: Rng, image: Grey) -> Grey:
    """What a small stored picture looks like after it was enlarged to the tensor."""
    rows, columns = image.shape
    share = float(rng.uniform(0.46, 0.72))
    size = (round(columns * share), round(rows * share))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if rng.random() < 0.3:
        soft = cv2.GaussianBlur(small, (0, 0), 1.0)
        small = np.asarray(cv2.addWeighted(small, 1.7, soft, -0.7, 0), dtype=np.uint8)
    if rng.random() < 0.8:
        small = compress(small, int(rng.integers(35, 96)))
    return np.asarray(cv2.resize(small, (columns, rows)), dtype=np.uint8)


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
