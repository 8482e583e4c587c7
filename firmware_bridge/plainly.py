"""What a technician reads: reports as lines of text, or as JSON."""

from dataclasses import asdict
from typing import Any

from firmware_bridge.messages import (
    Capability,
    Contact,
    Hello,
    Log,
    LogLevel,
    ResetCause,
    Status,
    Trigger,
    TriggerSource,
    word,
)
from firmware_bridge.reports import Connected, Disconnected, Report
from firmware_bridge.session import SeenTrigger

NOT_KNOWN = "?"


def as_line(report: Report) -> str:
    """Return a report as one line. What the device wrote itself cannot steer the terminal."""
    match report:
        case Connected():
            return _hello(report.hello)
        case Disconnected():
            return f"lost     {report.cause} {report.remedy}"
        case Status():
            return _status(report)
        case SeenTrigger():
            return _trigger(report)
        case Log():
            return f"log      {word(LogLevel, report.level)}: {printable(report.text)}"


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as an object: `kind`, then its fields under the names of PROTOCOL.md."""
    match report:
        case Connected():
            return {"kind": "hello", "restarted": report.restarted, **_plain(report.hello)}
        case SeenTrigger():
            aligned = (
                asdict(report.aligned) if report.aligned else {"host_ns": None, "error_us": None}
            )
            return {"kind": "trigger", **_plain(report.trigger), **aligned, "missed": report.missed}
        case _:
            return {"kind": type(report).__name__.lower(), **_plain(report)}


def printable(text: str) -> str:
    """Return text whose control characters are spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _plain(value: Hello | Status | Trigger | Log | Disconnected) -> dict[str, Any]:
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(value).items()}


def _hello(hello: Hello) -> str:
    parts = ", ".join(f"{part.name}".lower() for part in Capability if part & hello.capabilities)
    return (
        f"device   {hello.device_id.hex()}, firmware {printable(hello.firmware)}, "
        f"protocol 1.{hello.minor}, start {hello.boot_count} "
        f"({word(ResetCause, hello.reset_cause)}); has {parts or 'nothing'}"
    )


def _trigger(seen: SeenTrigger) -> str:
    when = f"±{seen.aligned.error_us} µs" if seen.aligned else "at a moment not known"
    lost = f", {seen.missed} lost before it" if seen.missed else ""
    source = word(TriggerSource, seen.trigger.source)
    return f"trigger  {seen.trigger.count} {source} {when}{lost}"


def _status(status: Status) -> str:
    left_ms = status.watchdog_left_ms
    return "  ".join(
        (
            f"status   {_scaled(status.temperature_cdegc, 100, '°C')}",
            _scaled(status.humidity_permille, 10, "% humid"),
            _scaled(status.supply_mv, 1000, "V"),
            _scaled(status.illuminance_mlx, 1000, "lx"),
            f"pitch {_scaled(status.pitch_cdeg, 100, '°')}",
            f"roll {_scaled(status.roll_cdeg, 100, '°')}",
            f"light {_scaled(status.illuminator_permille, 10, '%')}",
            f"heater {_scaled(status.heater_permille, 10, '%')}",
            f"fan {_scaled(status.fan_permille, 10, '%')}",
            f"watchdog {left_ms // 1000} s" if left_ms else "watchdog off",
            _contacts(status),
        )
    )


def _scaled(value: int | None, divisor: int, unit: str) -> str:
    return f"{NOT_KNOWN if value is None else f'{value / divisor:.1f}'} {unit}"


def _contacts(status: Status) -> str:
    states = {contact: status.contact(contact) for contact in Contact}
    reporting = [f"{c.name}".lower() for c, state in states.items() if state]
    unknown = [f"{c.name}?".lower() for c, state in states.items() if state is None]
    return ", ".join((*reporting, *unknown)).replace("_", " ") or "closed"
