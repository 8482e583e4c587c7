"""Flat textured panels in space, and how they land on the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.camera import NEAR_M, Camera, Points

Picture = NDArray[np.uint8]
NEXT = np.array([1, 2, 3, 0])
"""Of each corner of a quad the one after it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Four corners (tl, tr, br, bl seen from outside, (4, 3) metres) and a BGRA texture."""

    corners: Points
    texture: Picture
    two_sided: bool = False
    glow: float = 0.0

    def moved(self, heading: float, place: tuple[float, float]) -> Panel:
        """The panel of a vehicle turned by `heading` and standing at (x, z)."""
        return replace(self, corners=turned(self.corners, heading, place))

    def normal(self) -> Points:
        """Unit vector out of the visible side, (3,)."""
        tl, tr, _, bl = self.corners
        out = np.cross(tr - tl, bl - tl)
        return np.asarray(out / (np.linalg.norm(out) + 1e-9))


@dataclass(frozen=True, slots=True)
class Light:
    """Sun direction (towards the sun), its share, and what reaches surfaces in the shade."""

    sun: tuple[float, float, float] = (-0.4, 0.75, -0.5)
    direct: float = 0.45
    ambient: float = 0.62

    def on(self, panel: Panel) -> float:
        """Brightness factor of a panel; glowing ones keep their own light."""
        sun = np.asarray(self.sun) / np.linalg.norm(self.sun)
        share = self.ambient + self.direct * max(0.0, float(panel.normal() @ sun))
        return max(share, panel.glow)


def turned(points: Points, heading: float, place: tuple[float, float]) -> Points:
    """Vehicle axes (N, 3) to world axes: rotate about y, then move to (x, z)."""
    c, s = np.cos(heading), np.sin(heading)
    axes = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
    return np.asarray(points @ axes + np.array([place[0], 0.0, place[1]]))


def seen_quad(camera: Camera, panel: Panel) -> tuple[Points, float] | None:
    """Pixel corners (4, 2) and distance of a panel, or None where it cannot be seen."""
    quad, depth = camera.project(panel.corners)
    if depth.min() < NEAR_M:
        return None
    if not panel.two_sided and signed_area(quad) <= 0:
        return None
    low, high = quad.min(axis=0), quad.max(axis=0)
    if high[0] < 0 or high[1] < 0 or low[0] >= camera.width or low[1] >= camera.height:
        return None
    return quad, float(depth.mean())


def in_front(camera: Camera, panels: Iterable[Panel], cuts: int = 24) -> list[Panel]:
    """The panels, those that reach behind the camera cut to strips that lie before it."""
    kept: list[Panel] = []
    for panel in panels:
        depth = camera.project(panel.corners)[1]
        if depth.min() >= NEAR_M:
            kept.append(panel)
        elif depth.max() > NEAR_M:
            strips = _strips(panel, cuts, along_rows=abs(depth[3] - depth[0]) > 0.1)
            kept += [one for one in strips if camera.project(one.corners)[1].min() >= NEAR_M]
    return kept


def _strips(panel: Panel, cuts: int, along_rows: bool) -> list[Panel]:
    """A panel cut into equal strips from top to bottom, or from left to right."""
    tl, tr, br, bl = panel.corners
    parts = np.array_split(panel.texture, cuts, axis=0 if along_rows else 1)
    ends = np.cumsum([0] + [part.shape[0 if along_rows else 1] for part in parts]) / sum(
        part.shape[0 if along_rows else 1] for part in parts
    )
    strips = []
    for part, a, b in zip(parts, ends[:-1], ends[1:], strict=True):
        if along_rows:
            quad = [tl + (bl - tl) * a, tr + (br - tr) * a, tr + (br - tr) * b, tl + (bl - tl) * b]
        else:
            quad = [tl + (tr - tl) * a, tl + (tr - tl) * b, bl + (br - bl) * b, bl + (br - bl) * a]
        if part.size:
            strips.append(replace(panel, corners=np.array(quad), texture=part))
    return strips


def signed_area(quad: Points) -> float:
    """Area of a pixel quad, positive where tl, tr, br, bl run clockwise on screen."""
    x, y = quad[:, 0], quad[:, 1]
    return float(0.5 * np.sum(x * y[NEXT] - x[NEXT] * y))


def paint(image: Picture, camera: Camera, panels: Iterable[Panel], light: Light) -> None:
    """Paint panels on the picture (H, W, 3) BGR, farthest first."""
    seen = [(seen_quad(camera, panel), panel) for panel in panels]
    order = sorted(((q, p) for q, p in seen if q is not None), key=lambda item: -item[0][1])
    for (quad, _), panel in order:
        stamp(image, panel.texture, quad, light.on(panel))


def stamp(image: Picture, texture: Picture, quad: Points, gain: float = 1.0) -> None:
    """Warp a BGRA texture onto the pixel quad (4, 2) of the picture, in place."""
    x0, y0, x1, y1 = _clip(image, quad)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return
    source = _shrunk(texture, quad)
    rows, columns = source.shape[:2]
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32) - 0.5
    where = (quad - [x0, y0] - 0.5).astype(np.float32)
    fit = cv2.getPerspectiveTransform(frame, where)
    warped = cv2.warpPerspective(source, fit, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    _blend(image[y0:y1, x0:x1], np.asarray(warped, dtype=np.uint8), gain)


def _blend(target: Picture, warped: Picture, gain: float) -> None:
    """Lay warped BGRA with premultiplied alpha over the target in place."""
    bare = cv2.bitwise_not(warped[..., 3])
    kept = cv2.multiply(target, cv2.merge([bare, bare, bare]), scale=1 / 255)
    cv2.add(kept, cv2.convertScaleAbs(warped[..., :3], alpha=gain), dst=kept)
    target[:] = kept


def _clip(image: Picture, quad: Points) -> tuple[int, int, int, int]:
    """Pixel bounds x0, y0, x1, y1 of the quad inside the picture."""
    low = np.floor(quad.min(axis=0)).astype(int) - 1
    high = np.ceil(quad.max(axis=0)).astype(int) + 2
    rows, columns = image.shape[:2]
    return max(0, low[0]), max(0, low[1]), min(columns, high[0]), min(rows, high[1])


def _shrunk(texture: Picture, quad: Points) -> Picture:
    """The texture with premultiplied alpha, no more than twice as fine as it will appear."""
    sides = np.linalg.norm(quad[NEXT] - quad, axis=1)
    wide, high = max(sides[0], sides[2], 2.0), max(sides[1], sides[3], 2.0)
    rows, columns = texture.shape[:2]
    size = (min(columns, round(wide * 1.3)), min(rows, round(high * 1.3)))
    shown = texture
    if texture.shape[2] == 3:
        shown = np.asarray(cv2.cvtColor(texture, cv2.COLOR_BGR2BGRA), dtype=np.uint8)
    if shown[..., 3].min() < 255:
        shown = shown.copy()
        shown[..., :3] = (shown[..., :3] * (shown[..., 3:] / 255.0)).astype(np.uint8)
    if size == (columns, rows):
        return shown
    return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
