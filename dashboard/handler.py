"""How requests become Django's."""

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


class Request(WSGIRequest):
    """
    UTF-8, as every page of ours sends it, whatever charset is stated.

    Django decodes even the address with that charset, before there is anything
    to answer with, and anybody may state one that is none for text (hex, rot13).
    """

    @property
    def encoding(self) -> str | None:
        return None  # Django's default, which is UTF-8

    @encoding.setter
    def encoding(self, stated: str) -> None:
        """What is stated is ignored."""


class Handler(WSGIHandler):
    request_class = Request
