"""The fields of every record, read from the code itself, with their meanings."""

from collections.abc import Iterator
from typing import get_args

import msgspec
from msgspec import inspect

from edge.protocol.document import Blank, Code, Inline, Prose, Section, Table, Words
from edge.protocol.meanings import DUTCH, STRUCTS
from edge.record.message import DECODERS, Chained

FORMS: dict[type[inspect.Type], Words] = {
    inspect.StrType: Words("tekst", "text"),
    inspect.IntType: Words("geheel getal", "whole number"),
    inspect.FloatType: Words("getal", "number"),
    inspect.BoolType: Words("ja of nee", "yes or no"),
    inspect.DateTimeType: Words("tijdstip (UTC)", "moment (UTC)"),
}


def structs() -> tuple[type[msgspec.Struct], ...]:
    """Return every type that a record is made of: what all share, each kind, their parts."""
    found: list[type[msgspec.Struct]] = []
    roots = [get_args(decoder.type)[0] for decoder in DECODERS.values()]
    for root in (Chained, *roots):
        _collect(inspect.type_info(root), found)
    return tuple(found)


def _collect(told: inspect.Type, found: list[type[msgspec.Struct]]) -> None:
    form = _bare(told)
    if isinstance(form, inspect.StructType) and form.cls not in found:
        found.append(form.cls)
        for field in form.fields:
            _collect(field.type, found)
    for part in _parts(form):
        _collect(part, found)


def _parts(form: inspect.Type) -> tuple[inspect.Type, ...]:
    match form:
        case inspect.UnionType():
            return form.types
        case inspect.VarTupleType():
            return (form.item_type,)
        case inspect.TupleType():
            return form.item_types
        case inspect.DictType():
            return (form.key_type, form.value_type)
        case _:
            return ()


def own_fields(struct: type[msgspec.Struct]) -> Iterator[inspect.Field]:
    """Yield the fields of a struct; of a record not those that every record has."""
    is_record = issubclass(struct, Chained) and struct is not Chained
    shared = Chained.__struct_fields__ if is_record else ()
    info = inspect.type_info(struct)
    if isinstance(info, inspect.StructType):
        yield from (field for field in info.fields if field.name not in shared)


def meaning(struct: type[msgspec.Struct], field: str) -> Inline:
    """Return what a field means: in English as the field says, in Dutch as the dictionary does."""
    name = f"{struct.__name__}.{field}"
    dutch, english = DUTCH.get(name) or DUTCH.get(field), _english(struct).get(field)
    if dutch is None or english is None:
        return Blank(Words(f"Betekenis van veld {name}", f"Meaning of field {name}"))
    return Words(dutch, english)


def _english(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {
        field.name: (field.type.extra_json_schema or {})["description"].replace("`", "")
        for field in own_fields(struct)
        if isinstance(field.type, inspect.Metadata)
    }


def _bare(told: inspect.Type) -> inspect.Type:
    """Return a type without what is said of it."""
    return told.type if isinstance(told, inspect.Metadata) else told


def form(told: inspect.Type) -> Words:
    """Return the type of a field in words."""
    found = _bare(told)
    parts = [form(part) for part in _parts(found) if not isinstance(part, inspect.NoneType)]
    match found:
        case inspect.UnionType():
            nl, en = " of ".join(p.nl for p in parts), " or ".join(p.en for p in parts)
            empty = any(isinstance(part, inspect.NoneType) for part in found.types)
            return Words(f"{nl}, of leeg", f"{en}, or empty") if empty else Words(nl, en)
        case inspect.VarTupleType():
            return Words(f"lijst van: {parts[0].nl}", f"list of: {parts[0].en}")
        case inspect.TupleType():
            nl, en = " en ".join(p.nl for p in parts), " and ".join(p.en for p in parts)
            return Words(nl, en)
        case inspect.DictType():
            return Words(f"per naam: {parts[1].nl}", f"by name: {parts[1].en}")
        case inspect.StructType():
            return Words(found.cls.__name__, found.cls.__name__)
        case _:
            return FORMS.get(type(found), Words("waarde", "value"))


def fields() -> Section:
    """Tell every field of every record that can leave the box."""
    tables = tuple(_table(struct) for struct in structs())
    return Section(
        "fields",
        Words("Velden van de records", "Fields of the records"),
        (
            Prose(
                Words(
                    "Deze tabellen zijn uit de programmatuur zelf gelezen: een record kan geen "
                    "ander veld bevatten. Wat leeg is, is onbekend of wordt niet gegeven.",
                    "These tables are read from the software itself: a record can hold no other "
                    "field. What is empty is unknown, or is not told.",
                )
            ),
            *tables,
        ),
    )


def _table(struct: type[msgspec.Struct]) -> Table:
    name = struct.__name__
    title = STRUCTS.get(name, Words(name, name))
    rows: tuple[tuple[Inline, ...], ...] = tuple(
        (Code(field.encode_name), form(field.type), meaning(struct, field.name))
        for field in own_fields(struct)
    )
    head = (Words("Veld", "Field"), Words("Vorm", "Form"), Words("Betekenis", "Meaning"))
    return Table(Words(f"{title.nl} ({name})", f"{title.en} ({name})"), head, rows)
