"""The plate reader: fast-plate-ocr's recogniser around our own model."""

import math
from collections.abc import Sequence

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
MOST_COUNTRIES = 12


class FastPlateReader:
    """Reads straightened plates; keeps the whole distribution of every slot for the vote."""

    def __init__(self, model: ModelFile, execution: Execution) -> None:
        """Open the model and its fast-plate-ocr configuration, and warm it up.

        Raises ModelError when either cannot be used, or the model cannot run as asked.
        """
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

    def read(self, image: Image, detections: Sequence[Detection]) -> list[Reading]:
        """Return one reading for each detection in a (H, W, 3) uint8 BGR image."""
        return [self.read_crop(rectify(image, found), found) for found in detections]

    def read_crop(self, crop: Image, detection: Detection) -> Reading:
        """Read one plate, a (h, w, 3) uint8 BGR crop."""
        answers = self._recogniser.model.run(self._answers, {"input": self._fitted(crop)[None]})
        given = {name: np.asarray(a) for name, a in zip(self._answers, answers, strict=True)}
        slots = given[self._recogniser.plate_output_name].astype(np.float32).reshape(self._slots)
        if not all(np.isfinite(answer).all() for answer in given.values()):
            slots = self._nothing()
        text, chars = best_text(slots, self._config.alphabet, self._config.pad_char)
        return Reading(
            detection,
            text,
            chars,
            slots,
            self._config.alphabet,
            tint(crop),
            whole=float(given[WHOLE].ravel()[0]) if WHOLE in given else math.prod(chars),
            countries=self._countries(given.get(self._recogniser.region_output_name)),
        )

    def _nothing(self) -> NDArray[np.float32]:
        """Return the slots of an empty text: what an accelerator's overflow is worth."""
        slots = np.zeros(self._slots, np.float32)
        slots[:, self._config.alphabet.index(self._config.pad_char)] = 1.0
        return slots

    def _countries(self, region: NDArray[np.float32] | None) -> tuple[tuple[str, float], ...]:
        labels = self._config.plate_regions
        if region is None or not labels:
            return ()
        shares = zip(labels, region.ravel().tolist(), strict=True)
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


def best_text(slots: NDArray[np.float32], alphabet: str, pad: str) -> tuple[str, tuple[float, ...]]:
    """Return the likeliest text and one probability for each of its characters.

    slots: (S, A) float32, probabilities over the alphabet.
    """
    best = slots.argmax(axis=1)
    picked = [(alphabet[c], float(slots[i, c])) for i, c in enumerate(best) if alphabet[c] != pad]
    return "".join(char for char, _ in picked), tuple(p for _, p in picked)
