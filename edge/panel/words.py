"""Every word of the panel, in Dutch and in English."""

from typing import Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")


class Words(NamedTuple):
    """The same in both languages."""

    nl: str
    en: str


WORDS = {
    "language": Words("English", "Nederlands"),
    "skip": Words("Naar de inhoud", "To the content"),
    "box": Words("Kastje", "Box"),
    # menu
    "status": Words("Toestand", "Status"),
    "live": Words("Beeld", "Picture"),
    "road": Words("Weg", "Road"),
    "service": Words("Onderhoud", "Service"),
    "log_out": Words("Afmelden", "Log out"),
    # login
    "log_in": Words("Aanmelden", "Log in"),
    "password": Words("Wachtwoord", "Password"),
    "password_hint": Words(
        "Staat op het installatieblad van dit kastje.",
        "It is on the installation sheet of this box.",
    ),
    "pass": Words("Pas van het platform", "Pass of the platform"),
    "pass_hint": Words("Plak hier de pas die u kreeg.", "Paste the pass that you were given."),
    "use_pass": Words("Ik heb een pas van het platform", "I have a pass of the platform"),
    "wrong": Words("Dat wachtwoord klopt niet.", "That password is not right."),
    "wait": Words(
        "Te veel pogingen. Probeer het over {wait} opnieuw, of gebruik een pas van het platform.",
        "Too many attempts. Try again in {wait}, or use a pass of the platform.",
    ),
    "busy": Words(
        "Er wordt op dit moment te vaak geprobeerd. Probeer het zo opnieuw.",
        "Too many people try at this moment. Try again in a little while.",
    ),
    "bad_pass": Words("Deze pas is niet geldig.", "This pass is not valid."),
    "used_pass": Words("Deze pas is al gebruikt.", "This pass was used before."),
    "logged_out": Words("U bent afgemeld.", "You are logged out."),
    "ended": Words("Meld u opnieuw aan.", "Please log in again."),
    # verdicts
    "all_green": Words("Dit kastje leest kentekens", "This box reads plates"),
    "all_amber": Words(
        "Dit kastje werkt, maar vraagt aandacht", "This box works, and needs a look"
    ),
    "all_red": Words("Dit kastje leest nu niet goed", "This box does not read well now"),
    "green": Words("goed", "good"),
    "amber": Words("let op", "look"),
    "red": Words("fout", "fault"),
    # cards
    "daemon": Words("Programma", "Program"),
    "daemon_off": Words("geeft geen antwoord", "does not answer"),
    "daemon_off_do": Words(
        "Het start vanzelf opnieuw. Blijft dit zo: kijk of de camera is aangesloten, en haal bij"
        " Onderhoud het logboek op.",
        "It starts again by itself. If this stays: see that the camera is connected, and fetch the"
        " log under Service.",
    ),
    "daemon_since": Words("aan het werk sinds {ago}", "at work since {ago}"),
    "daemon_young": Words("begint net", "has just begun"),
    "camera": Words("Camera", "Camera"),
    "camera_rate": Words("{rate} beelden per seconde", "{rate} frames a second"),
    "camera_none": Words("geen beeld", "no picture"),
    "camera_none_do": Words(
        "Kijk of de kabel van de camera vastzit.", "See that the camera's cable is tight."
    ),
    "camera_foreign": Words(
        "camera van een ander; {refused} berichten geweigerd",
        "another's camera; {refused} messages refused",
    ),
    "reading": Words("Gelezen vandaag", "Read today"),
    "reading_share": Words(
        "{settled} van {announced} kentekens zeker ({share})",
        "{settled} of {announced} plates settled ({share})",
    ),
    "reading_none": Words("nog geen voertuig", "no vehicle yet"),
    "reading_do": Words(
        "Veel kentekens blijven onzeker: kijk bij Beeld wat u moet draaien.",
        "Many plates stay in doubt: see under Picture what to turn.",
    ),
    "last": Words("Laatste voertuig", "Last vehicle"),
    "backlog": Words("Te versturen", "To deliver"),
    "backlog_none": Words("alles is verstuurd", "everything is delivered"),
    "backlog_some": Words("{n} wachten, de oudste {ago}", "{n} wait, the oldest for {ago}"),
    "backlog_do": Words(
        "Het platform is lang niet bereikt: kijk naar de verbinding.",
        "The platform was not reached for long: look at the connection.",
    ),
    "registry": Words("Register", "Registry"),
    "registry_age": Words("{hours} uur oud", "{hours} hours old"),
    "registry_none": Words("geen register", "no registry"),
    "registry_do": Words(
        "Breng een nieuw register (Onderhoud): tot dan gaat alles naar beoordeling door een mens.",
        "Bring a new registry (Service): until then everything goes to review.",
    ),
    "clock": Words("Klok", "Clock"),
    "clock_good": Words("loopt gelijk", "is right"),
    "clock_bad": Words("niet te vertrouwen", "cannot be trusted"),
    "clock_do": Words(
        "Zorg dat het kastje een tijdserver bereikt: tot dan wordt niemand aangewezen.",
        "Let the box reach a time server: until then nobody is accused.",
    ),
    "disk": Words("Schijf", "Disk"),
    "disk_free": Words("{mb} MB vrij", "{mb} MB free"),
    "disk_do": Words("De schijf raakt vol.", "The disk is getting full."),
    "alarms": Words("Alarmen", "Alarms"),
    "alarms_none": Words("geen", "none"),
    "alarms_some": Words("{n} open", "{n} open"),
    "settings": Words("Instellingen", "Settings"),
    "settings_in_force": Words("van kracht", "in force"),
    "settings_waiting": Words(
        "opgeslagen; het programma neemt ze zo over", "saved; the program takes them over soon"
    ),
    "settings_broken": Words("onbruikbaar", "cannot be used"),
    "trail": Words("Handelingen", "Acts"),
    "trail_waiting": Words("{n} nog niet ondertekend", "{n} not signed yet"),
    "trail_none": Words("alle ondertekend", "all signed"),
    # passages
    "passages": Words("Laatste voertuigen", "Last vehicles"),
    "passages_none": Words("Nog geen voertuig sinds de start.", "No vehicle yet since the start."),
    "passages_note": Words(
        "Van een kenteken staan hier alleen de laatste twee tekens.",
        "Of a plate only the last two characters are shown.",
    ),
    "time": Words("Tijd", "Time"),
    "plate": Words("Kenteken", "Plate"),
    "lane": Words("Rijstrook", "Lane"),
    "certainty": Words("Zekerheid", "Certainty"),
    "outcome": Words("Uitkomst", "Outcome"),
    "free_access": Words("vrij", "free"),
    "exempt": Words("vrijgesteld", "exempt"),
    "permitted": Words("toegelaten", "permitted"),
    "permit_possible": Words("toelating mogelijk", "permit possible"),
    "no_access": Words("geen toegang", "no access"),
    "out_of_scope": Words("niet bedoeld", "out of scope"),
    "review": Words("beoordelen", "review"),
    # live
    "live_none": Words("Er komt geen beeld.", "No picture comes."),
    "live_foreign": Words(
        "Dit kastje heeft geen eigen camera: beeld is er niet.",
        "This box has no camera of its own: there is no picture.",
    ),
    "live_alt": Words("Beeld van de camera, nu", "What the camera sees now"),
    "live_wait": Words(
        "Nog geen kenteken in beeld. Wacht op een voertuig, of houd een kenteken voor de camera.",
        "No plate in sight yet. Wait for a vehicle, or hold a plate before the camera.",
    ),
    "live_green": Words("Zo leest het goed", "It reads well like this"),
    "live_amber": Words("Het leest, maar kan beter", "It reads, and could do better"),
    "live_red": Words("Zo leest het niet", "It does not read like this"),
    "width_px": Words("Breedte van het kenteken", "Width of the plate"),
    "roll_deg": Words("Rechtstand", "Level"),
    "side_deg": Words("Kijkhoek opzij", "Angle from the side"),
    "sharpness": Words("Scherpte", "Sharpness"),
    "exposure": Words("Belichting", "Exposure"),
    "contrast": Words("Contrast", "Contrast"),
    "glare": Words("Schittering", "Glare"),
    "scene": Words("Licht in beeld", "Light in the picture"),
    # road
    "road_hint": Words(
        "Tik op het beeld om hoeken te zetten. Sleep een hoek om hem te verplaatsen.",
        "Tap the picture to set corners. Drag a corner to move it.",
    ),
    "road_keys": Words(
        "Met het toetsenbord: Tab naar een hoek, pijltjes om te schuiven, Delete om weg te halen.",
        "By keyboard: Tab to a corner, arrows to move it, Delete to remove it.",
    ),
    "region": Words("Gebied", "Region"),
    "region_note": Words("Alleen hierbinnen telt een kenteken.", "A plate counts only within it."),
    "whole": Words("hele beeld", "whole picture"),
    "add_lane": Words("Rijstrook erbij", "Add a lane"),
    "new_lane": Words("rijstrook", "lane"),
    "name": Words("Naam", "Name"),
    "direction": Words("Rijrichting", "Direction"),
    "approaching": Words("naar de camera toe", "towards the camera"),
    "leaving": Words("van de camera af", "away from the camera"),
    "both": Words("beide", "both"),
    "corner": Words("Hoek", "Corner"),
    "add_corner": Words("Hoek erbij", "Add a corner"),
    "undo": Words("Herstel", "Undo"),
    "remove": Words("Weghalen", "Remove"),
    "check": Words("Bekijk het verschil", "See what changes"),
    "changes": Words("Wat er verandert", "What changes"),
    "changes_none": Words("Er verandert niets.", "Nothing changes."),
    "before": Words("Nu", "Now"),
    "after": Words("Straks", "Then"),
    "none": Words("geen", "none"),
    "shape": Words("{n} hoeken, {share} van het beeld", "{n} corners, {share} of the picture"),
    "apply": Words("Toepassen", "Put in force"),
    "cancel": Words("Niet toepassen", "Leave it"),
    "applied": Words(
        "Opgeslagen. Het programma neemt het binnen enkele seconden over.",
        "Saved. The program takes it over within seconds.",
    ),
    "stale": Words(
        "Iemand anders heeft intussen iets veranderd. Bekijk het opnieuw.",
        "Somebody else changed something meanwhile. Look again.",
    ),
    "versions": Words("Eerdere versies", "Earlier versions"),
    "version_zero": Words("Zonder tekening: zoals box.toml", "Nothing drawn: as in box.toml"),
    "take_back": Words("Terug naar deze", "Back to this one"),
    "in_force": Words("Nu van kracht", "In force now"),
    "hash": Words("Vingerafdruk van de instellingen", "Fingerprint of the settings"),
    # service
    "updates": Words("Vernieuwingen", "Updates"),
    "updates_none": Words("Dit kastje volgt geen vernieuwingen.", "This box follows no updates."),
    "updates_never": Words("Er is nog niet gezocht.", "It has not looked yet."),
    "updates_at": Words("Laatst gezocht: {ago}", "Last looked: {ago}"),
    "packs": Words("Regels", "Rule packs"),
    "models": Words("Modellen", "Models"),
    "current": Words("niets nieuwers", "nothing newer"),
    "activated": Words("vernieuwd", "renewed"),
    "rolled_back": Words("teruggezet", "taken back"),
    "refused": Words("geweigerd", "refused"),
    "not_reached": Words("niet bereikt", "not reached"),
    "not_followed": Words("niet gevolgd", "not followed"),
    "release": Words("uitgave {n}", "release {n}"),
    "stick": Words("Vernieuwen vanaf een stick", "Update from a stick"),
    "stick_do": Words(
        "Steek een stick met de naam ANPR-EDGE in het kastje en druk op de knop. Alleen wat de"
        " uitgever heeft ondertekend, wordt overgenomen.",
        "Put a stick named ANPR-EDGE into the box and press the button. Only what the publisher"
        " signed is taken over.",
    ),
    "stick_go": Words("Vernieuw vanaf de stick", "Update from the stick"),
    "stick_asked": Words(
        "Gevraagd. De uitkomst verschijnt hier binnen een paar minuten.",
        "Asked for. What came of it appears here within minutes.",
    ),
    "log": Words("Logboek", "Log"),
    "log_do": Words(
        "De laatste meldingen van de diensten, zonder kentekens.",
        "The last messages of the services, without plates.",
    ),
    "log_go": Words("Haal het logboek op", "Fetch the log"),
    "log_none": Words("Het logboek is niet te lezen.", "The log cannot be read."),
    # faults
    "not_found": Words("Deze pagina is er niet.", "There is no such page."),
    "too_large": Words("Dat is te groot.", "That is too large."),
    "not_yours": Words(
        "Dit formulier hoort niet bij uw aanmelding. Er is niets gedaan.",
        "This form does not belong to your login. Nothing was done.",
    ),
    "unreadable": Words(
        "Dat formulier is niet te lezen. Er is niets gedaan.",
        "That form cannot be read. Nothing was done.",
    ),
    "no_trail": Words(
        "De handeling kon niet worden vastgelegd. Er is niets gedaan.",
        "The act could not be written down. Nothing was done.",
    ),
    "back": Words("Terug", "Back"),
    # how long
    "ago": Words("{time} geleden", "{time} ago"),
    "now": Words("zojuist", "just now"),
    "s": Words("{n} s", "{n} s"),
    "min": Words("{n} min", "{n} min"),
    "h": Words("{n} uur", "{n} h"),
    "d": Words("{n} dagen", "{n} days"),
}


def say(language: Language, word: str, **values: object) -> str:
    """Return a word in a language; a word that is not known as it is: it came from elsewhere."""
    found = WORDS.get(word)
    if found is None:
        return word
    return (found.nl if language == "nl" else found.en).format(**values)


def number(language: Language, value: float) -> str:
    """Return a number with one decimal, as people write it."""
    return f"{value:.1f}".replace(".", "," if language == "nl" else ".")


def long(language: Language, seconds: float) -> str:
    """Return how long something takes, as people say it."""
    steps = (("d", 172_800, 86_400), ("h", 7200, 3600), ("min", 120, 60), ("s", 0, 1))
    for word, least, unit in steps:
        if seconds >= least:
            return say(language, word, n=round(seconds / unit))
    return say(language, "s", n=0)


def ago(language: Language, seconds: float) -> str:
    """Return how long ago something was."""
    if seconds < 2:
        return say(language, "now")
    return say(language, "ago", time=long(language, seconds))
