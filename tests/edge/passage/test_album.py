"""The album keeps in memory what a candidate may need, and nothing longer than that."""

from edge.passage.album import MOST, Album
from edge.passage.tracker import Tracker
from tests.fakes import detection, frame, reading


def test_only_the_frame_in_which_a_vehicle_is_seen_best_is_kept() -> None:
    album, tracker = Album(), Tracker(1.0)
    for i, width in enumerate((60, 100, 80)):
        seen = frame(i)
        found = detection(x=100 + 10 * i, width=width)
        due = tracker.update(seen, [reading("1ZZZ999", found)])
        album.take(seen, [found], [*tracker.followed, *due])
    assert [album.shot(i) is not None for i in range(3)] == [False, True, False]


def test_a_frame_is_kept_as_it_came_with_every_plate_that_was_found_in_it() -> None:
    album, tracker, seen = Album(), Tracker(1.0), frame(0)
    mine, other = detection(), detection(x=700)
    tracker.update(seen, [reading("1ZZZ999", mine)])
    album.take(seen, [mine, other], tracker.followed)
    shot = album.shot(0)
    assert shot is not None
    assert shot.image is seen.image
    assert shot.plates == (mine.box, other.box)


def test_once_its_vehicle_has_gone_or_was_announced_a_frame_is_forgotten() -> None:
    album, tracker = Album(), Tracker(1.0)
    tracker.update(frame(0), [reading("1ZZZ999")])
    album.take(frame(0), [], tracker.followed)
    (track,) = tracker.followed
    track.announced = True
    album.take(frame(1), [], [track])
    assert album.shot(0) is None
    track.announced = False
    album.take(frame(0), [], [track])
    album.take(frame(2), [], [])
    assert album.shot(0) is None


def test_however_many_vehicles_are_in_sight_the_memory_has_an_end() -> None:
    album, tracks = Album(), []
    for i in range(3 * MOST):
        tracker = Tracker(1.0)
        tracker.update(frame(i), [reading("1ZZZ999")])
        tracks += tracker.followed
        album.take(frame(i), [], tracks)
    assert sum(album.shot(i) is not None for i in range(3 * MOST)) == MOST
    assert album.shot(3 * MOST - 1) is not None
