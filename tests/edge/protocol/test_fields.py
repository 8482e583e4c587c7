"""The document cannot fall behind the records: every field has its meaning."""

from typing import get_args

import pytest

from edge.protocol.document import Blank
from edge.protocol.fields import fields, form, meaning, own_fields, structs
from edge.protocol.meanings import DUTCH, STRUCTS
from edge.record.message import (
    DECODERS,
    CandidateRef,
    Chained,
    CountRecord,
    PassageRecord,
    PlateRecord,
    ResolutionRecord,
    Site,
    VehicleRecord,
)
from tests.edge.protocol.world import rows

NAMES = {s.__name__: s for s in structs()}


def test_every_kind_of_record_is_told_with_all_its_parts() -> None:
    named = {PassageRecord, PlateRecord, VehicleRecord, Site, ResolutionRecord, CountRecord}
    assert named <= set(structs())
    assert {get_args(decoder.type)[0] for decoder in DECODERS.values()} <= set(structs())
    assert len(structs()) == len(set(structs()))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_field_has_a_meaning_and_a_form_in_both_languages(name: str) -> None:
    struct = NAMES[name]
    assert name in STRUCTS
    for field in own_fields(struct):
        found = meaning(struct, field.name)
        assert not isinstance(found, Blank), (
            f"say at the field, and in meanings.py, what {name}.{field.name} means"
        )
        assert found.say("nl").strip()
        assert found.say("en").strip()
        assert form(field.type).nl not in ("", "waarde"), f"{name}.{field.name} has a new form"


def test_no_meaning_is_left_of_a_field_that_is_gone() -> None:
    used = {name for s in structs() for f in own_fields(s) for name in (f.name, _full(s, f.name))}
    assert set(DUTCH) <= used
    assert set(STRUCTS) == set(NAMES)


def _full(struct: type, field: str) -> str:
    return f"{struct.__name__}.{field}"


def test_what_all_records_share_is_told_once_and_a_part_keeps_its_own_fields() -> None:
    shared = set(Chained.__struct_fields__)
    assert not {f.name for f in own_fields(PassageRecord)} & shared
    assert {f.name for f in own_fields(Chained)} == shared
    assert [f.name for f in own_fields(CandidateRef)] == ["epoch", "seq", "sha256"]


def test_a_field_without_a_meaning_is_a_blank_and_never_left_out() -> None:
    assert isinstance(meaning(PassageRecord, "colour"), Blank)


def test_the_chapter_holds_one_row_for_each_field() -> None:
    assert len(rows(fields())) == sum(len(list(own_fields(s))) for s in structs())
