"""Reads the questions that a law leaves open, and the answers that a pack gives them. Pure."""

from collections.abc import Mapping, Sequence

from edge.access.condition import NO_SIGNS, Condition, Signs, Touch
from edge.access.names import body_code, chosen
from edge.access.packreader import Reader
from edge.access.packwords import QuestionWords, TouchWords
from edge.access.rules import BY_HAND, TOPICS, Question

PLATES = {"buitenlands": Signs(foreign=True), "oldtimer": Signs(oldtimer=True)}
UNKNOWN = frozenset(
    {"norm", "fase", "referentiemassa", "maximum_massa", "vermogen", "eerste_datum"}
)


def questions(read: Reader, own: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the open questions of a pack, answered by itself or by a zone's own choices.

    Raises PackError for an answer that a question does not know, or no question at all.
    """
    found = read.each(read.head.vraag, QuestionWords, lambda words: question(read, words, own))
    if strange := sorted(set(own) - {one.id for one in found}):
        raise read.fault(strange[0], "there is no such open question to choose an answer to")
    return found


def question(read: Reader, words: QuestionWords, own: Mapping[str, str]) -> Question:
    """Return one question. Raises ValueError."""
    choice = own.get(words.id, words.keuze)
    if words.parameter is not None:
        if words.parameter not in read.head.parameters or words.keuze or words.keuzes:
            raise ValueError("its answer is the value of a parameter, and of none other")
    elif choice not in words.keuzes:
        raise ValueError(f"unknown answer {choice!r}, known are {', '.join(words.keuzes)}")
    if words.stuurt is not None:
        known = chosen(words.stuurt, TOPICS)
        if strange := sorted(set(words.keuzes) - set(known)):
            raise ValueError(f"{words.stuurt} cannot be answered {', '.join(strange)}")
    elif BY_HAND in words.keuzes and words.raakt is None and not asked_elsewhere(read, words.id):
        raise ValueError(f"{BY_HAND} needs to know what the question touches (raakt)")
    return Question(
        words.id,
        words.vraag,
        words.english,
        choice,
        words.keuzes,
        words.etiket,
        words.bron,
        words.sinds,
        words.stuurt,
        words.parameter,
        None if words.raakt is None else touch(read, words.raakt),
        words.merk,
    )


def asked_elsewhere(read: Reader, name: str) -> bool:
    """True when a type of record or an entry of the pack depends on the question."""
    tables = (read.head.type, read.head.brandstof, read.head.vrijstelling)
    entries = (entry for table in tables for entry in table)
    return any(
        entry.get("vraag") == name or entry.get("als") == f"{name}:{BY_HAND}" for entry in entries
    )


def touch(read: Reader, words: TouchWords) -> Touch:
    """Return where a question matters. Raises ValueError."""
    if strange := sorted(set(words.onbekend) - UNKNOWN):
        raise ValueError(f"unknown input {', '.join(strange)}")
    when = Condition(
        groups=None if words.groep is None else frozenset(words.groep),
        categories=tuple(words.categorie),
        day=read.names.days(words.datum),
        first=read.names.days(words.eerste_datum),
        energies=None if words.energie is None else frozenset(words.energie),
        norm=read.names.numbers(words.norm),
        power=read.names.numbers(words.vermogen),
        codes=None if words.kenmerk is None else frozenset(map(body_code, words.kenmerk)),
    )
    return Touch(
        when,
        read.names.numbers(words.referentiemassa),
        None if words.brandstof is None else frozenset(words.brandstof),
        NO_SIGNS if words.kenteken is None else chosen(words.kenteken, PLATES),
        frozenset(words.onbekend),
    )


def answers(found: Sequence[Question]) -> dict[str, str]:
    """Return the answers that the evaluation asks for, by topic."""
    return {one.topic: one.choice for one in found if one.topic is not None}


def weighed(found: Sequence[Question]) -> tuple[tuple[Touch, Question], ...]:
    """Return the questions that can change a decision or mark it, and where they matter."""
    return tuple(
        (one.touches, one)
        for one in found
        if one.touches is not None and (one.by_hand or one.mark is not None)
    )
