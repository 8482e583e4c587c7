"""What a scene may be known by."""

import numpy as np

from edge.vision.eyesight import Blindness, Eyesight
from edge.vision.look import look
from edge.vision.place import alike, steady
from tests.edge.vision.test_eyesight import street
from tools.disturbed import moved, plain


def test_tiles_that_changed_are_no_witnesses() -> None:
    seen = look(street()).edges
    other = seen.copy()
    other[:, :160] = np.random.default_rng(2).random((180, 160))
    left = steady(seen, other)
    assert left[:, :160].std() < seen[:, :160].std() / 2
    assert (left[:, 160:] == seen[:, 160:]).all()
    assert alike(seen, left) == 1.0
    assert alike(seen, steady(seen, np.random.default_rng(3).random((180, 320)))) is None


def test_what_always_changes_is_never_called_moved() -> None:
    """Leaves, water, a crowd: the box cannot tell, and says so."""
    rng, eyesight = np.random.default_rng(1), Eyesight()
    for second in range(60):
        image = np.kron(rng.integers(0, 255, (45, 80, 3)), np.ones((4, 4, 1))).astype(np.uint8)
        eyesight.see(look(image), float(second))
    assert Blindness.MOVED not in eyesight.suspected
    assert eyesight.scene.references == ()
    assert eyesight.placed.alike is None


def test_a_move_lasts_until_the_picture_is_in_place_again() -> None:
    rng, eyesight, way = np.random.default_rng(1), Eyesight(), moved(0.05, 0.0)
    for second in range(40):
        eyesight.see(look(plain(street(), 0, rng)), float(second))
    for second in range(40, 55):
        eyesight.see(look(way(street(), 0, rng)), float(second))
    far = moved(0.6, 0.0)  # nothing of what was known is in the picture
    for second in range(55, 85):
        eyesight.see(look(far(street(), 0, rng)), float(second))
    assert Blindness.MOVED in eyesight.faults
    for second in range(85, 100):
        eyesight.see(look(plain(street(), 0, rng)), float(second))
    assert eyesight.faults == frozenset()
