"""What axe finds wrong with a page, and what makes it scroll sideways."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

_FINDINGS = {"resultTypes": ["violations"]}
# With the size of targets, which axe leaves out unless it is asked for (WCAG 2.2, 2.5.8).
EVERYTHING: dict[str, Any] = {**_FINDINGS, "rules": {"target-size": {"enabled": True}}}
CONTRAST: dict[str, Any] = {**_FINDINGS, "runOnly": ["color-contrast"]}
# What depends on the width: where things stand, and how far apart.
LAYOUT: dict[str, Any] = {**_FINDINGS, "runOnly": ["target-size", "scrollable-region-focusable", "color-contrast"]}


def expect_no_violation(page: Page, options: dict[str, Any]) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate("options => axe.run(options)", options))
    assert found.violations_count == 0, found.generate_report()


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
