"""The platform of a tester's run, in memory: it stores what comes, and answers while it is up."""

from collections.abc import Callable
from datetime import datetime

from edge.errors import FeedError
from edge.feed.receipts import sign_receipt
from edge.ports import Signer
from edge.record.message import Receipt
from edge.types import Envelope


class Platform:
    """Signs a receipt for the last record of every exchange; implements `Publisher`."""

    def __init__(self, signer: Signer, now: Callable[[], datetime]) -> None:
        """Be heard; the platform has a clock of its own."""
        self.is_up, self.delivered = True, 0
        self._signer, self._now = signer, now
        self._stored: Envelope | None = None
        self._take: Callable[[bytes], None] = lambda jws: None

    def connect(self) -> "Platform":
        """Open the way. Raises FeedError while it is closed."""
        self._check()
        return self

    def publish(self, envelope: Envelope) -> None:
        """Store a record."""
        self._check()
        self._stored = envelope
        self.delivered += 1

    def exchange(self, wait_s: float) -> None:
        """Answer what came."""
        self._check()
        stored, self._stored = self._stored, None
        if stored is not None:
            receipt = Receipt(
                box=stored.box,
                epoch=stored.epoch,
                seq=stored.seq,
                sha256=stored.sha256,
                stored_at=self._now(),
            )
            self._take(sign_receipt(receipt, self._signer))

    def on_receipt(self, take: Callable[[bytes], None]) -> None:
        """Answer to whoever asked last."""
        self._take = take

    def on_accepted(self, take: Callable[[Envelope], None]) -> None:
        """Tell nobody: a receipt is the only proof."""

    def close(self) -> None:
        """Let go of nothing."""

    def _check(self) -> None:
        if not self.is_up:
            raise FeedError("The run says that the network is down.", "Nothing is to be done.")
