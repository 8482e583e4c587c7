from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Authority, Recipient, load
from edge.daemon.inforce import followed, models_in_force, packs_in_force, registry_path
from edge.daemon.wiring import photographer
from edge.daemon.wiring_eyes import view
from edge.errors import ConfigError
from edge.passage.lanes import Lane, View
from edge.types import Direction

GOOD = """\
[box]
id = "b1"
state = "state"
[access]
registry = "r.sqlite"
token_key = "/etc/token.key"
[keys]
signing = "box.pem"
platform = "platform.jwk"
storage = "storage.key"
[[zones]]
id = "voorbeeldgem"
pack = "fl-zes"
start = 2027-01-01
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "box.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))
    assert config.box.state == tmp_path / "state"
    assert config.access.token_key == Path("/etc/token.key")
    assert config.zones[0].id == "voorbeeldgem"


def test_the_servers_of_a_cluster_stand_in_a_list(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).uplink.hosts == ("localhost",)
    listed = GOOD + '[uplink]\nhost = ["a.example.org", "b.example.org"]\n'
    assert load(written(tmp_path, listed)).uplink.hosts == ("a.example.org", "b.example.org")


@pytest.mark.parametrize("hosts", ["[]", '["a", "b", "c", "d", "e"]', "7", '["a", 7]'])
def test_hosts_that_cannot_be_tried_in_turn_are_refused(tmp_path: Path, hosts: str) -> None:
    with pytest.raises(ConfigError, match="host"):
        load(written(tmp_path, f"{GOOD}[uplink]\nhost = {hosts}\n"))


def test_the_hash_follows_every_byte_of_the_file(tmp_path: Path) -> None:
    first = load(written(tmp_path, GOOD)).sha256
    assert load(written(tmp_path, GOOD)).sha256 == first
    assert load(written(tmp_path, GOOD + "# a note\n")).sha256 != first


def test_every_fault_is_listed_at_once_with_its_line_and_a_guess(tmp_path: Path) -> None:
    text = GOOD.replace('id = "b1"', "id = 7").replace("token_key", "tokenkey")
    text += '[uplink]\npublisher = "carrier-pigeon"\n[camra]\n'
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, text))
    said = e.value.cause
    assert "line 6: unknown key access.tokenkey (did you mean token_key?)" in said
    assert "unknown key camra (did you mean camera?)" in said
    assert "[box]" in said
    assert "carrier-pigeon" in said


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "[box] is missing"),
        ("[box", "not TOML"),
        (GOOD.replace("[[zones]]", "[zones]"), "[[zones]]"),
        (GOOD.replace("2027-01-01", '"soon"'), "[zones]"),
        ('box = "b1"\n' + GOOD.split("\n", 3)[3], "box must be a table"),
    ],
)
def test_a_bad_file_is_one_sentence_with_cause_and_remedy(
    tmp_path: Path, text: str, word: str
) -> None:
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, text))
    assert word in e.value.cause
    assert e.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        "[models]\nthreads = 0",
        "[models]\nthreads = -1",
        "[reading]\nmin_confidence = 7.0",
        "[reading]\nmin_confidence = nan",
        "[reading]\ngone_after_s = -1.0",
        "[reading]\ngone_after_s = inf",
        "[reading]\nmin_frames = 1",
        "[reading]\nmin_confidence = 0.4",
        "[reading]\ngone_after_s = 1e-300",
        "[uplink]\nport = 99999",
        "[uplink]\nwindow = 0",
        "[outbox]\nmax_mb = 0",
        "[outbox]\nmin_free_mb = -1",
        '[[zones]]\nid = "voorbeeldgem"\npack = "fl-zes"',
        '[[zones]]\nid = "a/b"\npack = "fl-zes"',
        '[[zones]]\nid = "a"\npack = "../fl-zes"',
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        load(written(tmp_path, f"{GOOD}{line}\n"))


@pytest.mark.parametrize("box", ["+", "#", "../x", "a/b", "", "x" * 300, "bo\u0301x", "a b"])
def test_a_box_id_that_is_unsafe_in_a_topic_is_refused(tmp_path: Path, box: str) -> None:
    with pytest.raises(ConfigError, match="box"):
        load(written(tmp_path, GOOD.replace('"b1"', f'"{box}"')))


PEOPLE = """\
purpose = "enforcement"
area_km2 = 3
boxes = 12
decree = "GR 2026/12"
policy = "GR 2026/13"
announced = 2025-01-01
geometry = "https://example.org/zone.geojson"
context = "a harbour\\nand a market"
[authority]
name = "Voorbeeldgem"
contact = "privacy@example.org"
dpo = "F. Unctionaris"
legal_basis = "art. 6"
[[authority.recipients]]
name = "officers"
receives = "candidates"
"""


def test_what_is_told_to_people_is_read(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD + PEOPLE))
    assert config.zones[0].area_km2 == 3
    assert config.zones[0].announced == date(2025, 1, 1)
    assert config.authority.dpo == "F. Unctionaris"
    assert config.authority.recipients == (Recipient(name="officers", receives="candidates"),)
    assert load(written(tmp_path, GOOD)).authority == Authority()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("area_km2 = 3", "area_km2 = 0", "area_km2"),
        ("area_km2 = 3", "area_km2 = nan", "area_km2"),
        ("area_km2 = 3", "area_km2 = inf", "area_km2"),
        ("boxes = 12", "boxes = 0", "boxes"),
        ("boxes = 12", "boxes = true", "boxes"),
        ("2025-01-01", '"soon"', "announced"),
        ("GR 2026/12", "GR\\n2026", "decree"),
        ("GR 2026/12", "\\u001b[2J", "decree"),
        ("GR 2026/12", "  ", "decree"),
        ("art. 6", "a\\u0000b", "authority.legal_basis holds a NUL"),
        ('"officers"', '"a\\u0000b"', "authority.recipients.name holds a NUL"),
        ("dpo =", "dpoo =", "unknown key authority.dpoo (did you mean dpo?)"),
        ("receives", "recieves", "authority.recipients.recieves (did you mean receives?)"),
        ("[[authority.recipients]]", "[authority.recipients]", "[[authority.recipients]]"),
        ("purpose", "purpsoe", "unknown key zones.purpsoe (did you mean purpose?)"),
    ],
)
def test_what_is_told_to_people_must_make_sense(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in PEOPLE
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, GOOD + PEOPLE.replace(old, new, 1)))
    assert said in e.value.cause


LANES = """\
[camera]
region = [[0, 0.2], [1, 0.2], [1, 1], [0, 1]]
[[camera.lanes]]
name = "in"
polygon = [[0.0, 0.2], [0.5, 0.2], [0.5, 1.0], [0.0, 1.0]]
direction = "approaching"
[[camera.lanes]]
name = "out"
polygon = [[0.5, 0.2], [1.0, 0.2], [1.0, 1.0], [0.5, 1.0]]
"""


def test_region_and_lanes_reach_the_view_of_the_camera(tmp_path: Path) -> None:
    camera = load(written(tmp_path, GOOD + LANES)).camera
    assert camera.region == ((0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0))
    seen = view(camera)
    assert seen.region == camera.region
    assert [(lane.name, lane.direction) for lane in seen.lanes] == [
        ("in", Direction.APPROACHING),
        ("out", None),
    ]


def test_without_drawn_lanes_the_one_lane_is_everywhere(tmp_path: Path) -> None:
    camera = load(written(tmp_path, GOOD + '[camera]\nlane = "to the centre"\n')).camera
    assert view(camera) == View((), (Lane("to the centre"),))
    assert view(load(written(tmp_path, GOOD)).camera) == View()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[0, 0.2], [1, 0.2], [1, 1], [0, 1]]", "[[0, 0], [1, 1], [1, 0], [0, 1]]", "cross"),
        ("[[0, 0.2], [1, 0.2], [1, 1], [0, 1]]", "[[0, 0], [1, 1]]", "region"),
        ("[[0, 0.2], [1, 0.2], [1, 1], [0, 1]]", "[[0, 0], [0.5, 0.5], [1, 1]]", "nothing"),
        ("[1.0, 0.2]", "[1.2, 0.2]", "<= 1.0"),
        ("[1.0, 0.2]", "[nan, 0.2]", "camera.lanes"),
        ("[1.0, 0.2]", "[1.0]", "camera.lanes"),
        ("[0.5, 0.2], [0.5, 1.0], [0.0, 1.0]", "[0.5, 1.0], [0.5, 0.2], [0.0, 1.0]", "lane in:"),
        ('"out"', '"in"', "lane in stands twice"),
        ('"out"', '""', "camera.lanes"),
        ('"approaching"', '"north"', "north"),
        ("[camera]\n", '[camera]\nlane = "one"\n', "camera.lane names the only lane"),
        ("direction", "directon", "unknown key camera.lanes.directon (did you mean direction?)"),
    ],
)
def test_a_region_or_lane_that_makes_no_sense_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in LANES
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, GOOD + LANES.replace(old, new, 1)))
    assert said in e.value.cause


def test_every_fault_of_the_lanes_is_told_at_once(tmp_path: Path) -> None:
    bad = LANES.replace('"out"', '"in"').replace("[[0, 0.2], [1, 0.2]", "[[1, 0.2], [0, 0.2]")
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, GOOD + bad.replace('"approaching"', '"up"') + "colour = 1\n"))
    assert "camera.region: its sides cross" in e.value.cause
    assert "'up'" in e.value.cause
    assert "unknown key camera.lanes.colour" in e.value.cause


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"r.sqlite"', '"~r\\u0000.sqlite"', "access.registry"),
        ('state = "state"', 'state = "\\u0000"', "box.state"),
        ("[access]", '[models]\nmanifest = "a\\u0000"\n[access]', "models.manifest"),
        ("[access]", '[uplink]\nca = "a\\u0000"\n[access]', "uplink.ca"),
        ("[access]", '[camera]\nsource = "/dev/\\u0000"\n[access]', "camera.source"),
    ],
)
def test_a_path_with_a_nul_is_a_fault_of_its_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match="NUL") as e:
        load(written(tmp_path, GOOD.replace(old, new)))
    assert key in e.value.cause


def test_a_home_of_nobody_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="home"):
        load(written(tmp_path, GOOD.replace('"r.sqlite"', '"~nobody-here/r.sqlite"')))


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not TOML"):
        load(binary)


@given(st.text(max_size=200))
def test_no_text_brings_it_down(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("config") / "box.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(ConfigError):
        load(path)


def test_what_is_left_out_follows_the_updates(tmp_path: Path) -> None:
    text = GOOD.replace('registry = "r.sqlite"\n', "")
    text += (
        '[updates]\nroot = "root.json"\nsources = ["https://u.example/a", "stick", "/media/b"]\n'
    )
    config = load(written(tmp_path, text))
    assert config.access.registry is None
    assert config.models.manifest is None
    assert config.updates is not None
    assert config.updates.root == tmp_path / "root.json"
    assert config.updates.sources == ("https://u.example/a", f"{tmp_path}/stick", "/media/b")
    assert config.updates.cohort is None
    assert followed(config) == ("registry", "packs", "models")
    assert registry_path(config) == tmp_path / "state" / "registry" / "active" / "registry.sqlite"


def test_what_is_named_is_used_and_not_followed(tmp_path: Path) -> None:
    text = GOOD.replace("token_key", 'packs = "packs"\ntoken_key')
    config = load(written(tmp_path, text + '[models]\nmanifest = "m.toml"\n'))
    assert followed(config) == ()
    assert registry_path(config) == tmp_path / "r.sqlite"
    assert packs_in_force(config) == tmp_path / "packs"
    assert models_in_force(config).manifest == tmp_path / "m.toml"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "root"),
        ('root = "r"\ncohort = 100', "cohort"),
        ('root = "r"\ncohort = -1', "cohort"),
        ('root = "r"\nsource = ["a"]', "unknown key updates.source (did you mean sources?)"),
        ('root = "r"\nsources = "a"', "sources"),
        ('root = "r"\nsources = ["a\\u0000"]', "updates.sources holds a NUL"),
    ],
)
def test_updates_that_make_no_sense_are_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, f"{GOOD}[updates]\n{line}\n"))
    assert said in e.value.cause


ONE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
TWO = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"
EVIDENCE = f'[evidence]\nrecipients = ["{ONE}", "{TWO}"]\n'


def test_pictures_are_kept_only_where_the_authority_named_two_keys(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).evidence is None
    config = load(written(tmp_path, GOOD + EVIDENCE))
    assert config.evidence is not None
    assert config.evidence.recipients == (ONE, TWO)
    assert (config.evidence.max_mb, config.evidence.max_days) == (1000, 30)
    assert photographer(config).longest.days == 30


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[evidence]\n", "recipients"),
        (f'[evidence]\nrecipients = ["{ONE}"]\n', "recipients"),
        (f'[evidence]\nrecipients = ["{ONE}", "{ONE}"]\n', "stands twice"),
        (f'[evidence]\nrecipients = ["{ONE}", "{TWO.upper()}"]\n', "recipients"),
        (f'[evidence]\nrecipients = ["{ONE}", "AGE-SECRET-KEY-1"]\n', "recipients"),
        (EVIDENCE + "max_days = 1\n", "max_days"),
        (EVIDENCE + "max_mb = 0\n", "max_mb"),
        ('[uplink]\nevidence = "http://platform/evidence"\n', "evidence"),
        ('[uplink]\nevidence = "https://platform/evidence"\n', "uplink.cert"),
    ],
)
def test_pictures_without_two_keys_or_a_safe_way_are_refused(
    tmp_path: Path, table: str, said: str
) -> None:
    with pytest.raises(ConfigError) as told:
        load(written(tmp_path, GOOD + table))
    assert said in told.value.cause


@pytest.mark.parametrize(
    "hosts", ['"10.0.0.2"', '"127.example.org"', '["localhost", "broker.example.org"]']
)
def test_records_never_travel_over_a_network_in_clear(tmp_path: Path, hosts: str) -> None:
    text = f'{GOOD}[uplink]\npublisher = "mqtt"\nhost = {hosts}\n'
    with pytest.raises(ConfigError, match=r"uplink\.ca records would travel there in clear"):
        load(written(tmp_path, text))
    assert load(written(tmp_path, f'{text}ca = "ca.pem"\n')).uplink.ca
    here = text.replace(hosts, '["localhost", "127.0.0.2", "::1"]')
    assert load(written(tmp_path, here)).uplink.ca is None


def test_a_key_of_the_authority_with_a_slip_in_it_is_refused_at_the_start(tmp_path: Path) -> None:
    slip = EVIDENCE.replace(ONE[:20], ONE[:19] + "q")
    with pytest.raises(ConfigError, match="garbled"):
        photographer(load(written(tmp_path, GOOD + slip)))


def test_a_program_may_sign_instead_of_a_file(tmp_path: Path) -> None:
    text = GOOD.replace('signing = "box.pem"', 'signer_command = ["/usr/lib/element", "slot-1"]')
    keys = load(written(tmp_path, text)).keys
    assert (keys.signing, keys.signer_command) == (None, ("/usr/lib/element", "slot-1"))


@pytest.mark.parametrize(
    "line",
    ["", 'signing = "box.pem"\nsigner_command = ["/bin/true"]', 'signer_command = ["a\\u0000b"]'],
)
def test_exactly_one_thing_signs(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="signer_command"):
        load(written(tmp_path, GOOD.replace('signing = "box.pem"', line)))


def test_a_path_may_name_a_credential_of_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, GOOD.replace('"box.pem"', '"credential:box.pem"'))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/anpr-edge.service")
    assert load(path).keys.signing == Path("/run/credentials/anpr-edge.service/box.pem")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert load(path).keys.signing == Path("credential:box.pem")


EXTERNAL = """
[external]
product = "axis"
listen = "10.0.0.2:8090"
allow = ["10.0.0.20"]
countries = { "56" = "NL" }
"""


def test_a_camera_that_is_not_ours_is_believed_only_where_that_is_said(tmp_path: Path) -> None:
    external = load(written(tmp_path, GOOD + EXTERNAL)).external
    assert external is not None
    assert external.min_confidence is None
    assert external.countries == {"56": "NL"}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"axis"', '"acme"'),
        ('"10.0.0.2:8090"', '"8090"'),
        ('"10.0.0.2:8090"', '"10.0.0.2:65536"'),
        ('["10.0.0.20"]', "[]"),
        ('["10.0.0.20"]', '["camera.local"]'),
        ('["10.0.0.20"]', '["10.0.0.256"]'),
        ('"NL"', '"Netherlands"'),
        ("countries", "min_confidence = 0.4\ncountries"),
    ],
)
def test_a_camera_that_is_not_ours_must_be_named_whole(tmp_path: Path, good: str, bad: str) -> None:
    with pytest.raises(ConfigError, match="external"):
        load(written(tmp_path, GOOD + EXTERNAL.replace(good, bad)))


def test_without_its_table_there_is_no_page_of_metrics(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).metrics is None
    found = load(written(tmp_path, GOOD + '[metrics]\nlisten = "127.0.0.1:9100"\n')).metrics
    assert found is not None
    assert found.address == ("127.0.0.1", 9100)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.2", "192.168.1.127", "1.127.0.1"])
def test_a_page_of_metrics_that_others_could_open_is_refused_and_says_why(
    tmp_path: Path, host: str
) -> None:
    with pytest.raises(ConfigError, match=r"only this machine itself .* not encrypted"):
        load(written(tmp_path, f'{GOOD}[metrics]\nlisten = "{host}:9100"\n'))


@pytest.mark.parametrize("listen", ["9100", "localhost:9100", "127.0.0.1:", "127.0.0.1:65536"])
def test_a_page_of_metrics_needs_an_address_and_a_port(tmp_path: Path, listen: str) -> None:
    with pytest.raises(ConfigError, match="metrics"):
        load(written(tmp_path, f'{GOOD}[metrics]\nlisten = "{listen}"\n'))


def test_a_text_of_another_form_is_named_and_no_pattern_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as e:
        load(written(tmp_path, GOOD + EXTERNAL.replace("10.0.0.2:8090", "8090")))
    assert "[external] Expected another form - at `listen`" in e.value.cause
    assert "Configure a box" in e.value.remedy


def test_a_device_is_named_by_its_port_and_the_rest_may_be_left_out(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).firmware is None
    found = load(
        written(tmp_path, GOOD + '[firmware]\nport = "/dev/serial/by-id/usb-x"\n')
    ).firmware
    assert found is not None
    assert found.port == Path("/dev/serial/by-id/usb-x")
    assert (found.socket, found.watchdog_s) == (Path("/run/anpr-edge/firmware.sock"), 300)


@pytest.mark.parametrize(
    "line", ["watchdog_s = 59", "watchdog_s = -1", "watchdog_s = 3601", 'strobe = "disco"']
)
def test_a_watchdog_that_bites_too_soon_and_a_strange_strobe_are_refused(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(ConfigError, match="firmware"):
        load(written(tmp_path, f'{GOOD}[firmware]\nport = "/dev/ttyACM0"\n{line}\n'))


def test_a_watchdog_may_be_left_off(tmp_path: Path) -> None:
    told = GOOD + '[firmware]\nport = "/dev/ttyACM0"\nwatchdog_s = 0\n'
    found = load(written(tmp_path, told)).firmware
    assert found is not None
    assert found.watchdog_s == 0


def test_a_camera_is_tuned_within_the_limits_of_its_site(tmp_path: Path) -> None:
    more = "[camera.light]\nmax_shutter_us = 500\nmax_gain = 0.5\nir_filter = 'in'\n"
    light = load(written(tmp_path, GOOD + more)).camera.light
    assert (light.profiles, light.max_shutter_us, light.ir_filter) == (True, 500, "in")


@pytest.mark.parametrize(
    ("line", "fault"),
    [("max_shuter_us = 5", "did you mean max_shutter_us"), ("ir_filter = 'away'", "ir_filter")],
)
def test_a_wrong_limit_of_the_light_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        load(written(tmp_path, f"{GOOD}[camera.light]\n{line}\n"))


def test_a_camera_that_waits_for_triggers_needs_a_device(tmp_path: Path) -> None:
    trigger = "[camera]\ntrigger = true\n"
    with pytest.raises(ConfigError, match=r"\[firmware\]"):
        load(written(tmp_path, GOOD + trigger))
    device = '[firmware]\nport = "/dev/ttyACM0"\n'
    assert load(written(tmp_path, GOOD + trigger + device)).camera.trigger
