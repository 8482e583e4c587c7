"""Where: purposes per camera and zone, the camera and its lanes, the zones, the law."""

from collections.abc import Iterator
from datetime import date

from edge.access.announced import remarks, warned_until
from edge.access.rules import Law, RulePack
from edge.config import Camera, Config, Zone
from edge.passage.lanes import covered
from edge.protocol.basis import Basis
from edge.protocol.document import (
    Blank,
    Block,
    Bullets,
    Code,
    Inline,
    Prose,
    Section,
    Table,
    Words,
    both,
    plain,
    said,
)

WHAT, VALUE = Words("Gegeven", "Item"), Words("Waarde", "Value")
PLATE_BASIS = Words(
    "Grondslag om kentekens van voertuigen die voldoen vast te leggen",
    "Legal basis for recording plates of vehicles that comply",
)
DIRECTIONS = {
    "approaching": Words("naar de camera toe", "towards the camera"),
    "leaving": Words("van de camera weg", "away from the camera"),
    None: Words("beide richtingen", "both ways"),
}
CONTACT = Words(
    "Contactpunt, ook voor de rechten van betrokkenen",
    "Contact point, also for the rights of data subjects",
)
PROFILES = {
    "none": Words(
        "geen kenteken: van een voertuig dat voldoet verlaat geen kenteken de doos",
        "no plate: of a vehicle that complies no plate leaves the box",
    ),
    "pseudonym": Words(
        "pseudoniem: in plaats van het kenteken een code die elke dag anders is en alleen met de "
        "geheime sleutel van de doos te maken is; het blijft een persoonsgegeven",
        "pseudonym: instead of the plate a code that differs each day and can be made only with "
        "the secret key of the box; it remains personal data",
    ),
    "plate": Words(
        "kenteken: het record van een voertuig dat voldoet draagt het kenteken in leesbare vorm",
        "plate: the record of a vehicle that complies carries the plate in readable form",
    ),
}


def purposes(basis: Basis) -> Section:
    """Tell one purpose for each camera and zone (R004-82), and the legal basis."""
    camera = plain(basis.config.camera.id)
    rows = tuple(
        (Code(camera), Code(zone.id), purpose(zone, law.pack)) for zone, law in basis.zones()
    )
    basis_text = said(
        basis.config.authority.legal_basis,
        Words(
            "Wettelijke grondslag van de verwerking (AVG art. 6)",
            "Legal basis of the processing (GDPR art. 6)",
        ),
        "authority.legal_basis",
    )
    return Section(
        "purposes",
        Words("Doelen en grondslag", "Purposes and legal basis"),
        (
            Table(
                Words("Eén doel per camera en zone", "One purpose for each camera and zone"),
                (Words("Camera", "Camera"), Words("Zone", "Zone"), Words("Doel", "Purpose")),
                rows,
            ),
            Table(
                Words("Grondslag", "Legal basis"),
                (WHAT, VALUE),
                ((Words("Wettelijke grondslag", "Legal basis"), basis_text),),
            ),
            Prose(
                Words(
                    "Wat voor een doel is verzameld, wordt niet voor een ander gebruikt. Elk "
                    "record noemt zijn zone en camera, en daarmee zijn doel. Gebruik van de camera "
                    "of van de gegevens door de politie valt onder een eigen regeling (in België "
                    "de wet op het politieambt) en is hier niet voorzien.",
                    "What was gathered for one purpose is not used for another. Every record names "
                    "its zone and camera, and with them its purpose. Use of the camera or the data "
                    "by the police falls under rules of its own (in Belgium the act on the police "
                    "function, wet op het politieambt) and is not provided for here.",
                )
            ),
        ),
    )


def purpose(zone: Zone, pack: RulePack) -> Words:
    """Return the purpose of a zone: as configured, or its enforcement where its law allows that."""
    limit = unenforced(pack)
    if zone.purpose is not None:
        given = both(zone.purpose)
        return given if limit is None else limited(given, limit)
    if limit is None:
        return Words(
            f"handhaving van de toegangsregels van zone {zone.id}",
            f"enforcement of the access rules of zone {zone.id}",
        )
    measured = Words(
        f"beslissen en tellen volgens de toegangsregels van zone {zone.id}",
        f"to decide and to count by the access rules of zone {zone.id}",
    )
    return limited(measured, limit)


def limited(purpose: Words, limit: Words) -> Words:
    """Return a purpose, and what it does not extend to."""
    return Words(f"{purpose.nl} ({limit.nl})", f"{purpose.en} ({limit.en})")


def unenforced(pack: RulePack) -> Words | None:
    """Say that nothing follows from a law that is not enforced; None where it is."""
    if pack.enforced:
        return None
    nl = "de rechtsregel is een ontwerp en de handhaving" if pack.draft else "de handhaving"
    en = "the rule of law is a draft and enforcement" if pack.draft else "enforcement"
    return Words(f"geen handhaving: {nl} staat uit", f"no enforcement: {en} is off")


def camera(basis: Basis) -> Section:
    """Tell what the camera sees, and what of it is not read."""
    found = basis.config.camera
    lane = found.lane and both(found.lane)
    sign = said(
        found.sign,
        Words("Bord dat bij de camera staat (R000-28)", "Sign at the camera (R000-28)"),
        "camera.sign",
    )
    facts: tuple[tuple[Inline, ...], ...] = (
        (Words("Camera", "Camera"), Code(plain(found.id))),
        *_reads(basis.config),
        (Words("Bord ter plaatse", "Sign at the site"), sign),
        (Words("Gelezen deel van het beeld", "Part of the picture that is read"), _region(found)),
    )
    if lane:
        facts += ((Words("Rijstrook", "Lane"), lane),)
    table = Table(Words("De camera", "The camera"), (WHAT, VALUE), facts)
    drawn = (_lanes(found),) if found.lanes else ()
    return Section("camera", Words("Camera en rijstroken", "Camera and lanes"), (table, *drawn))


def _reads(config: Config) -> tuple[tuple[Inline, ...], ...]:
    """Tell who reads the plates, and how that reaches the box."""
    way = Words("Weg van camera naar doos", "Way from camera to box")
    if config.external is None:
        return ((way, _source(config.camera.source)),)
    product, least = config.external.product, config.external.min_confidence
    told = Words(
        f"de camera zelf ({product}); de doos leest niets",
        f"the camera itself ({product}); the box reads nothing",
    )
    believed = Words(
        "niets: elke lezing is voor een mens" if least is None else f"vanaf {least:g}",
        "nothing: every reading is for a person" if least is None else f"from {least:g} on",
    )
    return (
        (Words("Wie de kentekens leest", "Who reads the plates"), told),
        (Words("Geloofde zekerheid", "Confidence that is believed"), believed),
        (way, _source("http://")),
    )


def _source(source: str) -> Words:
    """Tell the kind of the source only: an address may hold a password."""
    if "://" not in source:
        return Words("rechtstreeks aangesloten", "connected directly")
    if source.startswith(("rtsps://", "https://")):
        return Words("over een netwerk, versleuteld", "over a network, encrypted")
    return Words(
        "over een netwerk, niet versleuteld: het netwerk tussen camera en doos moet afgesloten "
        "zijn voor anderen",
        "over a network, not encrypted: the network between camera and box must be closed to "
        "others",
    )


def _region(found: Camera) -> Words:
    if found.region is None:
        return Words("het hele beeld", "the whole picture")
    percent = round(100 * covered(found.region))
    return Words(
        f"{percent}% van het beeld; een kenteken waarvan het midden daarbuiten ligt wordt niet "
        "gelezen",
        f"{percent}% of the picture; a plate whose middle lies outside is not read",
    )


def _lanes(found: Camera) -> Table:
    rows = ((both(lane.name), DIRECTIONS[lane.direction]) for lane in found.lanes)
    return Table(
        Words("Rijstroken in het beeld", "Lanes in the picture"),
        (Words("Rijstrook", "Lane"), Words("Rijrichting", "Direction of travel")),
        tuple(rows),
    )


def zones(basis: Basis) -> Section:
    """Tell of each zone what is set, and what stands out in its dates."""
    blocks: list[Block] = []
    for zone, law in basis.zones():
        name = plain(f"{zone.id} ({law.zone.municipality})")
        caption = Words(f"Zone {name}", f"Zone {name}")
        blocks.append(Table(caption, (WHAT, VALUE), tuple(_facts(zone, law))))
        if found := remarks(law, zone.announced):
            shown = (Words(remark.nl, remark.en) for remark in found)
            blocks.append(Bullets(tuple(Blank(_of(text, zone), "zones", text) for text in shown)))
    return Section("zones", Words("Zones", "Zones"), tuple(blocks))


def _facts(zone: Zone, law: Law) -> Iterator[tuple[Inline, Inline]]:
    kind, pack, warned = law.zone.kind or "zone", law.pack, warned_until(law)
    yield Words("Gemeente", "Municipality"), both(law.zone.municipality)
    yield Words("Soort", "Kind"), both(kind)
    yield Words("Regels", "Rules"), both(f"{pack.id} {pack.version}")
    yield Words("Status van de regels", "Status of the rules"), _status(pack)
    yield Words("Begin", "Start"), both(law.zone.start)
    yield (
        Words("Laatste dag", "Last day"),
        both(law.zone.end)
        if law.zone.end
        else Words("geen: tot herroeping", "none: until revoked"),
    )
    yield (
        Words("Waarschuwingsperiode tot en met", "Warning period, through"),
        _warned(warned) if warned else Words("geen waarschuwingsperiode", "no warning period"),
    )
    yield Words("Privacyprofiel", "Privacy profile"), PROFILES[zone.privacy]
    if zone.privacy == "plate":
        yield PLATE_BASIS, Blank(_of(PLATE_BASIS, zone))
    yield Words("Doel", "Purpose"), purpose(zone, law.pack)
    for name, value, key in _references(zone):
        yield name, said(value, _of(name, zone), f"zones.{key}")


def _warned(until: date) -> Words:
    return Words(
        f"{until}; tot dan leidt een kandidaat hoogstens tot een waarschuwingsbrief",
        f"{until}; until then a candidate leads to a warning letter at most",
    )


def _references(zone: Zone) -> tuple[tuple[Words, str | None, str], ...]:
    area = None if zone.area_km2 is None else f"{zone.area_km2:g} km²"
    boxes, announced = (None if v is None else str(v) for v in (zone.boxes, zone.announced))
    return (
        (Words("Verkeersbesluit", "Traffic decree (verkeersbesluit)"), zone.decree, "decree"),
        (
            Words("Ontheffingenbeleid", "Exemption policy (ontheffingenbeleid)"),
            zone.policy,
            "policy",
        ),
        (Words("Aangekondigd op", "Announced on"), announced, "announced"),
        (Words("Afbakening op kaart", "Outline on a map"), zone.geometry, "geometry"),
        (Words("Oppervlakte", "Area"), area, "area_km2"),
        (Words("Dozen in de zone", "Boxes in the zone"), boxes, "boxes"),
        (Words("Lokale context", "Local context"), zone.context, "context"),
    )


def _of(name: Words, zone: Zone) -> Words:
    return Words(f"Zone {zone.id}: {name.nl}", f"Zone {zone.id}: {name.en}")


def law(basis: Basis) -> Section:
    """Tell which rule packs decide, and what their status means."""
    packs = {found.pack.id: found.pack for found in basis.laws}
    tables = (Table(both(pack.title), (WHAT, VALUE), tuple(_pack(pack))) for pack in packs.values())
    return Section("law", Words("Toegepaste regels", "Rules applied"), tuple(tables))


def _pack(pack: RulePack) -> Iterator[tuple[Inline, Inline]]:
    yield Words("Regelpakket", "Rule pack"), Code(pack.id)
    yield Words("Versie", "Version"), Code(pack.version)
    yield Words("SHA-256 van het bestand", "SHA-256 of the file"), Code(pack.sha256)
    yield Words("Status", "Status"), _status(pack)
    yield (
        Words("Geldig", "Valid"),
        Words(
            f"van {pack.valid_from} tot {pack.expires}",
            f"from {pack.valid_from} until {pack.expires}",
        ),
    )
    yield (
        Words("Buitenlandse kentekens", "Foreign plates"),
        Words("alleen nazicht door een mens", "reviewed by a person only")
        if pack.foreign_by_hand
        else Words("zoals binnenlandse", "as domestic ones"),
    )


def _status(pack: RulePack) -> Words:
    nl = "ontwerp: de rechtsregel is nog niet vastgesteld" if pack.draft else "in werking"
    en = "draft: the rule of law is not yet adopted" if pack.draft else "in force"
    if pack.enforced:
        return Words(
            f"{nl}; handhaving staat aan: een kandidaat wordt vastgehouden en kan na toetsing "
            "worden vrijgegeven",
            f"{en}; enforcement is on: a candidate is held, and may be released after it has been "
            "decided again",
        )
    return Words(
        f"{nl}; handhaving staat uit: de doos beslist en telt, maar er wordt niets vastgehouden "
        "of vrijgegeven",
        f"{en}; enforcement is off: the box decides and counts, but nothing is held or released",
    )
