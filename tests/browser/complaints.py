"""What the browser says against our pages: errors of scripts, breaches of the content security policy, failed loads."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

_ANSWERED = re.compile(r"(?:with a status of|Response Status Error Code) ([0-9]{3})")


class Complaints:
    """
    Gathered from every tab of a context.

    The browser and HTMX also report each answer of 400 or above. A test that
    provokes one names its status, and fails if that answer never came.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._awaited: set[int] = set()

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._hear)
        context.on("weberror", self._hear_exception)

    def expect_answer(self, status: int) -> None:
        self._awaited.add(status)

    def settle(self) -> None:
        """Assert that there is none but of the answers that were expected."""
        answered = [match and int(match[1]) for match in map(_ANSWERED.search, self._texts)]
        unexpected = [text for text, status in zip(self._texts, answered, strict=True) if status not in self._awaited]
        assert unexpected == [], unexpected
        assert self._awaited <= set(answered), f"{self._awaited} expected, {answered} came"

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._texts.append(message.text)

    def _hear_exception(self, problem: WebError) -> None:
        self._texts.append(str(problem.error))
