"""What the daemon does for the panel: it signs what people did there, and shows how it stands."""

from collections.abc import Callable, Sequence

from edge.closing import Closing
from edge.config import Config, site_file
from edge.daemon.deeds import Deeds
from edge.daemon.figures import Figures
from edge.daemon.hatch import Hatch, NoHatch
from edge.daemon.housing import Housing
from edge.daemon.lamp import Lamp
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.shown import FOLDER, InForce, StateHead, Tally
from edge.daemon.sync import REPORT
from edge.daemon.synced import synced
from edge.daemon.window import SeenPassage, Window, masked
from edge.daemon.wiring import Cabinet, testimony
from edge.ports import Registry


def hatch(
    config: Config, line: Pipeline, figures: Figures, housing: Housing | None = None
) -> Closing:
    """Open the socket through which the panel looks, where there is a panel. Raises ConfigError."""
    if config.panel is None:
        return NoHatch()
    shines = _unknown if housing is None else housing.illuminator
    folder = config.box.state / FOLDER
    return Hatch(folder, line.window, lambda: _state(config, line, figures), shines)


def deeds(cabinet: Cabinet[Registry]) -> Deeds:
    """Put together what signs the deeds of the panel."""
    return Deeds(
        cabinet.config.box.state / FOLDER,
        cabinet.clock,
        testimony(cabinet.config, cabinet.machine),
        cabinet.signer,
        cabinet.outbox,
        cabinet.casebook,
    )


def lamp(cabinet: Cabinet[Registry]) -> Callable[[], None]:
    """Return what passes on how somebody tries the light; nothing where there is none."""
    housing = cabinet.housing
    if cabinet.config.panel is None or housing is None:
        return lambda: None
    return Lamp(cabinet.config.box.state / FOLDER, lambda word: housing.say(word)).look


def drawn_on(config: Config) -> object:
    """Return what tells one version of the region and lanes of the panel from the next."""
    if config.panel is None:
        return None
    try:
        found = site_file(config).lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def tell(window: Window, conclusions: Sequence[Conclusion]) -> None:
    """Let the panel know of vehicles that went by."""
    for conclusion in conclusions:
        seen, decision = conclusion.passage, conclusion.decision
        window.tell(
            SeenPassage(
                seen_at=seen.seen_last,
                plate=masked(seen.plate),
                country=seen.country,
                confidence=round(seen.confidence, 4),
                lane=seen.lane,
                direction=seen.direction.value,
                outcome=decision.outcome.value,
                frames=seen.frames_read,
                settled=seen.doubt is None,
            )
        )


def _unknown() -> float | None:
    return None


def _state(config: Config, line: Pipeline, figures: Figures) -> StateHead:
    report = None if config.updates is None else config.box.state / "updates" / REPORT
    camera = config.camera
    return StateHead(
        bulletin=figures.bulletin,
        passages=tuple(reversed(list(line.window.passages))),
        updates=None if report is None else synced(report),
        in_force=InForce(
            sha256=config.sha256,
            camera=camera.id,
            region=camera.region,
            lanes=camera.lanes,
            has_picture=config.external is None,
        ),
        max_age_h=(
            min(law.pack.max_age_vehicles_h for law in line.laws),
            min(law.pack.max_age_exemptions_h for law in line.laws),
        ),
        tally=Tally(figures.announced, figures.settled),
    )
