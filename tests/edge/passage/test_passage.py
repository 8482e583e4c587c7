import random
from dataclasses import replace
from datetime import timedelta
from math import log

import pytest

from edge.passage.calibration import Calibration
from edge.passage.finding import as_spelt, find, open_question
from edge.passage.passage import TOGETHER, Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.passage.vote import Vote
from edge.types import Candidate, Passage, Reading, Tint
from tests.fakes import detection, frame, reading, torn

POLICY = ReadingPolicy(min_confidence=0.9, min_frames=2)


EASY = ReadingPolicy(0.5, 2)


def announced(
    seen: dict[int, list[Reading]], frames: int, fps: float = 15.0, policy: ReadingPolicy = POLICY
) -> list[Passage]:
    tracker, desk = Tracker(1.0, announce_after_s=20), Desk(policy)
    tracks = []
    passages = []
    for i in range(frames):
        tracks = tracker.update(frame(i, fps), seen.get(i, []))
        in_sight = [*tracker.followed, *tracks]
        passages += [p for t in tracks if (p := desk.announce(t, in_sight))]
    left = tracker.finish()
    return passages + [p for t in left if (p := desk.announce(t, left))]


def test_a_well_read_plate_is_settled_and_dated_by_its_first_sight() -> None:
    (passage,) = announced({i: [reading("27BXK4")] for i in range(5, 20)}, 60)
    assert (passage.plate, passage.country, passage.doubt) == ("27BXK4", "NL", None)
    assert passage.first_frame == 5
    assert passage.seen_first == frame(5).captured_at
    assert passage.seen_last == frame(19).captured_at


def test_an_uncertain_reading_is_announced_with_its_doubt() -> None:
    (passage,) = announced({i: [reading("27BXK4", sure=0.45)] for i in range(10)}, 40)
    assert passage.doubt is not None
    assert "confidence" in passage.doubt


def test_a_confidence_just_below_the_level_is_never_shown_as_the_level() -> None:
    never = replace(POLICY, min_confidence=0.95, calibration=Calibration(log(0.9499 / 0.0501), 0))
    tracker, desk = Tracker(1.0, announce_after_s=20), Desk(never)
    for i in range(10):
        tracker.update(frame(i, 15.0), [reading("27BXK4")])
    (passage,) = (p for t in tracker.finish() if (p := desk.announce(t, ())))
    assert "0.94, below 0.95" in (passage.doubt or "")


def test_a_plate_of_several_countries_is_announced_with_its_doubt() -> None:
    seen = {i: [reading("KNBX12", tint=Tint.UNKNOWN)] for i in range(10)}
    (passage,) = announced(seen, 40)
    assert passage.country is None
    assert passage.doubt == "the country of the plate is not certain"


def test_frames_that_disagree_on_the_colour_say_nothing_of_the_country() -> None:
    tints = [Tint.YELLOW, Tint.WHITE]
    seen = {i: [reading("KNBX12", tint=tints[i % 2])] for i in range(10)}
    assert announced(seen, 40)[0].country is None


def test_what_is_well_read_after_a_glimpse_is_announced_and_a_glimpse_after_it_is_not() -> None:
    clear = {30 + i: [reading("27BXK4", detection(x=100 + 20 * i), sure=0.999)] for i in range(12)}
    glimpse = {3: [reading("27BXK4", sure=0.999)]}
    first, second = announced(glimpse | clear, 100, policy=EASY)
    assert (first.frames_read, second.frames_read) == (1, 12)
    assert first.doubt is not None
    assert second.doubt is None
    late = {80: glimpse[3]}
    assert [p.doubt for p in announced(clear | late, 140, policy=EASY)] == [None]


def test_lettering_and_what_cannot_be_read_are_no_vehicles() -> None:
    lettering = {i: [reading("AB", sure=0.9)] for i in range(10)}
    unreadable = {i: [reading("27BXK4", sure=0.05)] for i in range(10)}
    assert announced(lettering, 40) == announced(unreadable, 40) == []


def test_one_clear_frame_is_a_passage_in_doubt_and_one_of_anything_else_is_none() -> None:
    (passage,) = announced({3: [reading("27BXK4", sure=0.999)]}, 40, policy=EASY)
    assert passage.doubt == "the plate was read in 1 frame, fewer than 2"
    cut = replace(reading("27BXK4"), whole=0.7)
    for flash in (cut, reading("TRANSPORT"), reading("012345678")):
        assert announced({3: [flash]}, 40) == []


@pytest.mark.parametrize("clear", [1, 2, 5])
def test_a_vehicle_that_most_frames_could_not_read_leaves_its_record(clear: int) -> None:
    signs = ["1H8", "RT0PW2", "99XQJ", "LLMN", "7Y7Y7Y7", "ZZ4", "H1P0C", "WQ3JK8", "08F", "4MM1"]
    far = {i: [replace(reading(signs[i], sure=0.3), whole=0.02)] for i in range(10)}
    near = {10 + i: [reading("27BXK4", sure=0.999)] for i in range(clear)}
    assert [p.plate for p in announced(far | near, 60, policy=EASY)] == ["27BXK4"]


def test_what_is_well_read_after_a_doubtful_passage_of_the_same_text_is_a_passage_too() -> None:
    unsure = {i: [reading("27BXK4", detection(x=100 + 20 * i), sure=0.45)] for i in range(3)}
    sure = {60 + i: [reading("27BXK4", detection(x=100 + 20 * i), sure=0.999)] for i in range(10)}
    first, second = announced(unsure | sure, 120)
    assert first.doubt is not None
    assert second.doubt is None


def test_a_car_parked_for_an_hour_beside_traffic_is_one_passage() -> None:
    fps, minutes = 2.0, 61
    passing = {
        i: reading("1HDT725", detection(x=100 + 150 * n, y=400))
        for start in range(600, 120 * minutes, 600)
        for n, i in enumerate(range(start, start + 6))
    }
    seen = {
        i: [reading("27BXK4"), *([passing[i]] if i in passing else [])]
        for i in range(120 * minutes)
    }
    plates = [p.plate for p in announced(seen, 120 * minutes + 20, fps)]
    assert plates.count("27BXK4") == 1


def test_two_plates_of_a_fleet_followed_as_one_are_in_doubt() -> None:
    first = {i: [reading("27BXK4")] for i in range(15)}
    second = {i: [reading("27BXK5")] for i in range(18, 40)}
    found = announced(first | second, 80)
    assert all(p.doubt is not None for p in found) or len(found) == 2


def settled(*seen: Reading) -> Passage:
    """The passage of one vehicle that stands where it is, one reading a frame."""
    (passage,) = announced({i: [one] for i, one in enumerate(seen)}, len(seen) + 60)
    return passage


@pytest.mark.parametrize("others", [["27BX4"], ["27BX4", "7BXK4"], ["27BXK4X"]])
def test_one_frame_accuses_nobody_whatever_else_was_misread(others: list[str]) -> None:
    misread = [reading(text, sure=0.3) for text in others]
    for seen in ([reading("27BXK4"), *misread], [*misread, reading("27BXK4")]):
        passage = settled(*seen)
        assert (passage.plate, passage.frames_read) == ("27BXK4", 1)
        assert passage.doubt == "the plate was read in 1 frame, fewer than 2"
    twice = settled(reading("27BXK4"), *misread, reading("27BXK4"))
    assert (twice.frames_read, twice.doubt) == (2, None)


def test_a_plate_that_a_minority_of_clear_frames_read_is_in_doubt() -> None:
    far, near = detection(width=30), detection(width=150)
    seen = [reading("27BXK5", far) for _ in range(5)] + [reading("27BXK4", near) for _ in "12"]
    passage = settled(*seen)
    assert passage.plate == "27BXK4"
    assert passage.doubt == "clear frames disagree: two plates may have been followed as one"


@pytest.mark.parametrize(
    ("others", "own", "is_doubted"),
    [(2, 2, True), (1, 3, True), (1, 4, True), (1, 5, False), (2, 5, True),
     (2, 9, False), (3, 40, False)],
)  # fmt: skip
def test_one_clear_slip_is_forgiven_only_among_many(
    others: int, own: int, is_doubted: bool
) -> None:
    small, large = detection(width=60), detection(width=150)
    slips = [reading("27BXK5", small) for _ in range(others)]
    passage = settled(*slips, *(reading("27BXK4", large) for _ in range(own)))
    assert passage.plate == "27BXK4"
    disagree = "clear frames disagree: two plates may have been followed as one"
    assert (passage.doubt == disagree) is is_doubted


def test_the_same_picture_many_times_is_one_witness() -> None:
    picture = reading("27BXK4", sure=0.999)
    (stalled,) = announced({i: [picture] for i in range(4)}, 60, policy=EASY)
    assert stalled.frames_read == 1
    assert stalled.doubt == "the plate was read in 1 frame, fewer than 2"
    assert settled(picture, picture, reading("27BXK4", sure=0.999)).doubt is None


def test_what_the_edge_of_the_picture_cut_is_told_where_too_few_frames_are_left() -> None:
    cut = {i: [reading("27BXK4", detection(x=1))] for i in range(5)}
    whole = reading("27BXK4", detection(x=30), sure=0.999)
    (passage,) = announced(cut | {5: [whole]}, 60, policy=EASY)
    assert passage.doubt is not None
    assert passage.doubt.endswith("fewer than 2: in others the edge of the picture cut it")


def test_a_tailgating_vehicle_of_the_same_fleet_is_not_swallowed() -> None:
    first = {i: [reading("27BXK4", detection(x=100 + 40 * i))] for i in range(15)}
    second = {i: [reading("27BXK5", detection(x=40 * i - 560))] for i in range(16, 31)}
    assert sorted(p.plate for p in announced(first | second, 80)) == ["27BXK4", "27BXK5"]


def test_what_reads_otherwise_in_every_frame_is_no_plate() -> None:
    texts = ["4HDVV", "", "22299", "UV71X", "", "JTT1Z", "8QQ1", "DN1YHH", "662XY", "B7VVV"]
    seen = {i: [reading(text, sure=0.6)] for i, text in enumerate(texts)}
    assert announced(seen, 40) == []


def test_a_parked_vehicle_hidden_by_a_passing_truck_is_one_passage() -> None:
    fps = 5.0
    visible = [*range(0, 300), *range(330, 600)]  # a minute, six seconds hidden, a minute
    passages = announced({i: [reading("27BXK4")] for i in visible}, 650, fps)
    assert len(passages) == 1


def test_a_vehicle_lost_for_three_seconds_on_the_move_is_one_passage() -> None:
    first = {i: [reading("27BXK4", detection(x=100 + 10 * i))] for i in range(10)}
    second = {i: [reading("27BXK4", detection(x=700 + i))] for i in range(55, 70)}
    assert len(announced(first | second, 120)) == 1


def test_a_vehicle_that_comes_back_later_is_a_new_passage() -> None:
    first = {i: [reading("27BXK4", detection(x=100 + 20 * i))] for i in range(10)}
    again = {i: [reading("27BXK4", detection(x=100 + 20 * (i - 300)))] for i in range(300, 310)}
    assert len(announced(first | again, 400)) == 2


def test_two_like_plates_of_one_fleet_are_two_vehicles() -> None:
    together = {i: [reading("27BXK4"), reading("27BXK5", detection(x=600))] for i in range(10)}
    assert sorted(p.plate for p in announced(together, 40)) == ["27BXK4", "27BXK5"]
    first = {i: [reading("27BXK4", detection(x=100 + 40 * i))] for i in range(10)}
    second = {i: [reading("27BXK5", detection(x=40 * i - 1000))] for i in range(30, 40)}
    assert sorted(p.plate for p in announced(first | second, 80)) == ["27BXK4", "27BXK5"]


def test_no_vehicle_is_taken_for_the_one_before_however_badly_it_was_read() -> None:
    """Four vans of a fleet, each with a plate one sign from that before, none read well."""
    plates = ["27BXK4", "27BXK5", "27BXK6", "27BXJ6"]
    fleet = {
        100 * van + i: [reading(plate, detection(x=100 + 40 * i), sure=0.4)]
        for van, plate in enumerate(plates)
        for i in range(10)
    }
    assert [p.plate for p in announced(fleet, 400)] == plates
    parked = {i: [reading("27BXK4")] for i in range(60)}
    passing = {i: [reading("27BXK5", sure=0.4)] for i in range(900, 910)}
    assert [p.plate for p in announced(parked | passing, 1000)] == ["27BXK4", "27BXK5"]


def test_what_stood_cut_by_the_edge_and_then_drives_in_is_a_passage() -> None:
    waits = {i: [reading("C234", detection(x=0, width=50))] for i in range(60)}
    drives = {60 + i: [reading("1ABC234", detection(x=6 + 30 * i))] for i in range(6)}
    (passage,) = announced(waits | drives, 120)
    assert (passage.plate, passage.frames_read) == ("1ABC234", 6)


@pytest.mark.parametrize("set_by_s", [-3600, -60, 60, 3600])
def test_the_time_of_day_tells_no_vehicles_apart_and_takes_none_for_another(set_by_s) -> None:
    """The clock is set at frame 50: at the same plate twice, near in time, and far from it."""
    for again, passages in ((60, 1), (600, 2)):
        tracker, desk, told = Tracker(1.0), Desk(POLICY), 0
        for i in range(again + 60):
            in_sight = i < 10 or again <= i < again + 10
            seen = [reading("27BXK4", detection(x=100 + 20 * (i % 10)))] if in_sight else []
            moment = frame(i)
            if i > 50:
                later = moment.captured_at + timedelta(seconds=set_by_s)
                moment = replace(moment, captured_at=later)
            due = tracker.update(moment, seen)
            told += sum(desk.announce(track, due) is not None for track in due)
        assert told == passages


def test_a_monotonic_clock_that_is_put_back_makes_no_two_vehicles_of_one_plate_one() -> None:
    tracker, desk, told = Tracker(1.0), Desk(POLICY), []
    for start in (100_000, 0):
        for i in range(60):
            seen = [reading("27BXK4", detection(x=100 + 20 * i))] if i < 10 else []
            due = tracker.update(frame(start + i), seen)
            told += [p for track in due if (p := desk.announce(track, due))]
    assert len(told) == 2


def test_one_plate_on_tractor_and_trailer_is_one_vehicle() -> None:
    seen = {i: [reading("27BXK4"), reading("27BXK4", detection(x=700))] for i in range(10)}
    assert len(announced(seen, 40)) == 1


@pytest.mark.parametrize("stays", [0, 4, 40])
def test_of_two_plates_on_one_vehicle_neither_is_accused_whichever_leaves_first(stays: int) -> None:
    both = {
        i: [
            reading("27BXK4", detection(x=100 + 20 * i, y=300)),
            reading("1KZE410", detection(x=100 + 20 * i, y=150), tint=Tint.WHITE),
        ]
        for i in range(12)
    }
    alone = {
        i: [reading("1KZE410", detection(x=100 + 20 * i, y=150), tint=Tint.WHITE)]
        for i in range(12, 12 + stays)
    }
    found = {p.plate: p.doubt for p in announced(both | alone, 90)}
    assert found == {"27BXK4": TOGETHER, "1KZE410": TOGETHER}


def test_a_badly_read_plate_beside_another_is_not_excused_as_a_trailers() -> None:
    trailer = replace(reading("OB12DF", sure=0.45), countries=(("NL", 0.99),))
    seen = {
        i: [
            replace(trailer, detection=detection(x=100 + 20 * i, y=300)),
            reading("27BXK4", detection(x=100 + 20 * i, y=150), sure=0.999),
        ]
        for i in range(12)
    }
    assert {p.plate: p.doubt for p in announced(seen, 60)}["27BXK4"] == TOGETHER


@pytest.mark.parametrize("turn", [1, -1])
def test_a_trailers_plate_and_its_tractors_cast_no_doubt_on_each_other(turn: int) -> None:
    trailer = replace(reading("OB12DF"), countries=(("NL", 0.99),))
    seen = {
        i: [
            replace(trailer, detection=detection(x=100 + 20 * i, y=300)),
            reading("27BXK4", detection(x=100 + 20 * i, y=150)),
        ][::turn]
        for i in range(12)
    }
    found = {p.plate: p for p in announced(seen, 60)}
    assert found["OB12DF"].country == "NL"
    assert found["OB12DF"].doubt is None
    assert found["27BXK4"].doubt is None


def possible(text: str, other: str) -> Reading:
    """A Dutch plate that reads one text and may be another."""
    return replace(torn(text, other), countries=(("NL", 0.99),))


def test_a_correction_forced_by_syntax_is_marked() -> None:
    seen = {i: [possible("27BXKA", "27BXK4")] for i in range(12)}
    (passage,) = announced(seen, 40)
    assert (passage.plate, passage.read_as, passage.country) == ("27BXK4", "27BXKA", "NL")
    assert passage.candidates[0].text == "27BXK4"
    assert len(passage.chars) == len(passage.plate)
    assert passage.chars[-1] < 0.5 < min(passage.chars[:-1])  # as sure as it was read
    assert passage.doubt is None


def test_a_frame_that_read_a_letter_no_dutch_plate_has_speaks_for_none_of_what_it_may_be() -> None:
    frames = [replace(torn("KN12BI", "KN12BT", 0.4), countries=(("NL", 0.99),))] * 5
    finding = find(frames)
    assert (finding.vote.text, finding.read_as) == ("KN12BT", "KN12BI")
    assert (finding.consistent, finding.wholly) == (0, 0.0)
    assert open_question(finding) is not None


@pytest.mark.parametrize(("read", "meant"), [("KN12BI", "KN12BT"), ("27B0K4", "27BDK4")])
@pytest.mark.parametrize("whole", [0.7, 0.999])
@pytest.mark.parametrize("others", [6, 14, 20])
def test_many_clear_frames_that_read_what_may_be_several_leave_few_others_in_doubt(
    read: str, meant: str, whole: float, others: int
) -> None:
    def clear(text: str, other: str, share: float, whole: float, turn: int) -> Reading:
        torn_in_two = torn(text, other, share)
        sure = tuple(float(slot.max()) for slot in torn_in_two.slots[: len(text)])
        seen = (("NL", 0.99 - 1e-6 * turn),)  # no two frames are the same picture
        return replace(torn_in_two, chars=sure, whole=whole, countries=seen)

    seen = {i: [clear(read, meant, 0.2, whole, i)] for i in range(others)}
    seen |= {others + i: [clear(meant, read, 0.02, 0.999, i)] for i in range(2)}
    (passage,) = announced(seen, others + 40)
    assert passage.doubt is not None


def test_beside_a_correction_one_clear_frame_that_reads_otherwise_is_a_doubt() -> None:
    spoiled = {i: [possible("27BXKA", "27BXK4")] for i in range(14)}
    (passage,) = announced(spoiled | {14: [possible("27BXK7", "27BXK4")]}, 60)
    assert passage.read_as == "27BXKA"
    assert passage.doubt is not None
    assert "clear frames disagree" in passage.doubt


def test_leaving_out_what_speaks_for_none_makes_no_text_surer() -> None:
    blurred = replace(torn("27B0K4", "27BDK4", 0.2), whole=0.7, countries=(("NL", 0.99),))
    sharp = replace(torn("27BDK4", "27B0K4", 0.02), whole=0.999, countries=(("NL", 0.99),))
    mixed, alone = find([blurred] * 14 + [sharp] * 2), find([sharp] * 2)
    assert mixed.vote.text == alone.vote.text == "27BDK4"
    assert mixed.grounds.whole < alone.grounds.whole
    assert mixed.grounds.agreement < alone.grounds.agreement


def test_what_was_not_corrected_is_not_marked() -> None:
    (passage,) = announced({i: [reading("27BXK4")] for i in range(5, 20)}, 60)
    assert passage.read_as is None


def test_a_correction_without_a_second_frame_is_in_doubt() -> None:
    finding = find([possible("27BXKA", "27BXK4")])
    assert finding.read_as == "27BXKA"
    assert "no second frame" in (open_question(finding) or "")


def test_a_close_alternative_leaves_the_plate_in_doubt() -> None:
    finding = find([reading("27BXK4", sure=0.9), reading("27BXK1", sure=0.8)])
    assert open_question(finding) == "more than one reading is possible"


def test_an_alternative_that_its_country_does_not_issue_is_no_rival() -> None:
    frames = [
        replace(reading(text, sure=sure), countries=(("BE", 0.99),))
        for text, sure in (("1ABO234", 0.9), ("1AB0234", 0.8))
    ]
    finding = find(frames)
    assert finding.vote.text == "1ABO234"
    assert finding.vote.confidence > 0.9
    assert open_question(finding) is None


def test_a_text_that_no_frame_holds_to_be_whole_is_in_doubt() -> None:
    frames = [replace(reading("ABC234"), countries=(("BE", 0.98),), whole=0.6)] * 4
    assert "a character may be missing" in (open_question(find(frames)) or "")
    frames[2] = replace(frames[2], whole=0.95)
    assert open_question(find(frames)) is None


@pytest.mark.parametrize(("looks", "text"), [("BE NL", "1ABC234"), ("NL BE", "12BKL3")])
def test_a_look_split_between_the_two_countries_at_home_names_none(looks: str, text: str) -> None:
    first, second = looks.split()
    frames = [replace(reading(text), countries=((first, 0.55), (second, 0.44)))] * 4
    assert find(frames).origin.country is None


@pytest.mark.parametrize(("belgian", "country"), [(0.3, "BE"), (0.15, None), (0.02, None)])
def test_syntax_decides_only_where_the_look_does_not_speak_against_it(
    belgian: float, country: str | None
) -> None:
    frames = [replace(reading("1ABC234"), countries=(("CZ", 0.4), ("BE", belgian)))] * 4
    assert find(frames).origin.country == country


def test_a_well_read_plate_soon_after_a_badly_read_one_is_announced() -> None:
    seen = {i: [reading("1ABC234", sure=0.7)] for i in range(5, 15)}
    seen |= {i: [reading("1ABC235")] for i in range(60, 75)}
    assert [p.plate for p in announced(seen, 120)][-1] == "1ABC235"


def test_a_frame_that_is_hardly_whole_loses_no_passage() -> None:
    seen = {i: [replace(reading("27BXK4"), whole=0.0)] for i in range(5, 20)}
    (passage,) = announced(seen, 60)
    assert passage.plate == "27BXK4"
    assert passage.doubt is not None


def test_a_plate_cut_now_wide_and_now_narrow_is_one_vehicle_and_in_doubt() -> None:
    seen = {}
    for i in range(5, 45):
        text, width = (("1ABC234", 100), ("1ABC23", 70))[i % 2]
        seen[i] = [reading(text, detection(x=100 + 2 * i, width=width))]
    (passage,) = announced(seen, 90)
    assert passage.doubt is not None


def test_a_german_plate_without_its_separator_is_in_doubt() -> None:
    seen = {i: [replace(reading("BMW123"), countries=(("DE", 0.99),))] for i in range(10)}
    (passage,) = announced(seen, 40)
    assert passage.country == "DE"
    assert "separator" in (passage.doubt or "")


def test_a_plate_of_the_state_is_in_doubt() -> None:
    seen = {i: [replace(reading("CDAB12"), countries=(("BE", 0.99),))] for i in range(10)}
    assert "authority" in (announced(seen, 40)[0].doubt or "")


def test_a_plate_of_a_trade_is_in_doubt() -> None:
    seen = {i: [replace(reading("ZABC123"), countries=(("BE", 0.99),))] for i in range(10)}
    assert announced(seen, 40)[0].doubt == "it belongs to a trade, not to a vehicle"


def test_rivals_are_weighed_as_the_winner_is_once_the_impossible_is_ruled_out() -> None:
    """What no Dutch plate says takes most of the vote; of the rest, one seventh speaks against."""
    shares = (("O7BXK4", 0.90), ("07BXK4", 0.085), ("07BXN4", 0.015))
    found = Vote("O7BXK4", (0.9,) * 6, 0.9, tuple(Candidate(*one) for one in shares))
    spelt = as_spelt(found, "07BXK4", frozenset({"07BXK4"}), "NL")
    assert [c.text for c in spelt.candidates] == ["07BXK4", "07BXN4"]
    assert [c.probability for c in spelt.candidates] == pytest.approx([0.85, 0.15])


def test_a_plate_of_which_the_form_proves_nothing_is_in_doubt() -> None:
    seen = {i: [replace(reading("AB1C2"), countries=(("BE", 0.99),))] for i in range(10)}
    (passage,) = announced(seen, 40)
    assert (passage.country, passage.plate) == ("BE", "AB1C2")
    assert "any text" in (passage.doubt or "")


def test_no_doubt_names_a_plate() -> None:
    for text, code in (("BMW123", "DE"), ("27BXK4", "BE"), ("CDAB12", "BE")):
        seen = {i: [replace(reading(text), countries=((code, 0.99),))] for i in range(10)}
        (passage,) = announced(seen, 40)
        assert passage.doubt
        assert text not in passage.doubt


def test_a_plate_cut_by_the_edge_of_the_frame_is_not_voted_on() -> None:
    coming_in = {i: [reading("BXK4", detection(x=0, width=60 + 8 * i))] for i in range(5)}
    inside = {i: [reading("27BXK4", detection(x=10 + 4 * i))] for i in range(5, 12)}
    (passage,) = announced(coming_in | inside, 40)
    assert passage.plate == "27BXK4"
    assert passage.first_frame == 0


def test_a_plate_that_was_only_ever_cut_is_no_passage() -> None:
    assert announced({i: [reading("BXK4", detection(x=0))] for i in range(9)}, 40) == []


@pytest.mark.parametrize("seconds", [2, 15, 60])
@pytest.mark.parametrize("seed", range(4))
def test_a_car_on_a_lorry_is_in_doubt_however_long_they_stand_in_sight(seconds, seed) -> None:
    """The readings that count most are others of either plate: the votes may share no frame."""
    chance = random.Random(seed)
    seen = {
        i: [
            reading("27BXK4", detection(x=100, y=300), sure=chance.uniform(0.9, 0.999)),
            reading("1HDT72", detection(x=120, y=120), sure=chance.uniform(0.9, 0.999)),
        ]
        for i in range(15 * seconds)
    }
    found = announced(seen, 15 * seconds + 40)
    assert {p.plate: p.doubt for p in found}["27BXK4"] == TOGETHER


def test_a_lorry_keeps_in_mind_a_car_that_was_hidden_soon() -> None:
    """What both showed at once is long forgotten when it is announced itself."""
    lorry, car = detection(x=100, y=300), detection(x=120, y=120)
    both = {i: [reading("27BXK4", lorry, 0.95), reading("1HDT72", car)] for i in range(30)}
    alone = {i: [reading("27BXK4", lorry, 0.99)] for i in range(30, 900)}
    found = announced(both | alone, 940)
    assert {p.plate: p.doubt for p in found}["27BXK4"] == TOGETHER


def test_lettering_that_moves_with_a_plate_casts_no_doubt_on_it() -> None:
    van, sign = detection(x=100, y=300), detection(x=120, y=120)
    seen = {i: [reading("27BXK4", van), reading("AB", sign, 0.9)] for i in range(30)}
    (passage,) = announced(seen, 70)
    assert (passage.plate, passage.doubt) == ("27BXK4", None)


def test_a_track_that_takes_over_another_takes_over_its_company_and_its_trail() -> None:
    pair = []
    for at in (0, 50):
        tracker = Tracker(1.0)
        for i in range(at, at + 10):
            tracker.update(frame(i), [reading("27BXK4")])
        pair += tracker.followed
    earlier, later = pair
    later.accompanied = True
    earlier.absorb(later)
    assert earlier.accompanied
    assert earlier.trail.boxes.keys() == {*range(10), *range(50, 60)}


def test_a_light_trailer_that_repeats_the_plate_casts_no_doubt_on_it() -> None:
    car, trailer = detection(x=100, y=300), detection(x=120, y=120)
    seen = {i: [reading("27BXK4", car), reading("27BXK4", trailer)] for i in range(30)}
    (passage,) = announced(seen, 70)
    assert (passage.plate, passage.doubt) == ("27BXK4", None)
