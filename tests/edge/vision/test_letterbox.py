import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.letterbox import PAD_GREY, letterbox


@settings(max_examples=40)
@given(st.integers(1, 900), st.integers(1, 900))
def test_points_come_back_where_they_were(height: int, width: int) -> None:
    tensor, fit = letterbox(np.zeros((height, width, 3), np.uint8), 384, 640)
    assert tensor.shape == (1, 1, 384, 640)
    corners = np.array([[0, 0], [width, height]], np.float32)
    there = corners * fit.scale + [fit.shift_x, fit.shift_y]
    np.testing.assert_allclose(fit.to_frame(there.astype(np.float32)), corners, atol=0.6)


def test_nothing_is_stretched_and_the_rest_is_grey() -> None:
    white = np.full((480, 640, 3), 255, np.uint8)
    tensor, fit = letterbox(white, 384, 640)
    assert fit.scale == 0.8
    assert (tensor[0, 0, :, : int(fit.shift_x)] == PAD_GREY).all()
    assert (tensor[0, 0, :, int(fit.shift_x) : -int(fit.shift_x)] == 255).all()
