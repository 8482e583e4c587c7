"""The law by which a box decides: its packs, and the zones as its municipality has them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from edge.access.assembly import in_zone
from edge.access.pack import load_pack
from edge.access.rules import Law, RulePack
from edge.access.rules import Zone as LawZone
from edge.config import Config, Zone
from edge.daemon.inforce import (
    overtaken,
    packs_in_force,
)
from edge.errors import ConfigError

PACKS = Path(__file__).parent.parent / "access" / "packs"


def laws(zones: tuple[Zone, ...], folder: Path | None = None) -> tuple[Law, ...]:
    """Load the rule pack of every zone this camera guards, from a folder or our own.

    Raises ConfigError for a zone that neither the configuration nor its pack defines.
    """
    packs = {name: _pack(name, folder) for name in {zone.pack for zone in zones}}
    return tuple(in_zone(packs[zone.pack], _zone(zone, packs[zone.pack])) for zone in zones)


def laws_in_force(config: Config) -> tuple[Law, ...]:
    """Load the law by which this box decides.

    Where newer packs did not start here, or were withdrawn and nothing follows them yet, it is
    known to be overtaken: nobody is accused by it, so every answer is a review (RULES 7). Raises
    ConfigError as `laws` does.
    """
    found = laws(config.zones, packs_in_force(config))
    if not overtaken(config):
        return found
    return tuple(replace(law, pack=replace(law.pack, expires=date.min)) for law in found)


def _pack(name: str, folder: Path | None) -> RulePack:
    found = {
        path.stem: path
        for place in (PACKS, folder)
        if place is not None
        for path in place.glob("*.toml")
    }
    if name not in found:
        known = ", ".join(sorted(found))
        raise ConfigError(
            f"There is no rule pack {name}.",
            f"Known are: {known}. Others are looked for in the folder access.packs.",
        )
    return load_pack(found[name])


def _zone(wanted: Zone, pack: RulePack) -> LawZone:
    known = pack.zones.get(wanted.id)
    if known is None and wanted.start is None:
        raise ConfigError(
            f"Zone {wanted.id} is not in the pack {pack.id} and has no start date.",
            "Give its `start` under [[zones]], or correct its id.",
        )
    if wanted.kind is not None and wanted.kind not in pack.zone_kinds:
        kinds = ", ".join(sorted(pack.zone_kinds))
        raise ConfigError(
            f"Zone {wanted.id} is a {wanted.kind}; the pack {pack.id} is not for that kind.",
            f"Name a pack for it: this one is for {kinds}.",
        )
    base = known or LawZone(wanted.id, wanted.id, wanted.kind or min(pack.zone_kinds), date.max)
    return replace(
        base,
        municipality=wanted.municipality or base.municipality,
        start=wanted.start or base.start,
        end=wanted.end or base.end,
        warn_until=wanted.warn_until or base.warn_until,
        choices=tuple(sorted({**dict(base.choices), **wanted.choices}.items())),
    )
