"""A bulletin in the words of Prometheus: seconds, bytes, and nothing where nothing is known."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from edge.daemon.bulletin import Bulletin, HousingTold
from edge.record.active import Fitness
from edge.record.housing import TriggerCounts


def gauges(told: Bulletin) -> Iterator[Metric]:
    """Yield how the daemon stands."""
    yield GaugeMetricFamily(
        "anpr_told_timestamp_seconds",
        "When the daemon last looked at how it stands.",
        told.told_at.timestamp(),
    )
    yield from _counted(told)
    for name, (says, value) in (_gathered(told) | _quality(told) | _fit(told)).items():
        if value is not None:
            yield GaugeMetricFamily(name, says, value)
    ages = GaugeMetricFamily(
        "anpr_registry_age_seconds", "Age of the registry that answers.", labels=["source"]
    )
    for source, as_of in (
        ("vehicles", told.vehicles_as_of),
        ("exemptions", told.exemptions_as_of),
    ):
        if as_of is not None:
            ages.add_metric([source], _age_s(told, as_of))
    yield ages
    pictures = GaugeMetricFamily(
        "anpr_evidence_files", "Pictures held, and released but not handed over.", labels=["state"]
    )
    pictures.add_metric(["held"], told.pictures_held)
    pictures.add_metric(["released"], told.pictures_released)
    yield pictures
    if told.housing is not None:
        yield from _housing(told.housing)


def _housing(told: HousingTold) -> Iterator[Metric]:
    measured = {
        "anpr_device_heard": ("1 while the microcontroller is heard.", told.fault is None),
        "anpr_housing_celsius": ("Temperature in the housing.", told.temperature_c),
        "anpr_housing_humidity_ratio": ("Humidity in the housing.", told.humidity),
        "anpr_supply_volts": ("Supply of the box.", told.supply_v),
        "anpr_illuminance_lux": ("Light outside.", told.illuminance_lx),
        "anpr_illuminator_ratio": ("How bright the infrared light shines.", told.illuminator),
    }
    for name, (says, value) in measured.items():
        if value is not None:
            yield GaugeMetricFamily(name, says, value)
    contacts = GaugeMetricFamily(
        "anpr_contact_reports", "1 while a contact of the housing reports.", labels=["contact"]
    )
    for contact, reports in told.contacts.items():
        contacts.add_metric([contact], reports)
    yield contacts
    yield CounterMetricFamily("anpr_device_restarts", "Unasked starts of it.", told.restarts)
    if told.triggers is not None:
        yield from _triggers(told.triggers)


def _triggers(told: TriggerCounts) -> Iterator[Metric]:
    counted = {
        "anpr_triggers": ("Vehicles that a sensor of the box saw.", told.triggers),
        "anpr_triggers_captured": ("Of these, those that became a passage.", told.captured),
        "anpr_triggers_missed": ("Of these, those that never did.", told.missed),
        "anpr_triggers_lost": ("Triggers that were lost on the way.", told.lost),
        "anpr_passages_untriggered": ("Passages that no trigger told of.", told.untriggered),
    }
    for name, (says, value) in counted.items():
        yield CounterMetricFamily(name, says, value)


def _counted(told: Bulletin) -> Iterator[Metric]:
    counted = {
        "anpr_frames_dropped": ("Frames that nobody had time for.", told.frames_dropped),
        "anpr_foreign_messages_refused": (
            "Messages of a camera of another product that could not be read.",
            told.messages_refused,
        ),
        "anpr_records_dropped": (
            "Records given up on a full disk, ever.",
            told.burden.dropped or 0,
        ),
    }
    for name, (says, value) in counted.items():
        yield CounterMetricFamily(name, says, value)


def _gathered(told: Bulletin) -> dict[str, tuple[str, float | None]]:
    burden = told.burden
    return {
        "anpr_backlog_records": ("Records that wait for the platform.", burden.waiting),
        "anpr_backlog_bytes": ("Their room in the outbox.", burden.waiting_bytes),
        "anpr_backlog_oldest_seconds": ("How long the oldest has waited.", burden.waiting_s),
        "anpr_passages_missed": ("Passages without a record, not signed for yet.", told.missed),
        "anpr_held_candidates": ("Candidates that wait for their end.", burden.held),
        "anpr_disk_free_bytes": ("Free on the disk of box.state.", burden.disk_free),
    }


def _quality(told: Bulletin) -> dict[str, tuple[str, float | None]]:
    error = told.clock_error_ms
    return {
        "anpr_clock_trusted": ("1 when the clock may be used to accuse.", told.clock_trusted),
        "anpr_clock_error_seconds": (
            "The kernel's own bound on its error.",
            None if error is None else error / 1000,
        ),
        "anpr_alarms_open": ("Alarms that are open.", len(told.alarms)),
    }


def _fit(told: Bulletin) -> dict[str, tuple[str, float | None]]:
    fit = told.burden.fitness or Fitness()
    slowed, seeing = fit.slowed, fit.seeing
    return {
        "anpr_temperature_celsius": ("Of the hottest part of the box.", fit.temperature_c),
        "anpr_slowed": ("1 while the box looks at fewer frames than come.", slowed is not None),
        "anpr_camera_sees": (
            "1 while the camera sees as it should, 0 while it is blind.",
            None if seeing is None else not seeing.faults,
        ),
        "anpr_camera_in_place": (
            "1 while it looks where it always looked; absent where the scene does not tell.",
            None if seeing is None else seeing.in_place,
        ),
        "anpr_disk_written_day_bytes": (
            "Written to the disk in the last day, or since the daemon began.",
            fit.written_day,
        ),
        "anpr_disk_life_used_ratio": (
            "How much of its life the disk has used at most.",
            None if fit.life_used_percent is None else fit.life_used_percent / 100,
        ),
    }


def _age_s(told: Bulletin, as_of: datetime) -> float:
    return (told.told_at - as_of).total_seconds()
