"""A device as PROTOCOL.md wants it, without a wire: bytes in, bytes out, a clock as argument."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.alignment import WRAP_US
from firmware_bridge.fields import MalformedError
from firmware_bridge.messages import (
    COMMAND_TYPES,
    MINOR,
    Ack,
    Capability,
    Climate,
    Clock,
    ClockRequest,
    Command,
    Contact,
    Hello,
    HelloRequest,
    Illuminator,
    Log,
    LogLevel,
    Message,
    Nack,
    Reboot,
    RebootTarget,
    Refusal,
    ResetCause,
    Status,
    Trigger,
    TriggerSource,
    Watchdog,
    from_packet,
    to_packet,
)
from firmware_bridge.packet import VERSION, Packet, PacketReader, encode, next_sequence
from firmware_bridge.simulator.ranges import demands, level


@dataclass(frozen=True, slots=True)
class Make:
    """What a device was built as."""

    device_id: bytes = b"simulated-device"
    firmware: str = "simulator"
    version: int = VERSION
    capabilities: int = sum(Capability)
    status_us: int = 1_000_000


FAIR = Status(
    boot_count=0,
    device_us=0,
    temperature_cdegc=2140,
    humidity_permille=450,
    supply_mv=12_100,
    illuminance_mlx=350_000,
    pitch_cdeg=0,
    roll_cdeg=0,
    contacts=0,
    contacts_known=sum(Contact),
    illuminator_permille=0,
    heater_permille=0,
    fan_permille=0,
    watchdog_left_ms=0,
    packets_refused=0,
    reports_dropped=0,
)


class Device:
    """The device from one start to the next; `boot` starts it anew."""

    def __init__(self, now_us: Callable[[], int], make: Make | None = None) -> None:
        """Stand before the first start; `now_us` rises for ever and is cut to 32 bits here."""
        self._now_us = now_us
        self.make = make or Make()
        self.boots = 0
        self.status = FAIR
        self.carried_out: list[Command] = []
        """What was commanded and done, since the beginning."""
        self.reports_dropped = 0
        self.host_power_cycles = 0
        self._begin()

    def _begin(self) -> None:
        self._reader = PacketReader()
        self._sequence = 0
        self._triggers = 0
        self._greeted = False
        self._last_command: int | None = None
        self._last_answer: Ack | Nack | None = None
        self._status_due_us = 0
        self._watchdog_due_us: int | None = None
        self._reboot_due_us: int | None = None
        self._host_due_us: int | None = None

    def boot(self, cause: ResetCause = ResetCause.POWER_ON) -> bytes:
        """Start anew: all settings are forgotten, and a hello says so."""
        self._begin()
        self.boots += 1
        self._cause = cause
        self.status = replace(
            self.status, illuminator_permille=0, heater_permille=0, fan_permille=0
        )
        return self._say(self._hello(0))

    def take(self, chunk: bytes) -> bytes:
        """Take bytes of the host; return the answers."""
        return b"".join(self._answer(packet) for packet in self._reader.feed(chunk))

    def tick(self) -> bytes:
        """Do what is due: a status, a reboot, the host's power off and on."""
        now_us = self._now_us()
        for due_us in (self._watchdog_due_us, self._host_due_us):
            if due_us is not None and now_us >= due_us:
                self._watchdog_due_us = self._host_due_us = None
                self.host_power_cycles += 1
        if self._reboot_due_us is not None and now_us >= self._reboot_due_us:
            return self.boot(ResetCause.COMMAND)
        if self._greeted and now_us >= self._status_due_us:
            return self.report_status()
        return b""

    def report_status(self) -> bytes:
        """Say how the box stands."""
        self._status_due_us = self._now_us() + self.make.status_us
        left_ms = max(0, ((self._watchdog_due_us or 0) - self._now_us()) // 1000)
        refused = self._reader.noise.total & 0xFFFF
        return self._report(
            replace(
                self.status,
                boot_count=self.boots,
                device_us=self._device_us(),
                watchdog_left_ms=left_ms,
                packets_refused=refused,
                reports_dropped=self.reports_dropped & 0xFFFF,
            )
        )

    def trigger(self, source: TriggerSource = TriggerSource.RADAR) -> bytes:
        """Say that a vehicle is there."""
        self._triggers += 1
        return self._report(Trigger(self.boots, self._triggers, self._device_us(), source, 0))

    def log(self, text: str, level: LogLevel = LogLevel.INFO) -> bytes:
        """Say a line of the log."""
        return self._report(Log(self._device_us(), level, text))

    def _device_us(self) -> int:
        return self._now_us() % WRAP_US

    def _report(self, message: Message) -> bytes:
        return self._say(message) if self._greeted else b""

    def _say(self, message: Message) -> bytes:
        self._sequence = next_sequence(self._sequence)
        return encode(replace(to_packet(message, self._sequence), version=self.make.version))

    def _hello(self, answers: int) -> Hello:
        return Hello(
            answers,
            MINOR,
            self._cause,
            self.boots,
            self._device_us(),
            self.make.capabilities,
            self.make.device_id,
            self.make.firmware,
        )

    def _answer(self, packet: Packet) -> bytes:
        received_us = self._device_us()
        if packet.type == HelloRequest.TYPE:
            self._greeted, self._last_command = True, None
            self._status_due_us = 0
            return self._say(self._hello(packet.sequence))
        if packet.version != self.make.version:
            return b""
        if packet.type == ClockRequest.TYPE:
            clock = Clock(packet.sequence, self.boots, received_us, self._device_us())
            return self._say(clock)
        return self._answer_command(packet) if packet.type in COMMAND_TYPES else b""

    def _answer_command(self, packet: Packet) -> bytes:
        """Carry a command out once; the same number again only has the same answer again."""
        if packet.sequence != self._last_command or self._last_answer is None:
            reason = self._carry_out(packet)
            self._last_command = packet.sequence
            self._last_answer = (
                Ack(packet.sequence)
                if reason is None
                else Nack(packet.sequence, packet.type, reason)
            )
        return self._say(self._last_answer)

    def _carry_out(self, packet: Packet) -> Refusal | None:
        if not self._greeted:
            return Refusal.NO_SESSION
        try:
            command = from_packet(packet)
        except MalformedError:
            return Refusal.MALFORMED
        if not isinstance(command, Illuminator | Climate | Watchdog | Reboot):
            return Refusal.UNKNOWN_TYPE
        refusal = self._refusal(command)
        if refusal is None:
            self._do(command)
            self.carried_out.append(command)
        return refusal

    def _refusal(self, command: Command) -> Refusal | None:
        needs, fits = demands(command)
        if needs & ~self.make.capabilities:
            return Refusal.UNAVAILABLE
        return None if fits else Refusal.OUT_OF_RANGE

    def _do(self, command: Command) -> None:
        match command:
            case Illuminator():
                self.status = replace(self.status, illuminator_permille=command.level_permille)
            case Climate():
                heater, fan = map(level, (command.heater_permille, command.fan_permille))
                self.status = replace(self.status, heater_permille=heater, fan_permille=fan)
            case Watchdog():
                fed = self._now_us() + command.timeout_ms * 1000
                self._watchdog_due_us = fed if command.timeout_ms else None
            case Reboot():
                due_us = self._now_us() + command.delay_ms * 1000
                if command.target == RebootTarget.DEVICE:
                    self._reboot_due_us = due_us
                else:
                    self._host_due_us = due_us
