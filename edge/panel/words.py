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
        "Staat op het etiket van dit kastje.",
        "It is on the label of this box.",
    ),
    "pass": Words("Pas van het platform", "Pass of the platform"),
    "pass_hint": Words("Plak hier de pas die u kreeg.", "Paste the pass that you were given."),
    "use_pass": Words("Ik heb een pas van het platform", "I have a pass of the platform"),
    "wrong": Words(
        "Dat wachtwoord klopt niet. Neem het over van het etiket van dit kastje.",
        "That password is not right. Take it from the label of this box.",
    ),
    "wait": Words(
        "Te veel pogingen. Probeer het over {wait} opnieuw, of gebruik een pas van het platform.",
        "Too many attempts. Try again in {wait}, or use a pass of the platform.",
    ),
    "busy": Words(
        "Er wordt op dit moment te vaak geprobeerd. Probeer het zo opnieuw.",
        "Too many people try at this moment. Try again in a little while.",
    ),
    "bad_pass": Words(
        "Deze pas is niet geldig. Vraag het platform om een andere.",
        "This pass is not valid. Ask the platform for another.",
    ),
    "used_pass": Words(
        "Deze pas is al gebruikt. Vraag het platform om een andere.",
        "This pass was used before. Ask the platform for another.",
    ),
    "logged_out": Words("U bent afgemeld.", "You are logged out."),
    "ended": Words(
        "Uw aanmelding is voorbij: er ging een tijd voorbij, of het paneel begon opnieuw."
        " Meld u opnieuw aan.",
        "Your login has ended: some time went by, or the panel began anew. Please log in again.",
    ),
    # verdicts
    "all_green": Words("Dit kastje leest kentekens", "This box reads plates"),
    "all_amber": Words(
        "Dit kastje werkt, maar vraagt aandacht", "This box works, and needs a look"
    ),
    "all_red": Words("Dit kastje is nu niet in orde", "This box is not in order now"),
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
    "disk_do": Words(
        "De schijf raakt vol: laat het kastje afleveren wat wacht (verbinding, of stick)."
        " Helpt dat niet, dan is een grotere schijf nodig.",
        "The disk is getting full: let the box deliver what waits (link, or stick). If"
        " that does not help, it needs a larger disk.",
    ),
    "alarms": Words("Alarmen", "Alarms"),
    "alarms_none": Words("geen", "none"),
    "alarms_some": Words("{n} open", "{n} open"),
    "alarm_blind": Words(
        "Het beeld is verschoven, vuil of onscherp: kijk bij Beeld, dan naar ruit, lens en mast.",
        "The picture moved, is dirty or not sharp: look under Picture, then at glass,"
        " lens and mast.",
    ),
    "alarm_camera": Words(
        "Er komt geen beeld: kijk naar de kabel en de voeding van de camera.",
        "No picture comes: look at the cable and the power of the camera.",
    ),
    "alarm_casebook": Words(
        "Een bewaard dossier is beschadigd: meld dit aan de beheerder.",
        "A kept case is damaged: tell the maintainer.",
    ),
    "alarm_door": Words(
        "De deur van de kast staat open: sluit hem.",
        "The door of the housing is open: close it.",
    ),
    "alarm_evidence": Words(
        "Er is geen plaats voor bewijs: laat het kastje afleveren wat wacht.",
        "There is no room for evidence: let the box deliver what waits.",
    ),
    "alarm_external": Words(
        "De camera van een ander werkt niet mee: meld dit aan zijn eigenaar.",
        "The camera of another does not play its part: tell its owner.",
    ),
    "alarm_firmware": Words(
        "Het apparaat in de kast is niet te horen: kijk naar zijn kabel en voeding.",
        "The device in the housing is not heard: look at its cable and power.",
    ),
    "alarm_keys": Words(
        "Een sleutel of certificaat vraagt aandacht: meld dit aan de beheerder.",
        "A key or certificate needs a look: tell the maintainer.",
    ),
    "alarm_pace": Words(
        "Het kastje is te warm of te druk: kijk naar ventilator, filter, zon en voeding.",
        "The box is too hot or too busy: look at fan, filter, sun and power supply.",
    ),
    "alarm_registry": Words(
        "Breng een nieuw register (Onderhoud).",
        "Bring a new registry (Service).",
    ),
    "alarm_storage": Words(
        "De schijf is vol of kapot: laat het kastje afleveren wat wacht.",
        "The disk is full or broken: let the box deliver what waits.",
    ),
    "alarm_tamper": Words(
        "De kast is geopend of geraakt: kijk hem na.",
        "The housing was opened or touched: look it over.",
    ),
    "alarm_tilt": Words(
        "De kast is scheef gaan hangen: kijk naar mast en camera, en teken de weg opnieuw.",
        "The housing hangs aslant: look at mast and camera, and draw the road anew.",
    ),
    "alarm_updates": Words(
        "Vernieuwen lukt niet: kijk naar de verbinding, of vernieuw vanaf een stick (Onderhoud).",
        "Updating fails: look at the link, or update from a stick (Service).",
    ),
    "alarm_wear": Words(
        "De schijf slijt: het kastje leest door, maar laat haar binnenkort vervangen.",
        "The disk wears: the box reads on, but have it replaced soon.",
    ),
    "settings": Words("Instellingen", "Settings"),
    "settings_in_force": Words("van kracht", "in force"),
    "settings_waiting": Words(
        "opgeslagen; het programma neemt ze zo over", "saved; the program takes them over soon"
    ),
    "settings_broken": Words("onbruikbaar", "cannot be used"),
    "settings_broken_do": Words(
        "De instellingen zijn onbruikbaar: ga bij Weg terug naar een eerdere versie, of"
        " herstel box.toml; anpr-edge check zegt wat er mis is.",
        "The settings cannot be used: go back to an earlier version under Road, or mend"
        " box.toml; anpr-edge check says what is wrong.",
    ),
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
    "live_none": Words(
        "Er komt geen beeld. Kijk bij Toestand of het programma werkt, en dan naar de"
        " kabel van de camera.",
        "No picture comes. See under Status whether the program works, then at the cable"
        " of the camera.",
    ),
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
    # light and focus
    "light": Words("Licht en scherpte", "Light and focus"),
    "light_switch": Words("Verlichting proberen", "Try the illuminator"),
    "light_do": Words(
        "Kijk bij elke stand wat de camera ziet. Na 30 seconden gaat de verlichting vanzelf terug,"
        " ook als u weggaat. Het beeld volgt na een paar tellen.",
        "See at each level what the camera sees. After 30 seconds the illuminator goes back by"
        " itself, also if you leave. The picture follows within seconds.",
    ),
    "light_off": Words("Uit", "Off"),
    "light_dim": Words("Zwak", "Dim"),
    "light_full": Words("Vol", "Full"),
    "light_back": Words("Zoals het kastje wil", "As the box wants"),
    "light_tried": Words(
        "De verlichting brandt op {level}; nog {left} s zoals u vroeg.",
        "The illuminator shines at {level}; for {left} s more as you asked.",
    ),
    "light_own": Words(
        "De verlichting brandt op {level}, zoals het kastje wil.",
        "The illuminator shines at {level}, as the box wants.",
    ),
    "light_unknown": Words(
        "Niet bekend hoe de verlichting brandt.", "It is not known how the illuminator shines."
    ),
    "light_absent": Words(
        "Het apparaat in de kast heeft geen verlichting, of vertelt er nog niet van.",
        "The device in the housing has no illuminator, or has not told of it yet.",
    ),
    "light_seen": Words("Wat de camera zag", "What the camera saw"),
    "light_level": Words("Stand", "Level"),
    "light_picture": Words("Beeld", "Picture"),
    "light_plate": Words("Kenteken", "Plate"),
    "focus": Words("Scherpstellen", "Focus"),
    "focus_do": Words(
        "Draai langzaam aan de lens tot het getal niet meer stijgt, en dan terug tot het beste."
        " Doe het ook bij het licht van de nacht: infrarood vraagt een iets andere stand.",
        "Turn the lens slowly until the figure rises no more, then back to the best. Do it under"
        " the light of the night too: infrared wants a slightly other position.",
    ),
    "focus_picture": Words("Hele beeld", "Whole picture"),
    "focus_plate": Words("Kenteken", "Plate"),
    "focus_best": Words("beste: {best}", "best: {best}"),
    "focus_anew": Words("Begin opnieuw", "Begin anew"),
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
        "Opgeslagen. Het programma neemt het binnen tien seconden over; ga dan verder bij"
        " Opleveren.",
        "Saved. The program takes it over within ten seconds; then go on under Commission.",
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
    # commissioning
    "commission": Words("Inbedrijfstelling", "Commissioning"),
    "commission_menu": Words("Opleveren", "Commission"),
    "commission_do": Words(
        "Loop acht stappen langs. Elke uitkomst wordt ondertekend vastgelegd; aan het eind is er"
        " een rapport. U kunt stoppen en later verder gaan.",
        "Walk through eight steps. What each finds is signed; at the end there is a report. You can"
        " stop, and go on later.",
    ),
    "commission_go": Words("Begin", "Begin"),
    "commission_again": Words("Begin een nieuwe", "Begin another"),
    "commission_again_do": Words(
        "Wat tot nu toe is gevonden, telt dan niet meer: alle stappen beginnen opnieuw.",
        "What was found so far counts no more: all steps begin anew.",
    ),
    "commission_begun": Words("Begonnen op {at}", "Begun on {at}"),
    "commission_progress": Words("{n} van {all} gedaan", "{n} of {all} done"),
    "judge": Words("Controleer", "Check"),
    "judge_camera": Words("Kijk naar het volgende voertuig", "Look at the next vehicle"),
    "judge_sign": Words("Leg vast", "Put on record"),
    "judge_run": Words("Sluit de proef af", "End the test"),
    "again": Words("Opnieuw", "Again"),
    "do_now": Words("Doen", "Do"),
    "open": Words("nog te doen", "to be done"),
    "result_passed": Words("in orde", "passed"),
    "result_failed": Words("niet in orde", "failed"),
    "result_none": Words("n.v.t.", "n/a"),
    "step_identity": Words("Kastje en tijd", "Box and time"),
    "step_sign": Words("Bord langs de weg", "Sign at the road"),
    "step_camera": Words("Camera ziet kentekens", "Camera sees plates"),
    "step_road": Words("Gebied en rijstroken", "Region and lanes"),
    "step_light": Words("Verlichting", "Illuminator"),
    "step_law": Words("Register, regels en sleutels", "Registry, rules and keys"),
    "step_uplink": Words("Verbinding met het platform", "Link to the platform"),
    "step_run": Words("Proef met verkeer", "Test with traffic"),
    "do_identity": Words(
        "Is dit het kastje dat hier hoort, en loopt zijn klok gelijk?",
        "Is this the box that belongs here, and is its clock right?",
    ),
    "do_sign": Words(
        "Kijk langs de weg, vóór de camera: staat het bord er, rechtop en leesbaar?",
        "Look along the road, before the camera: does the sign stand there, upright and legible?",
    ),
    "do_camera": Words(
        "Er wordt hoogstens 20 seconden naar een voertuig gekeken. Bij Beeld ziet u wat u moet"
        " draaien.",
        "A vehicle is looked for during 20 seconds at most. Under Picture you see what to turn.",
    ),
    "do_road": Words(
        "Teken bij Weg het gebied en minstens één rijstrook.",
        "Draw the region and one lane at least, under Road.",
    ),
    "do_light": Words(
        "Dek de lichtsensor af met uw hand, tot de verlichting na zo'n tien seconden brandt.",
        "Cover the light sensor with your hand, until the illuminator shines after ten seconds.",
    ),
    "do_law": Words(
        "Zijn register, regels en sleutels van kracht?", "Are registry, rules and keys in force?"
    ),
    "do_uplink": Words(
        "Heeft het platform ontvangen dat deze inbedrijfstelling begon?",
        "Did the platform receive that this commissioning began?",
    ),
    "do_run": Words(
        "Laat minstens {least} voertuigen langskomen en tel mee.",
        "Let {least} vehicles at least go by, and count along.",
    ),
    "sign_agree": Words("Het bord “{sign}” staat er", "The sign “{sign}” stands there"),
    "sign_said": Words("Waar staat het? (mag leeg blijven)", "Where does it stand? (optional)"),
    "run_go": Words("Begin te tellen", "Begin to count"),
    "run_again": Words("Begin opnieuw te tellen", "Begin to count anew"),
    "photo_none": Words("Van deze stap is geen foto.", "There is no photo of this step."),
    "photo_none_do": Words(
        "Van deze stap is geen foto: het programma had het te druk. Doe de stap opnieuw; anders"
        " zegt het rapport het.",
        "There is no photo of this step: the program was too busy. Do the step again, or else the"
        " report says so.",
    ),
    "finish": Words("Afronden", "Finish"),
    "finish_do": Words(
        "Alle stappen zijn gedaan. Met uw naam wordt het rapport gemaakt en ondertekend.",
        "All steps are done. With your name the report is made and signed.",
    ),
    "finish_go": Words("Maak het rapport", "Make the report"),
    "finish_open": Words("Er zijn nog stappen te doen.", "Steps are still to be done."),
    "finish_name": Words("Vul naam en plaats in.", "Fill in name and place."),
    "technician": Words("Monteur", "Technician"),
    "place": Words("Plaats (weg, hoogte, richting)", "Place (road, spot, direction)"),
    "found_identity": Words(
        "Kastje {box}; de klok loopt gelijk (hoogstens {error} ms af)",
        "Box {box}; the clock is right (off by {error} ms at most)",
    ),
    "found_no_answer": Words(
        "Het programma geeft geen antwoord. Wacht een minuut en probeer het opnieuw;"
        " blijft dit zo, kijk dan bij Toestand.",
        "The program does not answer. Wait a minute and try again; if this stays, look"
        " under Status.",
    ),
    "found_identity_clock": Words(
        "De klok is niet te vertrouwen. Sluit een netwerk met een tijdserver aan, wacht"
        " vijf minuten en controleer opnieuw.",
        "The clock cannot be trusted. Connect a network with a time server, wait five"
        " minutes and check again.",
    ),
    "found_sign": Words(
        "De monteur verklaart: het bord “{sign}” staat er. Plaats: {said}",
        "The technician states: the sign “{sign}” stands there. Place: {said}",
    ),
    "found_sign_absent": Words(
        "Niet verklaard dat het bord “{sign}” er staat. Staat het er: zet het vinkje. Zo"
        " niet, dan is er geen zone: bel de wegbeheerder.",
        "Not stated that the sign “{sign}” stands there. If it does, tick the box. If not,"
        " there is no zone: call the road authority.",
    ),
    "found_sign_unnamed": Words(
        "Het bord heeft geen naam: vul camera.sign in box.toml in.",
        "The sign has no name: fill in camera.sign in box.toml.",
    ),
    "found_foreign": Words(
        "Camera van een ander: dit stelt zijn eigenaar in.",
        "Another's camera: its owner sets this.",
    ),
    "found_camera": Words(
        "Een kenteken gezien, alle lichten groen.", "A plate was seen, all lights green."
    ),
    "found_camera_ill": Words(
        "Een kenteken gezien, maar niet alle lichten waren groen: kijk bij Beeld.",
        "A plate was seen, and not all lights were green: look under Picture.",
    ),
    "found_camera_none": Words(
        "Geen kenteken gezien in 20 seconden. Wacht op een voertuig; kijk bij Beeld wat u"
        " moet draaien.",
        "No plate was seen in 20 seconds. Wait for a vehicle; see under Picture what to turn.",
    ),
    "found_road": Words("Gebied getekend; rijstroken: {names}", "Region drawn; lanes: {names}"),
    "found_road_none": Words(
        "Er is geen gebied of geen rijstrook getekend: doe dat bij Weg.",
        "No region or no lane is drawn: do that under Road.",
    ),
    "found_road_waiting": Words(
        "De tekening is opgeslagen, maar nog niet van kracht: wacht tien seconden en"
        " controleer opnieuw.",
        "The drawing is saved, but not in force yet: wait ten seconds and check again.",
    ),
    "found_light": Words("De verlichting brandt op {level}.", "The illuminator shines at {level}."),
    "found_light_without": Words(
        "Dit kastje stuurt geen verlichting.", "This box steers no illuminator."
    ),
    "found_light_unheard": Words(
        "Het apparaat in de kast is niet te horen: kijk naar kabel en voeding.",
        "The device in the housing is not heard: look at its cable and power.",
    ),
    "found_light_tried": Words(
        "De verlichting brandt nog zoals u bij Licht en scherpte vroeg: wacht een halve minuut.",
        "The illuminator still shines as you asked under Light and focus: wait half a minute.",
    ),
    "found_light_off": Words(
        "De verlichting brandt niet. Dek de lichtsensor langer af; brandt hij dan nog"
        " niet, kijk naar kabel en voeding.",
        "The illuminator does not shine. Cover the light sensor for longer; if it stays"
        " off, look at cable and power.",
    ),
    "found_law": Words(
        "Register {hours} uur oud; geen alarm over register, regels of sleutels",
        "Registry {hours} hours old; no alarm of registry, rules or keys",
    ),
    "found_law_alarm": Words("Alarm: {names} (zie Toestand)", "Alarm: {names} (see Status)"),
    "found_uplink": Words(
        "Alles van vóór {at} is afgeleverd en bevestigd.",
        "Everything from before {at} is delivered and confirmed.",
    ),
    "found_uplink_not": Words(
        "Nog niet bevestigd; {n} wachten. Probeer het over een halve minuut opnieuw; kijk"
        " dan naar SIM, antenne en kabel.",
        "Not confirmed yet; {n} wait. Try again in half a minute; then look at SIM,"
        " antenna and cable.",
    ),
    "found_uplink_spool": Words("Dit kastje levert op een stick.", "This box delivers by a stick."),
    "found_run_none": Words(
        "Er is niet geteld: druk op “Begin te tellen”.",
        "Nothing was counted: press “Begin to count”.",
    ),
    "found_run_anew": Words(
        "Het programma begon intussen opnieuw: begin opnieuw te tellen.",
        "The program began anew meanwhile: begin to count anew.",
    ),
    "found_run_few": Words(
        "{n} van minstens {least} voertuigen. Wacht op meer verkeer.",
        "{n} of at least {least} vehicles. Wait for more traffic.",
    ),
    "found_run": Words(
        "{settled} van {n} kentekens zeker ({share}).", "{settled} of {n} plates settled ({share})."
    ),
    "found_run_low": Words(
        "{settled} van {n} kentekens zeker ({share}); nodig is 80 %. Kijk bij Beeld wat u"
        " moet draaien.",
        "{settled} of {n} plates settled ({share}); 80 % is needed. See under Picture what"
        " to turn.",
    ),
    "found_run_triggers": Words(
        "{settled} van {n} kentekens zeker ({share}); {captured} van {judged} signalen werden een"
        " passage.",
        "{settled} of {n} plates settled ({share}); {captured} of {judged} triggers became a"
        " passage.",
    ),
    "found_run_triggers_low": Words(
        "{settled} van {n} kentekens zeker ({share}, nodig 80 %); {captured} van {judged}"
        " signalen werden een passage (nodig 90 %). Kijk bij Beeld wat u moet draaien.",
        "{settled} of {n} plates settled ({share}, 80 % is needed); {captured} of {judged}"
        " triggers became a passage (90 % is needed). See under Picture what to turn.",
    ),
    "report": Words("Rapport", "Report"),
    "report_fit": Words("Geschikt voor gebruik", "Fit for use"),
    "report_unfit": Words("Niet geschikt voor gebruik", "Not fit for use"),
    "report_unfit_do": Words(
        "Los op wat rood is, doe die stap opnieuw, en maak dan een nieuw rapport.",
        "Mend what is red, do that step again, and then make another report.",
    ),
    "report_html": Words("Rapport als webpagina", "Report as a web page"),
    "report_pdf": Words("Rapport als PDF", "Report as PDF"),
    "report_by": Words("{technician}, {place}, {at}", "{technician}, {place}, {at}"),
    "report_gone": Words(
        "Dit rapport is er niet meer. Doe één stap opnieuw, en maak het weer.",
        "This report is no longer here. Do one step again, and make it anew.",
    ),
    "report_sign": Words("Bord", "Sign"),
    "report_lanes": Words("Rijstroken", "Lanes"),
    "report_id": Words("Nummer", "Number"),
    "report_software": Words("Programma", "Software"),
    "report_photos": Words("Foto's", "Photos"),
    "report_note": Words(
        "De hash (SHA-256) van dit bestand staat in een ondertekend record van het kastje (audit,"
        " commissioned). Op de foto's is geen kenteken leesbaar gelaten.",
        "The hash (SHA-256) of this file stands in a signed record of the box (audit,"
        " commissioned). In the photos no plate was left legible.",
    ),
    "zones": Words("Zones", "Zones"),
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
    "log_none": Words(
        "Het logboek is niet te lezen. In een terminal op het kastje: journalctl -u anpr-edge.",
        "The log cannot be read. In a terminal on the box: journalctl -u anpr-edge.",
    ),
    # faults
    "not_found": Words("Deze pagina is er niet.", "There is no such page."),
    "too_large": Words(
        "Dat is te groot. Er is niets gedaan.",
        "That is too large. Nothing was done.",
    ),
    "not_yours": Words(
        "Dit formulier hoort niet bij uw aanmelding. Er is niets gedaan: ga terug en doe"
        " het opnieuw.",
        "This form does not belong to your login. Nothing was done: go back and do it again.",
    ),
    "unreadable": Words(
        "Dat formulier is niet te lezen. Er is niets gedaan: ga terug en doe het opnieuw.",
        "That form cannot be read. Nothing was done: go back and do it again.",
    ),
    "box_unusable": Words(
        "De instellingen van deze kast zijn niet te gebruiken. Er is niets gedaan.",
        "The settings of this box cannot be used. Nothing was done.",
    ),
    "no_trail": Words(
        "De handeling kon niet worden vastgelegd. Er is niets gedaan. Kijk bij Toestand of"
        " de schijf vol is.",
        "The act could not be written down. Nothing was done. See under Status whether the"
        " disk is full.",
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
    return written(language, f"{value:.1f}")


def written(language: Language, figure: str) -> str:
    """Return a figure, as it stands in a record, as people write it."""
    return figure.replace(".", ",") if language == "nl" else figure


def percent(share: float) -> str:
    """Return a share of 0 to 1; no line ends before its sign."""
    return f"{100 * share:.0f}\xa0%"


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
