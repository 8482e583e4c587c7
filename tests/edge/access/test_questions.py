"""Every open question of the law is a switch of the pack that changes what it says it changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from edge.access.assembly import in_zone
from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.rules import Law
from edge.errors import PackError
from edge.types import BodyCode, Decision, Exemption, Vehicle, VehicleKind
from tests.edge.access.world import AT, asked, facts, flanders, record, utrecht, van

DUTCH_AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
NEW = date(2028, 3, 1)
QUESTIONS = [
    (law, question.id, answer)
    for law in (flanders, utrecht)
    for question in law().pack.questions
    for answer in question.choices or (None,)
]


def choosing(law: Law, **choices: str) -> Law:
    named = tuple(sorted((name.replace("_", "-"), answer) for name, answer in choices.items()))
    return in_zone(law.pack, replace(law.zone, choices=named))


def lorry(**fields: object) -> Vehicle:
    heavy = van(category="N3", kind=VehicleKind.RIGID, max_mass_kg=18000, reference_mass_kg=9000)
    return replace(heavy, **fields)  # type: ignore[arg-type]


def code(text: str) -> frozenset[BodyCode]:
    system, _, name = text.partition(":")
    return frozenset({BodyCode(system, name)})


def days_of(kind: str, n: int) -> tuple[Exemption, ...]:
    first = datetime(AT.year, 1, 3, tzinfo=UTC)
    days = [first + timedelta(days=7 * i) for i in range(n - 1)] + [AT - timedelta(hours=2)]
    return tuple(
        record(kind, record_id=f"d{i}", valid_from=day, valid_to=day + timedelta(hours=20))
        for i, day in enumerate(days)
    )


def said(decision: Decision) -> str:
    words = [decision.outcome.value, decision.consequence.value, *decision.marks]
    return " ".join(word for word in words if word != "draft")


@dataclass(frozen=True)
class Witness:
    """A vehicle on which the answers to a question differ, and what each answer says of it."""

    question: str
    says: dict[str, str]
    vehicle: Vehicle | None
    records: tuple[Exemption, ...] = ()
    at: datetime = AT
    country: str | None = None
    plate: str = ""

    @property
    def law(self) -> Callable[[], Law]:
        dutch = self.question.startswith("N-") or self.question in {"RULES-3.2", "RULES-1.4"}
        return utrecht if dutch or self.question == "R002-09" else flanders


HOLD48, HOLD_DAY, REVIEW = "no_access hold48", "no_access hold_day", "review manual"
PERMIT = "permit_possible hold48"
FREE = "free_access none"
EDGE_N2 = van(category="N2", reference_mass_kg=2610, euro=6, first_registration=NEW)
DUTCH_CLEAN = van(euro=6, first_registration=date(2018, 6, 1))
OLD_RECORD = record(
    "NL-ON-NETCONGESTIE",
    scope=frozenset({"Delft"}),
    valid_from=datetime(2025, 10, 1, tzinfo=UTC),
    valid_to=datetime(2027, 10, 1, tzinfo=UTC),
)
LATE = record("FL-IT-4", valid_to=datetime(2034, 1, 1, tzinfo=UTC))
LORRY_2018 = lorry(euro=6, first_registration=date(2018, 6, 1))
CRANE_2025 = lorry(first_registration=date(2025, 6, 1), euro=6, body_codes=code("EU.digits:26"))
WITNESSES = [
    Witness("F-AMB-01", {"beide_groepen": REVIEW, "groep_A": HOLD48}, EDGE_N2),
    Witness(
        "F-AMB-02",
        {"verzameling": HOLD48, "nazicht": REVIEW},
        van(category="N2", reference_mass_kg=None),
    ),
    Witness(
        "F-AMB-03",
        {"alle_n1": HOLD48, "massa_beslist": FREE},
        van(reference_mass_kg=2700, euro=6, first_registration=NEW),
    ),
    Witness(
        "F-AMB-04",
        {"geen_verschil": PERMIT, "nazicht": REVIEW},
        van(fuels=frozenset({"petrol"}), euro=2),
    ),
    Witness(
        "F-AMB-05",
        {"vroegste": f"{FREE} two_dates", "inschrijving": f"{REVIEW} two_dates"},
        van(euro=6, first_registration=date(2027, 2, 1), first_known_use=date(2025, 1, 1)),
    ),
    Witness(
        "F-AMB-06",
        {"bestaand": f"{FREE} two_dates", "nazicht": f"{REVIEW} two_dates"},
        van(euro=6, first_registration=date(2027, 2, 1), first_known_use=date(2025, 1, 1)),
    ),
    Witness(
        "F-AMB-07",
        {"gas_als_benzine": f"{PERMIT} derived_fuel", "nazicht": f"{REVIEW} derived_fuel"},
        van(fuels=frozenset({"lpg"}), euro=2),
    ),
    Witness(
        "F-AMB-08",
        {"register_of_nazicht": REVIEW, "register_of_niet": HOLD48, "emissievrij": FREE},
        van(fuels=frozenset({"hydrogen"}), zero_emission=None, first_registration=NEW),
    ),
    Witness(
        "R004-15",
        {"niet_emissievrij": HOLD48, "emissievrij": FREE},
        van(fuels=frozenset({"diesel", "electric"}), hybrid_class="OVC-HEV"),
    ),
    Witness(
        "F-AMB-09",
        {"nazicht": REVIEW, "lijst_heft_norm_op": "exempt none", "norm_blijft": HOLD48},
        van(body_codes=code("DIV.nationalBuildup:F7")),
    ),
    Witness(
        "F-AMB-10",
        {"afleiden": "permit_possible manual derived_norm", "verzameling": REVIEW},
        van(euro=None, first_registration=date(2013, 5, 1)),
    ),
    Witness("F-AMB-11", {"5": PERMIT, "6": FREE, "5_of_6": REVIEW}, van(euro=None, eev=True)),
    Witness(
        "F-AMB-12",
        {"gelijk": HOLD48, "nazicht": REVIEW},
        van(euro=7, first_registration=NEW),
    ),
    Witness(
        "F-AMB-13",
        {"merken": "permitted none quota", "nazicht": REVIEW},
        van(),
        days_of("FL-IT-3", 13),
    ),
    Witness(
        "F-AMB-14",
        {"inclusief": "permitted none", "exclusief": HOLD48},
        van(),
        (record("FL-IT-3", requested_at=AT + timedelta(hours=24)),),
    ),
    Witness(
        "F-AMB-15",
        {"toelating": "permitted none", "vrijstelling": "exempt none"},
        van(),
        (record("FL-IT-2"),),
    ),
    Witness("F-AMB-16", {"nazicht": REVIEW, "tellen": "review none"}, None, country="DE"),
    Witness(
        "F-AMB-17",
        {"niet_automatisch": HOLD48, "nazicht": REVIEW},
        lorry(body_codes=code("EU.digits:18")),
        country="NL",
    ),
    Witness(
        "F-AMB-18",
        {"nazicht": REVIEW, "rups_erbuiten": "out_of_scope none", "rups_als_T": HOLD48},
        van(category="C1", stage="I", power_kw=200),
    ),
    Witness(
        "F-AMB-19",
        {"verzameling": "exempt none", "nazicht": "exempt none"},
        van(category="T1", stage=None, power_kw=80, first_registration=date(2029, 2, 1)),
        at=datetime(2029, 6, 1, 8, tzinfo=UTC),
    ),
    Witness("F-AMB-20", {"geen_verschil": HOLD48, "nazicht": REVIEW}, van()),
    Witness(
        "F-AMB-21",
        {"geen_verschil": f"{HOLD48} oldtimer", "nazicht": f"{REVIEW} oldtimer"},
        van(),
        plate="OZZZ999",
    ),
    Witness(
        "F-AMB-22",
        {"nazicht": REVIEW, "loopt_door": HOLD48},
        van(),
        at=datetime(2035, 6, 1, 8, tzinfo=UTC),
    ),
    Witness(
        "F-AMB-24",
        {"elke_zone": "exempt none", "nazicht": REVIEW},
        van(),
        (record("FL-VR-PRIO", scope=None),),
    ),
    Witness(
        "F-AMB-25",
        {"nazicht": REVIEW, "geldig": "permitted none", "ongeldig": HOLD48},
        van(ref="this one"),
        (record("FL-IT-1", vehicle_ref="another"),),
    ),
    Witness(
        "F-AMB-26",
        {"nazicht": REVIEW, "geldig": "permitted none", "ongeldig": HOLD48},
        van(euro=5),
        (LATE,),
        at=datetime(2033, 6, 1, 8, tzinfo=UTC),
    ),
    Witness(
        "F-AMB-27",
        {"N2_en_N3": "exempt none", "alleen_N2": HOLD48},
        lorry(
            euro=6,
            first_registration=date(2029, 2, 1),
            body_codes=code("DIV.nationalBuildup:F8"),
        ),
        at=datetime(2029, 6, 1, 8, tzinfo=UTC),
    ),
    Witness(
        "N-AMB-03",
        {"afleiden": "no_access manual derived_norm", "verzameling": REVIEW},
        van(euro=None, first_registration=date(2009, 5, 1)),
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-04",
        {"vrijgesteld": "exempt none code_70", "niet_vrijgesteld": HOLD_DAY, "nazicht": REVIEW},
        van(body_codes=code("RDW.bijzonderheid:70")),
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-05",
        {"massa_beslist": f"{FREE} needs_amendment", "categorie_beslist": REVIEW},
        replace(DUTCH_CLEAN, category="N2"),
    ),
    Witness("N-AMB-06", {"aan": "permitted none", "uit": HOLD_DAY}, LORRY_2018, at=DUTCH_AT),
    Witness(
        "N-AMB-07",
        {"nazicht": REVIEW, "landelijk": "permitted none", "gemeentelijk": HOLD_DAY},
        van(),
        (OLD_RECORD,),
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-09",
        {
            "geldt": "exempt none special_since_2025",
            "geldt_niet": HOLD_DAY,
            "nazicht": REVIEW,
        },
        CRANE_2025,
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-11",
        {"nazicht": REVIEW, "als_binnenlandse": HOLD_DAY},
        van(),
        at=DUTCH_AT,
        country="BE",
    ),
    Witness(
        "N-AMB-12",
        {"gelijk": HOLD_DAY, "nazicht": REVIEW},
        lorry(euro=7, first_registration=date(2016, 5, 1)),
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-13",
        {"register_of_nazicht": REVIEW, "register_of_niet": HOLD_DAY, "emissievrij": FREE},
        van(fuels=frozenset({"hydrogen"}), zero_emission=None),
        at=DUTCH_AT,
    ),
    Witness(
        "N-AMB-14",
        {"alleen_vrachtautos": HOLD_DAY, "nazicht": REVIEW},
        van(body_codes=code("EU.digits:26")),
        at=DUTCH_AT,
    ),
    Witness(
        "RULES-3.2",
        {"T_erbuiten": "out_of_scope none", "nazicht": REVIEW},
        van(category="T1"),
        at=DUTCH_AT,
    ),
    Witness("RULES-1.4", {"nazicht": REVIEW, "tellen": "review none"}, None, country="DE"),
    Witness(
        "R002-09",
        {"merken": "permitted none quota", "nazicht": REVIEW},
        van(),
        days_of("NL-ON-DAG", 13),
    ),
]
ONE_ANSWER = {"N-AMB-15"}
"""It is answered by the kinds of zones that a pack is for: another kind is refused."""
SETS_ALREADY = {"F-AMB-19"}
"""Both answers agree wherever the set evaluation does."""


@pytest.mark.parametrize(("law", "question", "answer"), QUESTIONS)
def test_a_pack_is_total_and_disjoint_with_every_answer_to_every_question(
    law, question, answer
) -> None:
    if answer is not None:
        assert choosing(law(), **{question.replace("-", "_"): answer}).pack.sha256


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda witness: witness.question)
def test_a_switch_changes_what_it_says(witness: Witness) -> None:
    law = witness.law()
    known = next(q for q in law.pack.questions if q.id == witness.question)
    assert known.choice == next(iter(witness.says)), "the proposed answer is not the one in force"
    assert set(witness.says) == set(known.choices)
    for answer, expected in witness.says.items():
        chosen = choosing(law, **{witness.question.replace("-", "_"): answer})
        passage = desk_passage(
            witness.country or min(law.pack.countries), witness.at, witness.plate
        )
        known_facts = facts(witness.vehicle, *witness.records, at=witness.at)
        decision = decide(passage, known_facts, chosen, desk_clock(witness.at))
        assert said(decision) == expected, answer


def test_every_switch_has_a_witness() -> None:
    asked_about = {
        question.id
        for law in (flanders(), utrecht())
        for question in law.pack.questions
        if question.parameter is None
    }
    assert {witness.question for witness in WITNESSES} == asked_about - ONE_ANSWER
    told_apart = {w.question for w in WITNESSES if len(set(w.says.values())) > 1}
    assert {witness.question for witness in WITNESSES} - told_apart == SETS_ALREADY


@pytest.mark.parametrize(("letter", "last", "law"), [("F", 27, flanders), ("N", 15, utrecht)])
def test_every_ambiguity_of_the_rules_is_a_question_of_its_pack(letter, last, law) -> None:
    wanted = {f"{letter}-AMB-{number:02}" for number in range(1, last + 1)}
    assert wanted <= {question.id for question in law().pack.questions}


@pytest.mark.parametrize("law", [flanders, utrecht])
def test_every_proposal_is_dated_and_has_a_source(law) -> None:
    pack = law().pack
    for told in (*pack.questions, *pack.parameters.values()):
        assert told.source
        assert told.since >= date(2026, 11, 1)
        assert told.label in {"bron", "[P]", "[D]", "[M]"}
    for question in pack.questions:
        assert (question.parameter is None) or question.parameter in pack.parameters


@pytest.mark.parametrize("first", [date(2017, 2, 1), date(2020, 1, 10)])
def test_nobody_is_accused_on_one_date_whom_the_other_clears(first) -> None:
    kind = VehicleKind.TRACTOR if first.year == 2017 else VehicleKind.RIGID
    known = lorry(kind=kind, euro=6, first_registration=first, first_known_use=date(2016, 12, 1))
    assert said(asked(known, law=utrecht(), at=DUTCH_AT)) == f"{REVIEW} two_dates"


def test_a_municipality_may_answer_otherwise_than_the_nation() -> None:
    refusing = choosing(utrecht(), N_AMB_06="uit")
    assert said(asked(LORRY_2018, law=refusing, at=DUTCH_AT)) == HOLD_DAY
    assert said(asked(LORRY_2018, law=utrecht(), at=DUTCH_AT)) == "permitted none"
    assert refusing.pack.sha256 == utrecht().pack.sha256


@pytest.mark.parametrize(
    ("choices", "named"),
    [({"N_AMB_99": "aan"}, "N-AMB-99"), ({"N_AMB_06": "soms"}, "unknown answer 'soms'")],
)
def test_a_choice_that_the_pack_does_not_know_is_refused(choices, named) -> None:
    with pytest.raises(PackError) as refused:
        choosing(utrecht(), **choices)
    assert named in refused.value.cause


def test_the_municipal_overlay_lives_in_the_pack_file_too(tmp_path) -> None:
    from edge.access.pack import SHIPPED, load_law

    own = (
        (SHIPPED / "nl-ze.toml")
        .read_text()
        .replace('id = "utrecht"\n', 'id = "utrecht"\nkeuzes = { N-AMB-06 = "uit" }\n')
    )
    (tmp_path / "pack.toml").write_text(own)
    utrecht_alone, delft = (load_law(tmp_path / "pack.toml", z) for z in ("utrecht", "delft"))
    assert said(asked(LORRY_2018, law=utrecht_alone, at=DUTCH_AT)) == HOLD_DAY
    assert said(asked(LORRY_2018, law=delft, at=DUTCH_AT)) == "permitted none"
