"""The camera in a link: what is taken, and what is not."""

import pytest

from collab.ui.map.camera import read_camera

NINE = "1.25,1.25,1.25,0,0,0,0,0,1"


def test_a_camera_of_the_right_kind_is_taken():
    assert read_camera(NINE, 3) == [1.25, 1.25, 1.25, 0, 0, 0, 0, 0, 1]
    assert read_camera("-1,1,-2,2.5", 2) == [-1, 1, -2, 2.5]


@pytest.mark.parametrize(
    "text",
    [None, "", "1,2", "a,b,c,d", NINE.replace("1.25", "nan"), NINE.replace("1.25", "1e9"), "0,0,0,0,0,0,0,0,1",
     "1,1,1,0,0,0,0,0,0",
     "<b>", "1,2,3,4"],
)  # fmt: skip
def test_nonsense_is_no_camera(text):
    assert read_camera(text, 3) is None


def test_a_flat_picture_needs_two_spans():
    assert read_camera("1,-1,0,1", 2) is None and read_camera(NINE, 2) is None
