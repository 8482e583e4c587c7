import numpy as np
import pytest

from tools.synth import covers

CROP = np.full((54, 208, 3), (90, 190, 220), np.uint8)
CROP[9:45, np.arange(208) % 16 < 5] = 20  # strokes


@pytest.mark.parametrize("cover", covers.COVERS, ids=lambda cover: cover.__name__)
def test_a_part_is_hidden_and_never_all(cover: covers.Cover) -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(60):
        hidden = covers.hidden(CROP, cover, rng)
        assert hidden.shape == CROP.shape
        assert hidden.dtype == CROP.dtype
        shares.append(float((np.abs(hidden.astype(int) - CROP).max(axis=2) > 12).mean()))
    assert max(shares) < 0.6
    assert np.median(shares) > 0.005


def test_what_stands_before_an_end_hides_the_first_sign_or_the_last() -> None:
    rng, sides = np.random.default_rng(1), set()
    for _ in range(200):
        mask = np.zeros(CROP.shape[:2], np.uint8)
        covers.end(mask, CROP, rng)
        middle = mask[27] > 127
        assert middle[0] != middle[-1]
        assert middle.mean() < 0.3
        sides.add(bool(middle[0]))
    assert sides == {True, False}


def test_a_seed_gives_the_same_cover_and_the_crop_stays_as_it_was() -> None:
    before = CROP.copy()
    one, two = (covers.covered(CROP, np.random.default_rng(5)) for _ in range(2))
    assert (one == two).all()
    assert (before == CROP).all()
