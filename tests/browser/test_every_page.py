"""What holds for every page and state: everybody can read it, in both schemes, zoomed, and on a telephone."""

from operator import attrgetter

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.complaints import Complaints
from tests.browser.control import Control
from tests.browser.places import PLACES, Guide, Place
from tests.browser.reading import CONTRAST, EVERYTHING, LAYOUT, expect_no_violation, overflowing
from tests.browser.steps import Visit

# A window of 1280 by 800 at 200 %, as its page sees it.
ZOOMED = ViewportSize(width=640, height=400)
TELEPHONE = ViewportSize(width=360, height=640)


@pytest.mark.parametrize("place", PLACES, ids=attrgetter("name"))
def test_it_can_be_read_by_everybody_in_both_schemes_zoomed_and_on_a_telephone(
    place: Place, visit: Visit, control: Control, complaints: Complaints
) -> None:
    page = visit(place.who, color_scheme="light", reduced_motion="reduce")
    place.go(Guide(page, control, complaints))
    expect_no_violation(page, EVERYTHING)
    assert overflowing(page) == []

    page.emulate_media(color_scheme="dark")
    expect_no_violation(page, CONTRAST)

    for size in (ZOOMED, TELEPHONE):
        page.set_viewport_size(size)
        expect_no_violation(page, LAYOUT)
        assert overflowing(page) == []
