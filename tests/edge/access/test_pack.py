"""The loader refuses a pack that is not total, not disjoint, or not readable."""

import hashlib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from edge.access.pack import SHIPPED, load_law, load_pack, shipped
from edge.errors import PackError

FLANDERS, NETHERLANDS = SHIPPED / "fl-zes.toml", SHIPPED / "nl-ze.toml"
Mend = Callable[[str], str]


def without(name: str, table: str = "regel") -> Mend:
    """Take one entry out of a pack."""

    def mend(text: str) -> str:
        entry = rf'\[\[{table}\]\]\nid = "{name}"\n.*?(?=\n\[\[|\n# ---)'
        mended, times = re.subn(entry, "", text, flags=re.DOTALL)
        assert times == 1
        return mended

    return mend


def swap(old: str, new: str) -> Mend:
    def mend(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return mend


def refusal(tmp_path: Path, source: Path, *mends: Mend) -> str:
    text = source.read_text()
    for mend in mends:
        text = mend(text)
    pack = tmp_path / "pack.toml"
    pack.write_text(text)
    with pytest.raises(PackError) as refused:
        load_pack(pack)
    assert refused.value.remedy
    return refused.value.cause


def test_the_shipped_packs_are_proven() -> None:
    assert [pack.id for pack in shipped()] == ["fl-zes", "nl-ze"]


def test_the_hash_of_a_pack_is_that_of_its_bytes() -> None:
    assert load_pack(FLANDERS).sha256 == hashlib.sha256(FLANDERS.read_bytes()).hexdigest()


def test_flanders_is_a_draft_that_expires() -> None:
    pack = load_pack(FLANDERS)
    assert pack.draft
    assert pack.expires == date(2035, 1, 1)


@pytest.mark.parametrize("path", [FLANDERS, NETHERLANDS], ids=lambda path: path.stem)
def test_every_row_carries_its_sentence_in_both_languages(path) -> None:
    pack = load_pack(path)
    rows = [row for table in pack.tables.values() for row in table] + list(pack.exemptions)
    assert all(row.source and row.text and row.reason.endswith(".") for row in rows)


@pytest.mark.parametrize("path", [FLANDERS, NETHERLANDS], ids=lambda path: path.stem)
def test_every_parameter_says_where_it_comes_from(path) -> None:
    for parameter in load_pack(path).parameters.values():
        assert parameter.label in {"bron", "[P]", "[D]", "[M]"}
        assert parameter.source
        assert parameter.note


@pytest.mark.parametrize("row", [f"FA{n}" for n in range(1, 10)] + ["FB4", "FC5", "FC6"])
def test_a_gap_is_refused_with_its_place(tmp_path, row) -> None:
    cause = refusal(tmp_path, FLANDERS, without(row))
    assert re.search(r"no row of lines \d+ to \d+ answers group", cause)


def test_a_table_without_a_last_answer_is_refused(tmp_path) -> None:
    assert "answers group bakwagen" in refusal(tmp_path, NETHERLANDS, without("NB8"))


def test_an_overlap_is_refused_with_both_rows(tmp_path) -> None:
    wider = swap("norm = { is = 5 }", "norm = { minstens = 5 }")
    cause = refusal(tmp_path, FLANDERS, wider)
    assert re.search(r"rows FA4 \(line \d+\) and FA5 \(line \d+\) both answer", cause)


def test_a_shift_of_one_day_is_a_gap(tmp_path) -> None:
    late = swap('datum = { na = "n_licht_overgang_tot_en_met" }', "datum = { vanaf = 2033-01-02 }")
    assert "passage 2033-01-01" in refusal(tmp_path, FLANDERS, late)


def test_an_overlap_of_one_day_is_refused(tmp_path) -> None:
    early = swap('datum = { na = "n_licht_overgang_tot_en_met" }', "datum = { vanaf = 2032-12-31 }")
    assert "passage 2032-12-31" in refusal(tmp_path, FLANDERS, early)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("voor = 2011-01-01", "voor = 2010-12-31", "would be no norm for group A"),
        ("voor = 2011-01-01", "voor = 2011-01-02", "would be 4 and 5 for group A"),
        ("boven = 1305", "boven = 1306", "1306 kg"),
    ],
)
def test_a_first_registration_stands_for_one_norm(tmp_path, old, new, told) -> None:
    assert told in refusal(tmp_path, FLANDERS, swap(old, new))


def test_a_row_that_can_never_answer_is_refused(tmp_path) -> None:
    dead = swap(
        'id = "NV4"\ngroep = ["van"]\ndet = { vanaf = "nieuw_vanaf" }',
        'id = "NV4"\ngroep = ["van"]',
    )
    cause = refusal(tmp_path, NETHERLANDS, dead)
    line = NETHERLANDS.read_text().splitlines().index('id = "NV5"')
    assert f"row NV5 (line {line}) can never answer" in cause  # one line was taken out above it


def test_an_empty_table_is_refused(tmp_path) -> None:
    rows = [without(f"FC{n}") for n in range(1, 7)]
    assert re.search(
        r"the table of group C \(line \d+\) is empty", refusal(tmp_path, FLANDERS, *rows)
    )


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('als = "F-AMB-03:alle_n1"', 'als = "F-AMB-03:niemand"', "no open question has the answer"),
        ('als = "F-AMB-03:alle_n1"', 'als = "F-AMB-99:ja"', "no open question has the answer"),
        (
            '[[vraag]]\nid = "F-AMB-24"',
            '[[vraag]]\nals = "F-AMB-03:alle_n1"\nid = "F-AMB-24"',
            "no open question has the answer",
        ),
        ('keuze = "alle_n1"', 'keuze = "alle_n2"', "unknown answer 'alle_n2', known are alle_n1"),
        ('stuurt = "eev"', 'stuurt = "eeuw"', "unknown word 'eeuw'"),
        ('6 = "Euro VI"', '9 = "Euro IX"', "eev cannot be answered 9"),
        ('parameter = "waarschuwing_maanden"', 'parameter = "geen"', "the value of a parameter"),
        ('raakt = { categorie = ["N1"] }', "", "needs to know what the question touches"),
        ('kenteken = "oldtimer"', 'kenteken = "oud"', "unknown word 'oud'"),
        ('onbekend = ["fase"]', 'onbekend = ["kleur"]', "unknown input kleur"),
        ('vraag = "F-AMB-24"', 'vraag = "F-AMB-42"', "there is no open question F-AMB-42"),
        ("norm = 6\neerste", "norm = 9\neerste", "there is no norm 9"),
        ("van_kracht = 2027-01-01", "van_kracht = 2027-02-01", "comes into force on 1 January"),
        ("bekendgemaakt = 2024-06-30", "bekendgemaakt = 2026-06-30", "18 months ahead"),
        ('punten = ["FX-F5"', 'punten = ["FX-F6"', "FX-F6, which is no exemption"),
        ('soort = "ZES"', 'soort = "LEZ"', "not for zones of kind 'LEZ'"),
        ('handhaving = "uit"', 'handhaving = "aan"', "a draft may not be enforced"),
        ('handhaving = "uit"', 'handhaving = "soms"', "unknown word 'soms'"),
        ("waarde = 48", "waarde = -72", "vasthouden_uur (line"),
        ("waarde = 48", "waarde = nan", "must lie between 1 and 336"),
        ("waarde = 168", "waarde = inf", "must lie between 1 and 8760"),
        ("waarde = 14\n", "waarde = 2\n", "before its window has closed"),
        ("waarde = 1\n", "waarde = 0.5\n", "must be a whole number"),
        ("waarde = 0\n", "waarde = nan\n", "waarschuwing_maanden"),
        ("[parameters.vasthouden_uur]", "[parameters.vasthouden]", "vasthouden_uur (line"),
        ('uitkomst = "free_access"', 'uitkomst = "vrij"', "FA1 (line"),
        ('energie = ["emissievrij"]', 'energie = ["waterstof"]', "unknown energy waterstof"),
        ('groep = ["A"]\ndatum', 'groep = ["Z"]\ndatum', "unknown group Z"),
        ('\nheft_op = "emissievrij"', '\nheft_op = "niets"', "unknown word 'niets'"),
        ('kenmerk = ["DIV.nationalBuildup:F5"]', 'kenmerk = ["F5"]', "not a body code"),
        ('norm = { minstens = "IV" }', 'norm = { minstens = "IX" }', "no stage 'IX'"),
        ('"n_licht_nieuw_vanaf" }', '"n_licht_ooit" }', "no dated parameter"),
        ('id = "FA2"', 'id = "FA1"', "stands 2 times"),
        ('groep = ["C"]\nvermogen', 'groep = ["X"]\nvermogen', "unknown group X"),
        ("laatste_dag = { A =", "laatste_dag = { Q =", "unknown group Q"),
        ('grond = "emissievrij"', 'reden = "emissievrij"', "unknown field `reden`"),
        ('status = "ontwerp"', 'status = "misschien"', "unknown word 'misschien'"),
        ('gevolg = "hold48"', 'gevolg = "boete"', "unknown word 'boete'"),
        ('tijdzone = "Europe/Brussels"', 'tijdzone = "Europe/Brussel"', "unknown time zone"),
        ("start = 2027-01-01", "start = 2026-01-01", "a zone cannot start before"),
        ('code = "*"', 'code = "XX-*"', "the last type must be"),
        ('jurisdictie = "FL"', 'kleur = "FL"', "unknown field `kleur`"),
        ("waarde = 168", 'waarde = "veel"', "not valid"),
        ("[toepassing]", "[toepassing", "line "),
        ('titel = "Zero', 'titeltje = "Zero', "not valid (line "),
    ],
)
def test_a_strange_word_is_named(tmp_path, old, new, named) -> None:
    assert named in refusal(tmp_path, FLANDERS, swap(old, new))


def test_a_fault_at_the_top_of_the_file_names_its_line(tmp_path) -> None:
    line = FLANDERS.read_text().splitlines().index('tijdzone = "Europe/Brussels"') + 1
    cause = refusal(tmp_path, FLANDERS, swap("tijdzone =", "tijdzones ="))
    assert f"(line {line})" in cause


def test_a_list_that_says_why_may_come_into_force_at_another_time(tmp_path) -> None:
    odd = tmp_path / "pack.toml"
    text = FLANDERS.read_text().replace(
        "van_kracht = 2027-01-01", 'van_kracht = 2027-02-01\nafwijking = "arrest"'
    )
    odd.write_text(text)
    assert load_pack(odd).lists[0].effective == date(2027, 2, 1)


def test_a_type_meant_for_a_group_that_does_not_exist_is_named(tmp_path) -> None:
    lorries = swap('voor_groep = ["bakwagen"]', 'voor_groep = ["bakfiets"]')
    assert "unknown group bakfiets" in refusal(tmp_path, NETHERLANDS, lorries)


def test_a_missing_age_limit_is_named(tmp_path) -> None:
    gone = swap("[parameters.max_leeftijd_vrijstellingen_uur]", "[parameters.iets_anders]")
    assert "max_leeftijd_vrijstellingen_uur" in refusal(tmp_path, FLANDERS, gone)


def test_a_missing_file_is_one_sentence_with_a_remedy(tmp_path) -> None:
    with pytest.raises(PackError, match="cannot be read"):
        load_pack(tmp_path / "none.toml")


def test_an_unknown_zone_names_the_known_ones() -> None:
    with pytest.raises(PackError) as refused:
        load_law(NETHERLANDS, "atlantis")
    assert "utrecht" in refused.value.remedy
