"""Every seam of the box on one page: hardware, a key, a network or the time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from edge.types import (
    ClockReading,
    Detection,
    Envelope,
    Facts,
    Frame,
    Image,
    Passage,
    Reading,
    Snapshot,
)


class FrameSource(Protocol):
    """Where frames come from: a camera, a clip, a folder of images."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames in order of capture; end when the source ends.

        Raises CaptureError when frames cannot be had.
        """
        ...


class PlateDetector(Protocol):
    """Finds plates in an image."""

    def detect(self, image: Image) -> Sequence[Detection]:
        """Return the plates in a (H, W, 3) uint8 BGR image, best first."""
        ...


class PlateReader(Protocol):
    """Reads plates that were found."""

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection, in their order."""
        ...


class Clock(Protocol):
    """The time and its quality."""

    def read(self) -> ClockReading:
        """Return the time now and how far it can be trusted."""
        ...


class Registry(Protocol):
    """What is known offline of a vehicle."""

    @property
    def snapshot(self) -> Snapshot | None:
        """Which registry would answer now; None when there is none."""
        ...

    def facts(self, passage: Passage) -> Facts:
        """Return what the registry holds for the plate at the moment it was first seen.

        A look-up that is not possible is a fact too: `Facts.fault` says why.
        """
        ...


class Signer(Protocol):
    """Signs records; the private key stays behind it."""

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        ...

    def sign(self, payload: bytes) -> bytes:
        """Return the compact JWS (RFC 7515, `Ed25519` of RFC 9864) over the payload."""
        ...


class Publisher(Protocol):
    """Carries envelopes to the platform and its receipts back."""

    def publish(self, envelope: Envelope) -> None:
        """Hand one envelope over; delivery is proven by a receipt alone.

        Raises FeedError when the way is closed; a publisher that raised stays closed.
        """
        ...

    def exchange(self, wait_s: float) -> None:
        """Let what was handed over leave; wait at most `wait_s` for something to come back.

        Calls whoever asked with `on_receipt` and `on_accepted`, on this thread.
        Raises FeedError when the way is closed.
        """
        ...

    def on_receipt(self, take: Callable[[bytes], None]) -> None:
        """Call `take` with every receipt (compact JWS) that comes back."""
        ...

    def on_accepted(self, take: Callable[[Envelope], None]) -> None:
        """Call `take` with every envelope the next hop took: no proof that anyone stored it."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class EvidencePublisher(Protocol):
    """Carries the pictures of who was released to the platform."""

    def deliver(self, sha256: str, age: bytes) -> bytes | None:
        """Hand one age file over; return the platform's word, None while it did not come back.

        Raises FeedError when the way is closed, EvidenceError when this file was not taken.
        """
        ...
