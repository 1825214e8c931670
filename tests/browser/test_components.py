"""The page of all components: read by everybody, in any colours, without motion; and photographed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo import PROJECT, Demo
from tests.browser.reading import EVERYTHING, expect_no_violation
from tests.browser.steps import Visit, dialog_of
from tests.browser.workbench import running_workbench

PHOTOGRAPHS = PROJECT / "build" / "components"

# What is drawn on a ground of its very own colour cannot be seen.
_INVISIBLE = """() => [...document.querySelectorAll("main :is(.badge, button, .button, input, select, .panel)")]
    .filter((element) => !element.matches(".button-quiet, .copy, [type=radio], [type=checkbox]"))
    .filter((element) => {
        const { borderTopColor, borderTopWidth, backgroundColor } = getComputedStyle(element);
        return borderTopWidth === "0px" || borderTopColor === backgroundColor || borderTopColor === "rgba(0, 0, 0, 0)";
    })
    .map((element) => element.outerHTML.slice(0, 120))"""
_SHAPES = """() => [...document.querySelectorAll(".badge")].map((badge) => {
    const { clipPath, backgroundColor } = getComputedStyle(badge, "::before");
    return clipPath !== "none" && backgroundColor !== getComputedStyle(badge).backgroundColor;
})"""
_MOVES = """() => [...document.querySelectorAll("body *")]
    .filter((element) => ["", "::before", "::after"].some((part) => {
        const { animationName, transitionDuration } = getComputedStyle(element, part || null);
        return animationName !== "none" || transitionDuration.split(", ").some((duration) => parseFloat(duration) > 0);
    }))
    .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def workbench(demo: Demo) -> Iterator[str]:
    with running_workbench(demo) as url:
        yield url


@pytest.fixture
def components(visit: Visit, workbench: str) -> Page:
    return visit("support", "/components/", base_url=workbench, reduced_motion="reduce")


def photograph(page: Page, name: str) -> bytes:
    PHOTOGRAPHS.mkdir(parents=True, exist_ok=True)
    return page.screenshot(path=Path(PHOTOGRAPHS, f"{name}.png"), full_page=True)


def test_everybody_can_read_them_in_both_schemes(components: Page) -> None:
    pictures = {}
    for scheme in ("light", "dark"):
        components.emulate_media(color_scheme=scheme)
        expect_no_violation(components, EVERYTHING)
        pictures[scheme] = photograph(components, scheme)
    assert pictures["light"] != pictures["dark"]
    components.get_by_role("button", name="Open the dialog").click()
    expect(dialog_of(components)).to_be_visible()
    expect_no_violation(components, EVERYTHING)


def test_with_forced_colours_everything_keeps_its_frame_and_states_their_shape(components: Page) -> None:
    components.emulate_media(forced_colors="active")
    photograph(components, "forced-colours")
    assert components.evaluate(_INVISIBLE) == []
    shapes = components.evaluate(_SHAPES)
    assert len(shapes) > 5
    assert all(shapes)


def test_nothing_moves_for_whoever_wants_no_motion(components: Page) -> None:
    components.emulate_media(reduced_motion="no-preference")
    assert components.evaluate(_MOVES) != []
    components.emulate_media(reduced_motion="reduce")
    assert components.evaluate(_MOVES) == []
