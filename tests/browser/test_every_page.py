"""What holds for every page and state: it can be read by everybody, in both schemes, and on a telephone."""

from operator import attrgetter

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.browser.complaints import Complaints
from tests.browser.control import Control
from tests.browser.places import PLACES, Guide, Place
from tests.browser.steps import Visit

TELEPHONE = ViewportSize(width=360, height=640)
# Nothing else that axe looks for depends on the scheme.
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


@pytest.mark.parametrize("place", PLACES, ids=attrgetter("name"))
def test_it_can_be_read_by_everybody_in_both_schemes_and_on_a_telephone(
    place: Place, visit: Visit, control: Control, complaints: Complaints
) -> None:
    page = visit(place.who, color_scheme="light", reduced_motion="reduce")
    place.go(Guide(page, control, complaints))
    light = Axe().run(page)
    assert light.violations_count == 0, light.generate_report()
    assert overflowing(page) == []

    page.emulate_media(color_scheme="dark")
    dark = AxeResults(page.evaluate("options => axe.run(options)", CONTRAST))
    assert dark.violations_count == 0, dark.generate_report()

    page.set_viewport_size(TELEPHONE)
    assert overflowing(page) == []


def overflowing(page: Page) -> list[str]:
    """What makes the page, or the dialog over it, scroll sideways: nothing if neither does."""
    elements: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("dialog[open]")]
            .filter((root) => root.scrollWidth > root.clientWidth)
            .flatMap((root) => [...root.querySelectorAll("*")]
                .filter((inside) => inside.getBoundingClientRect().right > root.getBoundingClientRect().right)
                .map((inside) => inside.outerHTML.slice(0, 120)))"""
    )
    return elements
