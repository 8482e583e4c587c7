"""The panel as a service: HTTPS with the certificate of the box, and nothing but it."""

import asyncio
import ssl
from asyncio import Transport

import h11
import uvicorn
from uvicorn._types import HTTPScope
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.clock import SystemClock
from edge.config import Panel, load
from edge.daemon.notify import Lifeline
from edge.daemon.shown import FOLDER
from edge.errors import BoxError, ConfigError, ListenError
from edge.panel.app import application
from edge.panel.gate import Gate
from edge.panel.parts import Parts
from edge.panel.porthole import Porthole
from edge.panel.trail import Trail
from edge.record.keyfile import read
from edge.record.keys import load_public
from edge.record.password import read_line
from edge.settings import Settings

NO_PANEL = "This box has no panel: its configuration has no [panel]."
MOST_CONNECTIONS = 48
WITHIN_S, LOOK_EVERY_S = 15.0, 1.0
"""So long a request may take to come, head and body; so often that is looked at."""
HEAD_BYTES = 16_384
ALIVE_EVERY_S = 1.0


def parts_of(settings: Settings) -> tuple[Parts, Panel]:
    """Put together the panel of a box. Raises BoxError.

    Where what was drawn cannot be used, the panel opens all the same, to draw it anew.
    """
    try:
        config = settings.config()
    except BoxError:
        config = load(settings.path, "")
    wanted = config.panel
    if wanted is None:
        raise ConfigError(NO_PANEL, "Add [panel]: README, 'The panel'.")
    folder = config.box.state / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as e:
        cause = f"The panel's folder {folder} cannot be used ({e.strerror})."
        raise ListenError(cause, "Start `anpr-edge run` first, or correct box.state.") from e
    parts = Parts(
        box=config.box.id,
        settings=settings,
        folder=folder,
        password=read_line(read(wanted.password)),
        platform=load_public(config.keys.platform),
        clock=SystemClock(),
        trail=Trail(folder),
        porthole=Porthole(folder),
        language=wanted.language,
    )
    return parts, wanted


def serve(settings: Settings) -> None:
    """Serve the panel until it is told to stop. Raises BoxError when it cannot listen."""
    parts, wanted = parts_of(settings)
    with listening(wanted.address) as port:
        asyncio.run(_serve(server_of(parts, wanted), port))


def listening(address: tuple[str, int]) -> Gate:
    """Return the gate at an address. Raises ListenError."""
    try:
        return Gate(address)
    except OSError as e:
        raise ListenError(
            f"Nothing can listen at {address[0]}:{address[1]} ({e.strerror}).",
            "Correct panel.listen, stop the program that holds that port, or let the unit have it:"
            " `anpr-edge check` names the drop-in that it lacks.",
        ) from e


def server_of(parts: Parts, wanted: Panel) -> uvicorn.Server:
    """Return the server of a panel. Raises ConfigError for a certificate that cannot be used."""
    host, port = wanted.address
    config = uvicorn.Config(
        application(parts),
        host=host,
        port=port,
        http=ImpatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ssl_certfile=wanted.cert,
        ssl_keyfile=wanted.key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as e:
        raise ConfigError(
            f"The certificate {wanted.cert} and its key cannot be used ({e.strerror or 'no PEM'}).",
            "Name them in panel.cert and panel.key, for this user to read.",
        ) from e
    return uvicorn.Server(config)


class ImpatientProtocol(H11Protocol):
    """Hangs up on who does not say at once all that he wants: a few such would keep others out.

    It does so however steadily bytes come, and also where the answer went out before the body came.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._asked: HTTPScope | None = None
        self._since_s = self.loop.time()
        self._look()

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        now_s = self.loop.time()
        comes = self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
        if not comes or self.scope is not self._asked:
            self._asked, self._since_s = self.scope, now_s
        elif now_s - self._since_s > WITHIN_S:
            self.transport.close()
        self.loop.call_later(LOOK_EVERY_S, self._look)


async def _serve(server: uvicorn.Server, port: Gate) -> None:
    alive = asyncio.create_task(_tell_alive(server))
    try:
        await server.serve(sockets=[port])
    finally:
        alive.cancel()


async def _tell_alive(server: uvicorn.Server) -> None:
    """Feed the watchdog from the loop that answers: where that hangs, nothing is fed."""
    lifeline = Lifeline()
    while True:
        await asyncio.sleep(ALIVE_EVERY_S)
        if server.started:
            lifeline.progress(lambda: "answering")
