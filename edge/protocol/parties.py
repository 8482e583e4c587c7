"""Who: the controller and this document, the recipients, the way there, the exchange formats."""

from edge import __version__
from edge.config import Config, Uplink
from edge.daemon.inforce import registry_path
from edge.feed.topics import RECEIPT, STATUS, topic
from edge.protocol.basis import Basis
from edge.protocol.document import (
    Blank,
    Block,
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
from edge.protocol.places import CONTACT, VALUE, WHAT
from edge.record.message import DECODERS, SCHEMA_PREFIX

NAME = Words("Verwerkingsverantwoordelijke", "Controller")
OFFICER = Words("Functionaris voor gegevensbescherming", "Data protection officer")


def parties(basis: Basis) -> Section:
    """Tell who answers for the data, which box this is, and what the document was made from."""
    config, authority = basis.config, basis.config.authority
    who: tuple[tuple[Inline, ...], ...] = (
        (NAME, said(authority.name, NAME, "authority.name")),
        (CONTACT, said(authority.contact, CONTACT, "authority.contact")),
        (OFFICER, said(authority.dpo, OFFICER, "authority.dpo")),
        (
            Words("Verwerkers (leverancier, beheerder)", "Processors (supplier, maintainer)"),
            Blank(
                Words(
                    "Verwerkers en de overeenkomsten met hen", "Processors and contracts with them"
                )
            ),
        ),
    )
    return Section(
        "parties",
        Words("Wie en waarvan", "Who, and of what"),
        (
            Prose(
                Words(
                    "Dit document is gemaakt uit de configuratie en de programmatuur van één doos: "
                    "de computer bij een camera die kentekens (nummerplaten) leest en zonder "
                    "verbinding beslist of een voertuig in de zone mag rijden. Het dient voor het "
                    "register van verwerkingen (AVG art. 30) en de gegevensbeschermingseffect"
                    "beoordeling (art. 35). Wat alleen een mens kan zeggen staat open en is "
                    "achteraan opgesomd.",
                    "This document is made from the configuration and the software of one box: the "
                    "computer at a camera that reads number plates and decides, without a "
                    "connection, whether a vehicle may drive in the zone. It serves the record of "
                    "processing activities (GDPR art. 30) and the data protection impact "
                    "assessment (art. 35). What only a person can say is left blank and listed at "
                    "the end.",
                )
            ),
            Table(Words("Verantwoordelijken", "Who answers"), (WHAT, VALUE), who),
            Table(Words("Deze doos", "This box"), (WHAT, VALUE), _made_from(basis, config)),
        ),
    )


def _made_from(basis: Basis, config: Config) -> tuple[tuple[Inline, ...], ...]:
    return (
        (Words("Doos", "Box"), Code(config.box.id)),
        (Words("Programmatuur", "Software"), Code(f"anpr-edge {__version__}")),
        (
            Words("SHA-256 van de configuratie", "SHA-256 of the configuration"),
            Code(config.sha256),
        ),
        (Words("Gemaakt op", "Made on"), both(basis.made_on)),
        (Words("Sleutel van het platform", "Key of the platform"), _platform_key(basis)),
        (Words("Register", "Registry"), _snapshot(basis)),
    )


def _platform_key(basis: Basis) -> Inline:
    if basis.platform_key is None:
        return Blank(
            Words("Sleutelkenmerk van het platform", "Key id of the platform"),
            "keys.platform",
            Words("hier niet te lezen", "not readable here"),
        )
    return Code(basis.platform_key)


def _snapshot(basis: Basis) -> Inline:
    found = basis.snapshot
    if found is None:
        return Blank(
            Words("Stand van het register", "Snapshot of the registry"),
            "access.registry",
            Words("hier niet te openen", "could not be opened here"),
        )
    vehicles, exemptions = found.vehicles_as_of.date(), found.exemptions_as_of.date()
    name = plain(found.id)
    return Words(
        f"stand {name}, voertuigen van {vehicles}, vrijstellingen van {exemptions}",
        f"snapshot {name}, vehicles of {vehicles}, exemptions of {exemptions}",
    )


def recipients(basis: Basis) -> Section:
    """Tell who receives what, over which way, and how that way is secured."""
    config = basis.config
    rows = (_platform(config), _authority(config), *_named(config))
    head = (
        Words("Ontvanger", "Recipient"),
        Words("Ontvangt", "Receives"),
        Words("Weg of afspraak", "Way or agreement"),
    )
    transport: tuple[tuple[Inline, ...], ...] = (
        (Words("Beveiliging onderweg", "Security on the way"), transport_security(config.uplink)),
        (Words("Vergeten door de doos", "Forgotten by the box"), _forgets(config.uplink)),
        (
            Words("Doorgifte buiten de EER", "Transfer outside the EEA"),
            Blank(
                Words(
                    "Doorgifte buiten de EER: waar staat het platform?",
                    "Transfer outside the EEA: where is the platform?",
                )
            ),
        ),
    )
    blocks: tuple[Block, ...] = (
        Table(Words("Ontvangers", "Recipients"), head, rows),
        Table(
            Words("De weg naar het platform", "The way to the platform"), (WHAT, VALUE), transport
        ),
    )
    return Section("recipients", Words("Ontvangers", "Recipients"), blocks)


def _platform(config: Config) -> tuple[Inline, ...]:
    return (
        Words("Centraal platform", "Central platform"),
        Words(
            "passagerecords, afhandelingsrecords, tellingen en alarmen",
            "passage records, resolution records, counts and alarms",
        ),
        _way(config.uplink),
    )


def _way(uplink: Uplink) -> Words:
    if uplink.publisher == "mqtt":
        host = ", ".join(plain(host) for host in uplink.hosts)
        return Words(
            f"MQTT, broker {host}, poort {uplink.port}", f"MQTT, broker {host}, port {uplink.port}"
        )
    return Words(
        "verzegelde bestanden in een map, zoals op een stick die een technicus draagt",
        "sealed files in a folder, as on a stick that a technician carries",
    )


def _authority(config: Config) -> tuple[Inline, ...]:
    return (
        said(
            config.authority.name,
            Words("Naam van de handhavende overheid", "Name of the enforcing authority"),
            "authority.name",
        ),
        Words(
            "vrijgegeven kandidaten, voor het oordeel van een mens; cijfers van de zone",
            "released candidates, for a person to judge; figures of the zone",
        ),
        Words("via het platform", "through the platform"),
    )


def _named(config: Config) -> tuple[tuple[Inline, ...], ...]:
    if not config.authority.recipients:
        more = Words("Verdere ontvangers, of dat er geen zijn", "Further recipients, or that none")
        blank = Blank(more, "authority.recipients")
        return ((Words("Anderen", "Others"), blank, Words("onbekend", "unknown")),)
    return tuple(
        (
            both(one.name),
            both(one.receives),
            Blank(
                Words(
                    f"Protocol voor het delen met {plain(one.name)} (R004-95)",
                    f"Protocol for sharing with {plain(one.name)} (R004-95)",
                )
            ),
        )
        for one in config.authority.recipients
    )


def transport_security(uplink: Uplink) -> Inline:
    """Return what protects a record on its way; where nothing does, as a point to settle."""
    if uplink.publisher == "spool":
        return _open_stick()
    if uplink.ca is None:
        return _open_line()
    if uplink.cert is None:
        return Words(
            "TLS 1.2 of hoger: de broker toont een certificaat, de doos niet",
            "TLS 1.2 or later: the broker shows a certificate, the box does not",
        )
    return Words(
        "TLS 1.2 of hoger, met een clientcertificaat van de doos",
        "TLS 1.2 or later, with a client certificate of the box",
    )


def _open_stick() -> Blank:
    shown = Words(
        "de bestanden zijn ondertekend, maar NIET versleuteld: wie de stick heeft, leest ze",
        "the files are signed, but NOT encrypted: whoever has the stick reads them",
    )
    return Blank(
        Words(
            "Hoe de stick met onversleutelde records wordt bewaakt",
            "How the stick with unencrypted records is guarded",
        ),
        "uplink.publisher",
        shown,
    )


def _open_line() -> Blank:
    shown = Words(
        "GEEN: er is geen CA ingesteld, de verbinding is niet versleuteld en de broker wordt niet "
        "herkend",
        "NONE: no CA is set, the connection is not encrypted and the broker is not authenticated",
    )
    return Blank(
        Words(
            "De verbinding met het platform is niet versleuteld",
            "The connection to the platform is not encrypted",
        ),
        "uplink.ca",
        shown,
    )


def _forgets(uplink: Uplink) -> Words:
    if uplink.ack == "puback":
        return Words(
            "zodra de volgende schakel het record heeft: gaat het daar verloren, dan is het weg",
            "once the next hop has the record: if it is lost there, it is gone",
        )
    return Words(
        "pas op een ondertekend ontvangstbewijs van het platform",
        "only on a signed receipt of the platform",
    )


def formats(basis: Basis) -> Section:
    """Tell the formats of exchange (R004-95)."""
    box, mqtt = basis.config.box.id, basis.config.uplink.publisher == "mqtt"
    rows: list[tuple[Inline, ...]] = [
        (
            Words(f"Record “{kind}”", f"Record “{kind}”"),
            Words(
                "CloudEvents 1.0 (JSON) in JWS compact (RFC 7515), Ed25519",
                "CloudEvents 1.0 (JSON) in JWS compact (RFC 7515), Ed25519",
            ),
            Code(topic(box, kind) if mqtt else f"{box}-*.jws"),
            Code(f"{SCHEMA_PREFIX}{kind}:1"),
        )
        for kind in DECODERS
    ]
    none = Words("geen", "none")
    rows.append(
        (
            Words("Ontvangstbewijs van het platform", "Receipt of the platform"),
            Words("JSON in JWS compact, Ed25519", "JSON in JWS compact, Ed25519"),
            Code(topic(box, RECEIPT) if mqtt else f"{box}.receipt.jws"),
            none,
        )
    )
    if mqtt:
        online = Words("Aanwezigheid van de doos", "Presence of the box")
        rows.append((online, both("online / offline"), Code(topic(box, STATUS)), none))
    rows.append(
        (
            Words("Register naar de doos", "Registry to the box"),
            Words("SQLite zonder kentekens, met SHA-256", "SQLite without plates, with SHA-256"),
            Code(plain(registry_path(basis.config).name)),
            none,
        )
    )
    head = (
        Words("Bericht", "Message"),
        Words("Formaat", "Format"),
        Words("Topic of bestand", "Topic or file"),
        Words("Schema", "Schema"),
    )
    table = Table(Words("Uitwisseling", "Exchange"), head, tuple(rows))
    return Section("formats", Words("Uitwisselingsformaten", "Exchange formats"), (table,))
