"""What protects people: measures in force, a person before any fine, rights, risks."""

from edge.access.rules import RulePack
from edge.protocol.basis import Basis
from edge.protocol.document import Blank, Bullets, Inline, Prose, Section, Table, Words, said
from edge.protocol.places import CONTACT

TASK = Words("Taak van mensen", "Task for people")
SETTLED = Words("Afspraak", "What was settled")


def measures(basis: Basis) -> Section:
    """Tell the measures that the software takes, and those that it does not."""
    return Section(
        "measures",
        Words("Beveiliging", "Security measures"),
        (
            Bullets((*_of_the_data(), *_of_the_reading(basis), *_of_the_hold(basis))),
            Table(
                Words("Wat de programmatuur niet doet", "What the software does not do"),
                (TASK, SETTLED),
                _left_to_people(),
            ),
        ),
    )


def _of_the_data() -> tuple[Words, ...]:
    return (
        Words(
            "Het register op de doos bevat geen kentekens, namen of adressen: voertuigen staan er "
            "onder een code uit een geheime sleutel. Het register opent alleen met zijn hash.",
            "The registry on the box holds no plates, names or addresses: vehicles stand there "
            "under a code made with a secret key. It opens only with its hash.",
        ),
        Words(
            "Elk record is ondertekend (Ed25519) en draagt de hash van het vorige: wijzigen, "
            "weglaten of verschuiven valt op (anpr-edge records verify).",
            "Every record is signed (Ed25519) and carries the hash of the one before: to change, "
            "drop or move one shows (anpr-edge records verify).",
        ),
        Words(
            "Het kenteken van een kandidaat of van een geval voor nazicht staat niet in het "
            "passagerecord, wat het privacyprofiel ook zegt.",
            "The plate of a candidate or of a review does not stand in the passage record, "
            "whatever the privacy profile says.",
        ),
        Words(
            "Van een voertuig zonder gevolg (geen kandidaat, geen nazicht) staan geen massa, geen "
            "dag van eerste inschrijving en geen nummer van een vrijstelling in het record, tenzij "
            "het profiel “kenteken” is: die zouden terug naar het kenteken leiden.",
            "Of a vehicle without a consequence (no candidate, no review) the record tells no "
            "mass, no day of first registration and no number of an exemption, unless the profile "
            "is “plate”: they would lead back to the plate.",
        ),
        Words(
            "Kentekens, beelden en sleutels staan nooit in logboeken, foutmeldingen of cijfers.",
            "Plates, pictures and keys never stand in logs, error messages or figures.",
        ),
        Words(
            "De dienst met de camera en de ondertekensleutel heeft geen netwerk nodig; die met het "
            "netwerk heeft geen van beide. De modellen melden niets aan hun maker.",
            "The service with the camera and the signing key needs no network; the one with the "
            "network has neither. The models report nothing to their maker.",
        ),
    )


def _of_the_reading(basis: Basis) -> tuple[Words, ...]:
    read = basis.config.reading
    percent = f"{100 * read.min_confidence:g}"
    return (
        Words(
            f"Een kenteken telt pas als gelezen bij {percent}% zekerheid over het hele kenteken en "
            f"minstens {read.min_frames} beelden. Bij twijfel over kenteken, land, klok, register "
            "of regels volgt nazicht, met de reden; nooit een beschuldiging.",
            f"A plate counts as read only with {percent}% certainty of the whole plate and at "
            f"least {read.min_frames} pictures. On doubt about plate, country, clock, registry or "
            "rules the outcome is a review, with the reason; never an accusation.",
        ),
    )


def _of_the_hold(basis: Basis) -> tuple[Words, ...]:
    packs = {law.pack.id: law.pack for law in basis.laws if law.pack.enforced}
    return tuple(_release(pack) for pack in packs.values())


def _release(pack: RulePack) -> Words:
    hours = f"{pack.number('vrijgave_max_leeftijd_uur'):g}"
    per_day = pack.number("kandidaten_per_dag")
    nl = f"Hoogstens {per_day:g} per kenteken, zone en dag." if per_day else ""
    en = f"At most {per_day:g} for each plate, zone and day." if per_day else ""
    return Words(
        f"{pack.id}: een kandidaat wordt alleen vrijgegeven als hij opnieuw is beslist met een "
        f"stand van de vrijstellingen van na het einde van de wachttijd en hoogstens {hours} uur "
        f"oud. {nl}".strip(),
        f"{pack.id}: a candidate is released only after it was decided again with a snapshot of "
        f"the exemptions dated after the end of the window and at most {hours} hours old. "
        f"{en}".strip(),
    )


def _left_to_people() -> tuple[tuple[Inline, ...], ...]:
    return (
        (
            Words(
                "De sleutels apart van de schijf bewaren: zonder sleutels toont die geen kenteken",
                "Keep the keys apart from the disk: without them no plate on it can be read",
            ),
            Blank(Words("Waar de sleutels van de doos liggen", "Where the keys of the box lie")),
        ),
        (
            Words("De kast afsluiten en bewaken", "Lock and guard the cabinet"),
            Blank(Words("Fysieke beveiliging van de kast", "Physical security of the cabinet")),
        ),
        (
            Words("Toegang van beheerders verlenen", "Grant maintainers access"),
            Blank(
                Words(
                    "Wie toegang tot de doos heeft, en hoe dat wordt vastgelegd",
                    "Who has access to the box, and how that is logged",
                )
            ),
        ),
        (
            Words(
                "Proefbestanden wissen: de opdrachten read en replay tonen kentekens aan een "
                "tester, uit bestanden die deze zelf aanwijst",
                "Delete test files: the commands read and replay show plates to a tester, from "
                "files that the tester names",
            ),
            Blank(Words("Regels voor proefopnamen", "Rules for test footage")),
        ),
    )


def people(basis: Basis) -> Section:
    """Tell that a person decides, and that no police data is here (R004-85)."""
    judge = Blank(
        Words(
            "Wie een vrijgegeven kandidaat beoordeelt, en aan de hand waarvan",
            "Who judges a released candidate, and by what",
        )
    )
    police = Blank(
        Words(
            "Is de camera ook van of voor de politie? Dan geldt een eigen regeling",
            "Is the camera also that of the police? Then rules of its own apply",
        )
    )
    return Section(
        "people",
        Words("Een mens beslist; geen politiegegevens", "A person decides; no police data"),
        (
            Bullets(
                (
                    Words(
                        "De doos legt geen boete op en verstuurt geen brief. Een vrijgegeven "
                        "kandidaat is een voorstel; een bevoegd mens oordeelt voordat er iets voor "
                        "de betrokkene volgt (AVG art. 22).",
                        "The box imposes no fine and sends no letter. A released candidate is a "
                        "proposal; an authorised person judges before anything follows for the "
                        "person concerned (GDPR art. 22).",
                    ),
                    Words(
                        "De doos bevat geen politiegegevens: geen lijsten van gezochte of "
                        "gesignaleerde voertuigen, geen koppeling met politiebestanden, geen veld "
                        "ervoor in een record.",
                        "The box holds no police data: no lists of wanted or flagged vehicles, no "
                        "connection to police files, no field for them in a record.",
                    ),
                )
            ),
            Table(
                Words("Vast te leggen", "To be settled"),
                (TASK, SETTLED),
                (
                    (Words("Beoordeling van kandidaten", "Judgement of candidates"), judge),
                    (Words("Politiegebruik", "Use by the police"), police),
                ),
            ),
        ),
    )


def rights(basis: Basis) -> Section:
    """Tell what the box can do for each right of a data subject."""
    contact = said(basis.config.authority.contact, CONTACT, "authority.contact")
    rows: tuple[tuple[Inline, ...], ...] = (
        (
            Words("Informatie (art. 13 en 14)", "Information (art. 13 and 14)"),
            Words("dit document; het bord ter plaatse", "this document; the sign at the site"),
        ),
        (
            Words("Inzage (art. 15)", "Access (art. 15)"),
            Words(
                "de doos heeft geen bestand op naam of kenteken om in te zoeken; inzage loopt via "
                "de ontvangers",
                "the box has no file by name or plate to search in; access goes through the "
                "recipients",
            ),
        ),
        (
            Words("Verbetering (art. 16)", "Rectification (art. 16)"),
            Words(
                "in het bronregister: de doos krijgt een nieuwe stand; records zelf zijn "
                "ondertekend en worden niet gewijzigd",
                "in the source register: the box gets a new snapshot; records are signed and are "
                "not changed",
            ),
        ),
        (
            Words("Wissing (art. 17)", "Erasure (art. 17)"),
            Words(
                "een record kan worden gewist terwijl de keten van hashes bewijsbaar blijft; een "
                "kandidaat verdwijnt bij intrekking of verval",
                "a record can be erased while the chain of hashes can still be proven; a candidate "
                "goes on withdrawal or expiry",
            ),
        ),
        (
            Words("Bezwaar en beperking (art. 18 en 21)", "Objection, restriction (art. 18, 21)"),
            Words("bij de verantwoordelijke", "with the controller"),
        ),
        (
            Words("Geen louter geautomatiseerd besluit (art. 22)", "No automated decision alone"),
            Words("een mens beoordeelt elke kandidaat", "a person judges every candidate"),
        ),
        (CONTACT, contact),
        (
            Words("Werkwijze en termijnen", "Procedure and time limits"),
            Blank(
                Words(
                    "Hoe en binnen welke termijn verzoeken worden behandeld",
                    "How and within what time requests are handled",
                )
            ),
        ),
    )
    head = (Words("Recht (AVG)", "Right (GDPR)"), Words("Hoe", "How"))
    table = Table(Words("Rechten van betrokkenen", "Rights of data subjects"), head, rows)
    return Section("rights", Words("Rechten van betrokkenen", "Rights of data subjects"), (table,))


def risks(basis: Basis) -> Section:
    """Give the impact assessment its first table: a risk, and what the box does against it."""
    rows = tuple((risk, against, _assessed(risk)) for risk, against in RISKS)
    head = (
        Words("Risico", "Risk"),
        Words("Wat de doos ertegen doet", "What the box does against it"),
        Words("Oordeel van de verantwoordelijke", "Judgement of the controller"),
    )
    return Section(
        "risks",
        Words("Risico's voor betrokkenen", "Risks for data subjects"),
        (
            Prose(
                Words(
                    "Een aanzet voor de effectbeoordeling; het oordeel is aan de "
                    "verantwoordelijke.",
                    "A start for the impact assessment; the judgement is the controller's.",
                )
            ),
            Table(Words("Risico's", "Risks"), head, rows),
        ),
    )


def _assessed(risk: Words) -> Blank:
    return Blank(
        Words(f"Oordeel over het risico: {risk.nl}", f"Judgement on the risk: {risk.en}"),
    )


RISKS = (
    (
        Words("verkeerd gelezen kenteken", "a plate misread"),
        Words(
            "zekerheid over het hele kenteken, meer beelden, land en schrijfwijze; anders nazicht",
            "certainty of the whole plate, several pictures, country and form; else review",
        ),
    ),
    (
        Words("onterechte verdenking door oude gegevens", "wrong suspicion from stale data"),
        Words(
            "leeftijdsgrens per register, wachttijd, opnieuw beslissen; anders nazicht",
            "age limit for each register, a window, deciding again; else review",
        ),
    ),
    (
        Words("volgen van mensen", "tracking of people"),
        Words(
            "geen kenteken van wie voldoet, tenzij het profiel dat zegt; pseudoniemen wisselen "
            "per dag",
            "no plate of those who comply, unless the profile says so; pseudonyms differ each day",
        ),
    ),
    (
        Words("diefstal van de doos of de schijf", "theft of the box or the disk"),
        Words(
            "register zonder kentekens, kandidaten en records versleuteld; sleutels op de doos",
            "registry without plates, candidates and records encrypted; the keys are on the box",
        ),
    ),
    (
        Words("gebruik voor een ander doel", "use for another purpose"),
        Words(
            "één doel per camera en zone, in elk record zone en camera; geen politiegegevens",
            "one purpose for each camera and zone, both in every record; no police data",
        ),
    ),
)
