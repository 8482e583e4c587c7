import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import messages
from firmware_bridge.fields import SIZES, TEXT, MalformedError
from firmware_bridge.messages import (
    TYPES,
    Contact,
    Log,
    Refusal,
    Status,
    Trigger,
    TriggerSource,
    from_packet,
    to_packet,
    word,
)
from firmware_bridge.packet import Packet, PacketReader, encode
from firmware_bridge.vectors import BLIND, STATUS, name_of
from tests.firmware_bridge.strategies import MESSAGES, PACKETS, SEQUENCES

PROTOCOL = (Path(messages.__file__).parent / "PROTOCOL.md").read_text()
ROW = re.compile(r"^\| (\d+) \| (\w+) \| (\w+) \|(?: (-?\d*) ?\|)?", re.MULTILINE)


@settings(deadline=None)
@given(MESSAGES, SEQUENCES)
def test_a_message_comes_back_as_it_was_said(message, sequence):
    [packet] = PacketReader().feed(encode(to_packet(message, sequence)))
    assert packet.sequence == sequence
    assert from_packet(packet) == message


@settings(deadline=None)
@given(MESSAGES, st.binary(max_size=100))
def test_what_a_newer_peer_appends_is_ignored(message, more):
    packet = to_packet(message, 1)
    longer = Packet(packet.type, 1, (packet.payload + more)[: max(len(packet.payload), 240)])
    assert from_packet(longer) == message


@settings(deadline=None)
@given(MESSAGES, st.data())
def test_a_shorter_payload_is_malformed_and_never_half_read(message, data):
    packet = to_packet(message, 1)
    if not packet.payload:
        return
    cut = data.draw(st.integers(0, len(packet.payload) - 1))
    with pytest.raises(MalformedError):
        from_packet(Packet(packet.type, 1, packet.payload[:cut]))


@settings(deadline=None)
@given(PACKETS)
def test_any_payload_is_a_message_or_unknown_or_malformed(packet):
    try:
        message = from_packet(packet)
    except MalformedError:
        return
    assert (message is None) == (packet.type not in TYPES)


def test_what_is_not_known_is_none_and_not_a_number():
    status = from_packet(to_packet(BLIND, 1))
    assert isinstance(status, Status)
    assert (status.temperature_cdegc, status.supply_mv, status.illuminance_mlx) == (None,) * 3
    assert status.contact(Contact.DOOR_OPEN) is None
    assert (STATUS.contact(Contact.DOOR_OPEN), STATUS.contact(Contact.TAMPER)) == (True, False)


def test_numbers_of_a_newer_firmware_stay_numbers():
    trigger = from_packet(to_packet(Trigger(1, 1, 1, source=99, strobe_fired=0), 1))
    assert isinstance(trigger, Trigger)
    assert trigger.source == 99
    assert (word(TriggerSource, 99), word(Refusal, 5)) == ("99", "interlocked")


@pytest.mark.parametrize(
    "message",
    [
        messages.Climate(65_536, 0),
        messages.Watchdog(-1),
        Log(0, 0, "x" * 256),
        messages.Hello(1, 0, 0, 0, 0, 0, b"x" * 17, ""),
    ],
    ids=["too large", "negative", "too long a text", "too many bytes"],
)
def test_a_value_that_does_not_fit_is_the_callers_fault(message):
    with pytest.raises(ValueError):
        message.pack()


def tables() -> dict[str, list[tuple[int, str, str]]]:
    sections = re.split(r"^### [\d.]+ (\w+) \(0x\w\w\)$", PROTOCOL, flags=re.MULTILINE)
    pairs = zip(sections[1::2], sections[2::2], strict=True)
    return {name: [(int(r[0]), r[1], r[2]) for r in ROW.findall(text)] for name, text in pairs}


def layout(kind) -> list[tuple[int, str, str]]:
    rows, at = [], 0
    for slot in kind.slots():
        rows.append((at, slot.form, slot.name))
        at += SIZES.get(slot.form, 0)
    return rows


def test_the_protocol_page_has_every_field_at_its_place():
    in_code = {name_of(kind): layout(kind) for kind in TYPES.values()}
    told = {
        name: [row for row in rows if row[1] in SIZES or row[1] == TEXT]
        for name, rows in tables().items()
    }
    assert told == in_code


def test_the_protocol_page_has_every_type_and_what_is_not_known():
    types = {
        name: int(number, 16) for number, name in re.findall(r"\| (0x\w\w) \| (\w+)", PROTOCOL)
    }
    assert types == {name_of(kind): number for number, kind in TYPES.items()}
    section = PROTOCOL.partition("### 4.7 ")[2].partition("### 4.8 ")[0]
    told = {r[2]: int(r[3]) if r[3] else None for r in ROW.findall(section)}
    assert told == {slot.name: slot.unknown for slot in Status.slots()}


def test_the_protocol_page_has_every_refusal():
    section = PROTOCOL.partition("### 4.4 ")[2].partition("They are")[0]
    told = {int(n): name for n, name in re.findall(r"^\| (\d+) \| (\w+) \|", section, re.MULTILINE)}
    told = {n: name for n, name in told.items() if name not in SIZES}
    assert told == {reason.value: reason.name.lower() for reason in Refusal}
