"""The data items: where each arises, what it is for, how and how long it is kept, who gets it."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.access.rules import Law, RulePack
from edge.config import Config, Uplink, Zone
from edge.protocol.basis import Basis
from edge.protocol.document import Blank, Block, Inline, Prose, Section, Table, Words
from edge.protocol.places import PROFILES, limited, unenforced
from edge.types import Consequence

NOBODY = Words("niemand: verlaat de doos niet", "nobody: does not leave the box")
PLATFORM = Words("het centrale platform", "the central platform")
READ_PLATES = Words("kentekens lezen", "to read plates")
DECIDE = Words("beslissen of het voertuig hier mag rijden", "to decide whether it may drive here")
PROVE = Words("aantonen hoe is beslist", "to prove how it was decided")
MEMORY = Words("alleen in het werkgeheugen", "in working memory only")
QUEUE = Words(
    "ondertekend, geketend en versleuteld in de wachtrij (outbox) op de schijf",
    "signed, chained and encrypted in the queue (outbox) on the disk",
)
HELD_PLATE = Words("Kenteken van een vastgehouden kandidaat", "Plate of a held candidate")
NOT_HELD = Words("niet bewaard", "not kept")


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of data. `sent`: it leaves the box, and someone else keeps it then."""

    name: Words
    arises: Words
    purpose: Words
    kept: Words
    retention: Words
    ends: Words
    recipient: Words = NOBODY
    sent: bool = False


def items(basis: Basis) -> tuple[Item, ...]:
    """Return every item that this box handles, in the order in which a vehicle meets them."""
    config = basis.config
    per_zone = (item for zone, law in basis.zones() for item in _plates(zone, law, config))
    return (
        *_seen(config),
        *per_zone,
        *_pictures(basis),
        _doubtful(),
        *_registry(basis),
        *_records(basis),
        *_upkeep(config),
    )


def data_items(basis: Basis) -> Section:
    """Tell the items in one table."""
    head = (
        Words("Gegeven", "Item"),
        Words("Waar het ontstaat", "Where it arises"),
        Words("Doel", "Purpose"),
        Words("Waar en in welke vorm", "Where kept, in what form"),
        Words("Bewaartermijn op de doos", "Retention on the box"),
        Words("Ontvanger", "Recipient"),
    )
    rows: tuple[tuple[Inline, ...], ...] = tuple(
        (i.name, i.arises, i.purpose, i.kept, i.retention, i.recipient) for i in items(basis)
    )
    blocks: tuple[Block, ...] = (
        Prose(
            Words(
                "Betrokkenen zijn houders en bestuurders van voertuigen die langs de camera "
                "rijden, en wie verder in beeld komt. De doos kent geen namen, adressen of "
                "houders en vraagt ze nergens op.",
                "Data subjects are keepers and drivers of vehicles that pass the camera, and "
                "whoever else comes into the picture. The box knows no names, addresses or "
                "keepers, and asks for them nowhere.",
            )
        ),
        Table(Words("Gegevens die de doos verwerkt", "Data that the box processes"), head, rows),
    )
    return Section("items", Words("Gegevens", "Data items"), blocks)


def retention(basis: Basis) -> Section:
    """Tell how long each item is kept, what ends it, and what the recipient must still say."""
    rows = tuple((i.name, i.retention, i.ends, _elsewhere(i)) for i in items(basis))
    head = (
        Words("Gegeven", "Item"),
        Words("Op de doos", "On the box"),
        Words("Einde door", "Ended by"),
        Words("Bij de ontvanger", "At the recipient"),
    )
    table = Table(Words("Bewaartermijnen", "Retention periods"), head, rows)
    return Section("retention", Words("Bewaartermijnen", "Retention"), (table,))


def _elsewhere(item: Item) -> Inline:
    if not item.sent:
        return Words("niet van toepassing", "does not apply")
    return Blank(
        Words(
            f"Bewaartermijn bij de ontvanger: {item.name.nl}",
            f"Retention at the recipient: {item.name.en}",
        )
    )


def _seen(config: Config) -> Iterator[Item]:
    seconds = f"{config.reading.gone_after_s:g}"
    yield Item(
        Words("Camerabeelden", "Camera pictures"),
        Words("camera", "camera"),
        READ_PLATES,
        Words(
            f"{MEMORY.nl}; van wie niet wordt vastgehouden slaat de dienst geen beeld op",
            f"{MEMORY.en}; of who is not held the service stores no picture",
        )
        if config.evidence is not None
        else Words(
            f"{MEMORY.nl}; de dienst slaat geen beeld op",
            f"{MEMORY.en}; the service stores no picture",
        ),
        Words(
            f"tot het volgende beeld is verwerkt; het beste beeld van een voertuig tot {seconds} s "
            "nadat het uit beeld is",
            f"until the next picture is processed; the best picture of a vehicle until {seconds} s "
            "after it is out of sight",
        )
        if config.evidence is not None
        else Words("tot het volgende beeld is verwerkt", "until the next picture is processed"),
        Words("overschreven door een nieuwer beeld", "overwritten by a newer picture"),
    )
    yield Item(
        Words("Lezingen van een voertuig in beeld", "Readings of a vehicle in sight"),
        Words("kentekenlezer, per beeld", "plate reader, from each picture"),
        READ_PLATES,
        MEMORY,
        Words(
            f"tot {seconds} s nadat het voertuig uit beeld is",
            f"until {seconds} s after the vehicle is out of sight",
        ),
        Words("de beslissing over de passage", "the decision on the passage"),
    )


def _plates(zone: Zone, law: Law, config: Config) -> Iterator[Item]:
    yield _complying(zone, law, config)
    yield _candidate(zone, law)


def _complying(zone: Zone, law: Law, config: Config) -> Item:
    carried = zone.privacy != "none"
    purpose = Words(f"{DECIDE.nl}; {PROVE.nl}", f"{DECIDE.en}; {PROVE.en}") if carried else DECIDE
    limit = unenforced(law.pack)
    return Item(
        Words(
            f"Kenteken van een voertuig dat voldoet (zone {zone.id})",
            f"Plate of a vehicle that complies (zone {zone.id})",
        ),
        Words("kentekenlezer", "plate reader"),
        purpose if limit is None else limited(purpose, limit),
        PROFILES[zone.privacy],
        until_taken(config.uplink) if carried else NOT_HELD,
        _taken(config.uplink)
        if carried
        else Words("de beslissing over de passage", "the decision on the passage"),
        Words(f"{PLATFORM.nl}, in het passagerecord", f"{PLATFORM.en}, in the passage record")
        if carried
        else NOBODY,
        sent=carried,
    )


def _candidate(zone: Zone, law: Law) -> Item:
    name = Words(f"{HELD_PLATE.nl} (zone {zone.id})", f"{HELD_PLATE.en} (zone {zone.id})")
    origin = Words(
        "beslissing: geen toegang, of alleen met een toelating",
        "decision: no access, or only with a permission",
    )
    if not law.pack.enforced:
        off = Words(
            f"er wordt niets vastgehouden: de handhaving van {law.pack.id} staat uit",
            f"nothing is held: the enforcement of {law.pack.id} is off",
        )
        nothing = Words("niet van toepassing", "does not apply")
        return Item(name, origin, nothing, off, NOT_HELD, nothing)
    return Item(
        name,
        origin,
        Words(
            "een vrijstelling of toelating die nog kan komen afwachten, dan opnieuw beslissen",
            "to await an exemption or permission that may still come, then decide again",
        ),
        Words("versleuteld in het kandidatenbestand op de doos", "encrypted in the casebook"),
        held(law.pack),
        Words(
            "vrijgave, intrekking of verval; vervallen kandidaten worden vernietigd",
            "release, withdrawal or expiry; expired candidates are destroyed",
        ),
        Words(
            f"alleen bij vrijgave: {PLATFORM.nl}, voor het oordeel van een mens",
            f"only when released: {PLATFORM.en}, for a person to judge",
        ),
        sent=True,
    )


def held(pack: RulePack) -> Words:
    """Return how long a candidate is held, with the numbers of the law."""
    days = f"{pack.number('vasthouden_hoogstens_dagen'):g}"
    if pack.accusation is Consequence.HOLD48:
        hours = f"{pack.number('vasthouden_uur'):g}"
        nl, en = f"{hours} uur na de eerste waarneming", f"{hours} hours after the first sighting"
    else:
        until = f"{pack.number('vasthouden_tot_uur'):02.0f}:00"
        margin = f"{pack.number('vasthouden_marge_uur'):g}"
        nl = (
            f"{until} uur op de dag na de eerste waarneming, en met een registerstand van minstens "
            f"{margin} uur later"
        )
        en = (
            f"{until} on the day after the first sighting, and with a registry dated at least "
            f"{margin} h later"
        )
    return Words(
        f"hoogstens {days} dagen; vrijgave niet voor {nl}",
        f"at most {days} days; released not before {en}",
    )


def _pictures(basis: Basis) -> Iterator[Item]:
    evidence = basis.config.evidence
    if evidence is None or not any(law.pack.enforced for law in basis.laws):
        return
    yield Item(
        Words(
            "Beelden van een vastgehouden kandidaat: omgeving en plaat",
            "Pictures of a held candidate: scene and plate",
        ),
        Words(
            "het beste beeld van het voertuig; andere gevonden kentekens zijn afgedekt, gezichten "
            "niet",
            "the best picture of the vehicle; other plates that were found are blanked, faces are "
            "not",
        ),
        Words(
            "een mens laten oordelen wat de camera zag",
            "to let a person judge what the camera saw",
        ),
        Words(
            f"versleuteld (age) voor {len(evidence.recipients)} sleutels van het bevoegd gezag; "
            "de doos kan ze niet openen, en tot de vrijgave ook het gezag niet",
            f"encrypted (age) to {len(evidence.recipients)} keys of the authority; the box cannot "
            "open them, and until the release neither can the authority",
        ),
        Words(
            f"zolang de kandidaat wacht, hoogstens {evidence.max_days} dagen; na vrijgave tot het "
            "ontvangstbewijs",
            f"as long as the candidate waits, at most {evidence.max_days} days; after release "
            "until the receipt",
        ),
        Words(
            "intrekking of verval: sleutel en bestand worden vernietigd; na vrijgave het "
            "ontvangstbewijs",
            "withdrawal or expiry: key and file are destroyed; after release the receipt",
        ),
        Words(
            "alleen bij vrijgave: het bevoegd gezag, door het centrale platform bewaard zonder "
            "dat het ze kan openen",
            "only when released: the authority, kept by the central platform, which cannot open "
            "them",
        ),
        sent=True,
    )


def _doubtful() -> Item:
    return Item(
        Words(
            "Kenteken bij twijfel (nazicht), of buiten de regels",
            "Plate in doubt (review), or out of scope",
        ),
        Words("kentekenlezer of beslissing", "plate reader or decision"),
        Words("niet beschuldigen bij twijfel", "not to accuse on doubt"),
        Words(
            "het record draagt geen kenteken, wel de reden",
            "the record carries no plate, but the reason",
        ),
        NOT_HELD,
        Words("de beslissing over de passage", "the decision on the passage"),
    )


def _registry(basis: Basis) -> Iterator[Item]:
    origin = Words("aangeleverd uit de registers", "delivered from the registers")
    until = Words("tot een nieuwere stand komt", "until a newer snapshot comes")
    oldest = min(found.pack.max_age_vehicles_h for found in basis.laws) / 24
    newest = min(found.pack.max_age_exemptions_h for found in basis.laws) / 24
    form = Words(
        "alleen-lezen bestand met hash; per voertuig een code, gemaakt met een geheime sleutel, "
        "geen kenteken, geen naam, geen adres",
        "read-only file with a hash; for each vehicle a code made with a secret key, no "
        "plate, no name, no address",
    )
    yield Item(
        Words("Gegevens van voertuigen, uit het register", "Vehicle attributes of the registry"),
        origin,
        DECIDE,
        form,
        Words(
            f"{until.nl}; na {oldest:g} dagen beschuldigt de doos er niet meer op",
            f"{until.en}; after {oldest:g} days the box accuses no one on it",
        ),
        Words("vervanging van het bestand", "replacement of the file"),
        Words("als deel van het passagerecord", "as part of the passage record"),
    )
    yield Item(
        Words("Vrijstellingen en ontheffingen", "Exemptions and permissions"),
        origin,
        DECIDE,
        Words(
            f"{form.nl}; een soort die iets over een persoon zegt staat er als verzamelsoort",
            f"{form.en}; a type that says something of a person stands as a general one",
        ),
        Words(
            f"{until.nl}; na {newest:g} dagen beschuldigt de doos er niet meer op",
            f"{until.en}; after {newest:g} days the box accuses no one on it",
        ),
        Words("vervanging van het bestand", "replacement of the file"),
        Words(
            "nummer en soort alleen in het record van een voertuig dat niet voldoet of nazicht "
            "vraagt, of bij profiel “kenteken”",
            "number and type only in the record of a vehicle that does not comply or needs review, "
            "or with profile “plate”",
        ),
    )


def _records(basis: Basis) -> Iterator[Item]:
    stays, taken = until_taken(basis.config.uplink), _taken(basis.config.uplink)
    for name, arises, why in (
        (
            Words("Passagerecords", "Passage records"),
            Words("beslissing over een passage", "decision on a passage"),
            Words(f"{PROVE.nl}; tellen", f"{PROVE.en}; to count"),
        ),
        (
            Words("Afhandelingsrecords van kandidaten", "Resolution records of candidates"),
            Words(
                "vrijgave, intrekking of verval van een kandidaat",
                "release, withdrawal or expiry of a candidate",
            ),
            _of_resolutions(basis),
        ),
        (
            Words("Tellingen per uur", "Hourly counts"),
            Words("passages van een uur, zonder kenteken", "passages of an hour, without plates"),
            Words(
                "monitoring van de zone; bij publicatie worden kleine aantallen niet getoond",
                "monitoring of the zone; small cells are suppressed on publication",
            ),
        ),
        (
            Words("Alarmen", "Alarms"),
            Words("storing of poging tot ingreep", "fault or tampering"),
            Words("onderhoud en veiligheid; geen persoonsgegevens", "upkeep; no personal data"),
        ),
        (
            Words("Toestand van de doos", "Health of the box"),
            Words(
                "de doos zelf: versies, ouderdom, wat wacht; om de tien minuten",
                "the box itself: versions, ages, what waits; every ten minutes",
            ),
            Words(
                "weten waarmee elke doos beslist; geen persoonsgegevens",
                "to know on what each box decides; no personal data",
            ),
        ),
    ):
        yield Item(name, arises, why, QUEUE, stays, taken, PLATFORM, sent=True)


def _of_resolutions(basis: Basis) -> Words:
    if any(law.pack.enforced for law in basis.laws):
        return Words(
            "aantonen hoe een kandidaat is afgelopen; bij vrijgave met kenteken",
            "to prove how a candidate ended; with the plate where it was released",
        )
    return Words(
        "aantonen dat een kandidaat van voordien is ingetrokken; de handhaving staat uit: er komt "
        "geen kandidaat bij, en geen wordt vrijgegeven",
        "to prove that an earlier candidate was withdrawn; enforcement is off: no candidate is "
        "added, and none is released",
    )


def _scene() -> Item:
    return Item(
        Words("Hoe de omgeving eruitziet", "How the scene looks"),
        Words("beeld van de camera, één maal per seconde", "the camera's picture, once a second"),
        Words(
            "zien of de camera is afgedekt, verschoven of onscherp",
            "to see whether the camera is covered, moved or defocused",
        ),
        Words(
            "randen uit hoogstens zes beelden van 320 punten breed, vervaagd: een kenteken is er "
            "niet uit te lezen; versleuteld op de schijf",
            "edges of six pictures at most, 320 pixels wide, blurred: no plate can be read in "
            "them; encrypted on the disk",
        ),
        Words(
            "tot een nieuwer beeld, of tot een technicus dat vraagt (check --learn-view)",
            "until a newer picture, or until a technician asks (check --learn-view)",
        ),
        Words("overschrijven of wissen", "overwriting or deletion"),
    )


def _recorded() -> Item:
    return Item(
        Words("Opname voor een tester", "Recording for a tester"),
        Words(
            "camera en apparaat, alleen als een technicus dat opdraagt (record-run); de dienst "
            "ligt dan stil",
            "camera and device, only when a technician orders it (record-run); the service rests "
            "meanwhile",
        ),
        Words(
            "een fout naspelen, of een model toetsen",
            "to play a fault again, or to test a model",
        ),
        Words(
            "beelden waarop kentekens te lezen zijn, elk versleuteld (age) voor de tester vóór "
            "het op de schijf komt; de doos kan ze niet openen",
            "pictures on which plates can be read, each encrypted (age) to the tester before it "
            "reaches the disk; the box cannot open them",
        ),
        Words(
            "zoals met de tester is afgesproken; op de doos tot de technicus de map wist",
            "as agreed with the tester; on the box until the technician deletes the folder",
        ),
        Words("de technicus en de tester wissen", "the technician and the tester delete it"),
        Words("de tester", "the tester"),
        sent=True,
    )


def _upkeep(config: Config) -> Iterator[Item]:
    if config.external is None:
        yield _scene()
        yield _recorded()
    yield Item(
        Words("Ontvangstbewijzen", "Receipts"),
        Words("het platform, ondertekend", "the platform, signed"),
        Words("weten wat gewist mag worden", "to know what may be deleted"),
        Words(
            "alleen de plaats van het laatste bevestigde record; geen persoonsgegevens",
            "only the place of the last record confirmed; no personal data",
        ),
        Words("tot het volgende bewijs", "until the next receipt"),
        Words("overschrijven", "overwriting"),
    )
    yield Item(
        Words("Logboek van de dienst", "Log of the service"),
        Words("dienst op de doos", "service on the box"),
        Words("storingen vinden", "to find faults"),
        Words(
            "recordnummer, uitkomst en regel; nooit een kenteken, beeld of sleutel",
            "record number, outcome and rule; never a plate, picture or key",
        ),
        Words("volgens het systeem van de doos", "as the system of the box is set"),
        Words("het systeem van de doos", "the system of the box"),
    )
    yield Item(
        Words("Wat de dienst van zichzelf zegt", "What the service tells of itself"),
        Words("dienst op de doos", "service on the box"),
        Words("zien of de doos werkt", "to see whether the box works"),
        Words(
            "tellingen, en tijdstip en uitkomst van de laatste passage; nooit een kenteken; in een "
            "bestand, en zo ingesteld op een pagina die alleen de doos zelf kan openen",
            "counts, and moment and outcome of the last passage; never a plate; in a file, and "
            "where that is set on a page that only the box itself can open",
        ),
        Words("hoogstens een minuut, zolang de dienst werkt", "a minute at most, while it works"),
        Words("overschrijven", "overwriting"),
    )
    yield Item(
        Words("Sleutels van de doos", "Keys of the box"),
        Words("ingebruikname", "commissioning"),
        Words(
            "records ondertekenen; codes en pseudoniemen maken",
            "to sign records; to make codes and pseudonyms",
        ),
        Words(
            "bestanden die alleen de doos leest; ze staan nooit in een record of logboek",
            "files that only the box reads; they never stand in a record or log",
        ),
        Words("tot vervanging van de sleutel", "until the key is replaced"),
        Words("de beheerder", "the maintainer"),
    )


def until_taken(uplink: Uplink) -> Words:
    """Return how long a record stays on the box."""
    if uplink.ack == "puback":
        return Words(
            "tot de volgende schakel het record heeft aangenomen",
            "until the next hop has taken the record",
        )
    return Words(
        "tot het ondertekende ontvangstbewijs van het platform; zonder bewijs geen maximum",
        "until the signed receipt of the platform; without one there is no maximum",
    )


def _taken(uplink: Uplink) -> Words:
    if uplink.ack == "puback":
        return Words(
            "aanname door de volgende schakel, wat niet bewijst dat iemand het record bewaart",
            "acceptance by the next hop, which does not prove that anyone keeps the record",
        )
    return Words("het ontvangstbewijs, gecontroleerd", "the receipt, verified")
