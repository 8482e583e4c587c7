"""The plate reader: fast-plate-ocr's recogniser around our own model."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from fast_plate_ocr import LicensePlateRecognizer
from fast_plate_ocr.core.process import resize_image
from numpy.typing import NDArray
from yaml import YAMLError

from edge.errors import ModelError
from edge.types import Detection, Image, Reading
from edge.vision.model import ModelFile
from edge.vision.rectify import rectify
from edge.vision.session import (
    ORT_ERRORS,
    XNNPACK,
    Execution,
    prove,
    provider_options,
    require_providers,
    session_options,
    warm_up,
)
from edge.vision.tint import tint

WHOLE = "whole"
"""The output of our own models that says how likely the whole text is right."""
UNKNOWN_COUNTRY = "unknown"
MISFITS: tuple[type[Exception], ...] = (*ORT_ERRORS, ValueError)
MOST_COUNTRIES = 12
HOPELESS, CLEAR = 0.1, 0.9
"""A second glance helps between these: what the first held for less likely to be whole stays
unread, as most of what is far away does, and what it held for likelier stays as it is."""
TRIM = 0.027
"""What the second cut leaves away on each side: about half of what a crop has beside its plate."""


class Glance(NamedTuple):
    """What one cut of a plate showed; `slots` (S, A), `region` (R,), or (0,) of a silent reader."""

    text: str
    slots: NDArray[np.float32]
    whole: float
    region: NDArray[np.float32]


UNSEEN = np.empty(0, np.float32)


class FastPlateReader:
    """Reads straightened plates; keeps the whole distribution of every slot for the vote."""

    def __init__(self, model: ModelFile, execution: Execution) -> None:
        """Open the model and its fast-plate-ocr configuration, and warm it up.

        Raises ModelError when either cannot be used, or the model cannot run as asked.
        """
        if model.task != "read":
            raise ModelError(
                f"{model.name} is no plate reader: the manifest says `{model.task}`.",
                "Name a reader of the manifest, such as plate-reader-int8.",
            )
        if model.config is None:
            raise ModelError(
                f"{model.name} has no fast-plate-ocr configuration in the manifest.",
                "Add `config` and `config_sha256` to its entry.",
            )
        self.model = model
        names = require_providers(execution.providers)
        try:
            self._recogniser = LicensePlateRecognizer(
                onnx_model_path=model.path,
                plate_config_path=model.config,
                providers=[(name, provider_options(name, execution)) for name in names],
                sess_options=session_options(1 if XNNPACK in names else execution.threads),
            )
        except (*ORT_ERRORS, YAMLError) as e:
            raise ModelError(
                f"{model.path} cannot be opened as a plate reader.", "Install the models again."
            ) from e
        prove(self._recogniser.model, names)
        warm_up(self._recogniser.model)
        self._config = self._recogniser.config
        ours = (self._recogniser.plate_output_name, self._recogniser.region_output_name, WHOLE)
        self._answers = [name for name in self._recogniser.output_names if name in ours]
        self._slots = (self._config.max_plate_slots, len(self._config.alphabet))
        self._prove_fit()

    def _prove_fit(self) -> None:
        """Read a blank crop: a configuration of another model shows here, not on the first plate.

        Raises ModelError where slots, alphabet, size, colours or countries differ.
        """
        labels = self._config.plate_regions
        try:
            blank = np.zeros((self._config.img_height, self._config.img_width, 3), np.uint8)
            region = self._glance(blank).region
            fits = not labels or region.size in (0, len(labels))
        except MISFITS:
            fits = False
        if not fits:
            raise ModelError(
                f"{self.model.config} does not fit {self.model.path}.",
                "Pin the configuration that came with it, or install the models again.",
            )

    def read(self, image: Image, detections: Sequence[Detection]) -> list[Reading]:
        """Return one reading for each detection in a (H, W, 3) uint8 BGR image."""
        return [self.read_crop(rectify(image, found), found) for found in detections]

    def read_crop(self, crop: Image, detection: Detection) -> Reading:
        """Read one plate, a (h, w, 3) uint8 BGR crop.

        Where that is not clear and not hopeless, it is read once more in a tighter cut; the surer
        one counts.
        """
        seen = self._glance(crop)
        if HOPELESS <= seen.whole < CLEAR:
            seen = agreed(seen, self._glance(trimmed(crop)))
        text, chars = best_text(seen.slots, self._config.alphabet, self._config.pad_char)
        return Reading(
            detection,
            text,
            chars,
            seen.slots,
            self._config.alphabet,
            tint(crop),
            whole=seen.whole,
            countries=self._countries(seen.region),
        )

    def _glance(self, crop: Image) -> Glance:
        answers = self._recogniser.model.run(self._answers, {"input": self._fitted(crop)[None]})
        given = {
            name: np.asarray(answer, np.float32).ravel()
            for name, answer in zip(self._answers, answers, strict=True)
        }
        if not all(np.isfinite(answer).all() for answer in given.values()):
            return Glance("", self._nothing(), 0.0, UNSEEN)
        slots = given[self._recogniser.plate_output_name].reshape(self._slots)
        text, chars = best_text(slots, self._config.alphabet, self._config.pad_char)
        whole = float(given[WHOLE][0]) if WHOLE in given else math.prod(chars)
        return Glance(text, slots, whole, given.get(self._recogniser.region_output_name, UNSEEN))

    def _nothing(self) -> NDArray[np.float32]:
        """Return the slots of an empty text: what an accelerator's overflow is worth."""
        slots = np.zeros(self._slots, np.float32)
        slots[:, self._config.alphabet.index(self._config.pad_char)] = 1.0
        return slots

    def _countries(self, region: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        labels = self._config.plate_regions
        if not region.size or not labels:
            return ()
        shares = zip(labels, region.tolist(), strict=True)
        known = [(code, p) for code, p in shares if code != UNKNOWN_COUNTRY]
        return tuple(sorted(known, key=lambda share: -share[1])[:MOST_COUNTRIES])

    def _fitted(self, crop: Image) -> NDArray[np.uint8]:
        grey = self._config.image_color_mode == "grayscale"
        colours = cv2.COLOR_BGR2GRAY if grey else cv2.COLOR_BGR2RGB
        fitted = resize_image(
            cv2.cvtColor(crop, colours),
            self._config.img_height,
            self._config.img_width,
            image_color_mode=self._config.image_color_mode,
            keep_aspect_ratio=self._config.keep_aspect_ratio,
            interpolation_method=self._config.interpolation,
            padding_color=self._config.padding_color,
        )
        return np.asarray(fitted, np.uint8)


def agreed(first: Glance, second: Glance) -> Glance:
    """Return the mean of two glances that say the same, else the surer one."""
    if not first.text or first.text != second.text:
        return max(first, second, key=lambda glance: glance.whole)
    slots = np.asarray((first.slots + second.slots) / 2, np.float32)
    region = np.asarray((first.region + second.region) / 2, np.float32)
    return Glance(first.text, slots, (first.whole + second.whole) / 2, region)


def trimmed(crop: Image) -> Image:
    """Cut a little off every side of a (h, w, 3) crop."""
    height, width = crop.shape[:2]
    y, x = round(TRIM * height), round(TRIM * width)
    return crop[y : height - y, x : width - x]


def best_text(slots: NDArray[np.float32], alphabet: str, pad: str) -> tuple[str, tuple[float, ...]]:
    """Return the likeliest text and one probability for each of its characters.

    slots: (S, A) float32, probabilities over the alphabet.
    """
    best = slots.argmax(axis=1)
    picked = [(alphabet[c], float(slots[i, c])) for i, c in enumerate(best) if alphabet[c] != pad]
    return "".join(char for char, _ in picked), tuple(p for _, p in picked)
