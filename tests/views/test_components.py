"""The page of all components is for whoever works on this project: it is there with DEBUG alone."""

import pytest
from django.test import Client


@pytest.mark.parametrize("url", ["/components/", "/components/dialog/"])
def test_without_debug_it_is_not_there_at_all(lead: Client, url: str) -> None:
    assert lead.get(url).status_code == 404
