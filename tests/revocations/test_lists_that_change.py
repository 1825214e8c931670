"""v3 lists by page number: what is disconnected between two pages moves every later row up by one."""

import html
import re

import pytest
from django.test import Client

from connections.simulator.rows import Connection
from connections.simulator.server import Simulator

pytestmark = [pytest.mark.parametrize("generation", ["v3"], indirect=True), pytest.mark.usefixtures("generation")]


@pytest.fixture
def many(simulator: Simulator, row: Connection) -> Connection:
    """One of more connections of a user than fit on two of Smartcar's pages."""
    for _ in range(201):
        simulator.connect(user_id=row.user_id, mode="live")
    return row


def vehicles_shown(page: str) -> set[str]:
    return set(re.findall(r'vehicle <span class="id">([0-9a-f-]{36})', page))


def all_shown(client: Client, url: str) -> set[str]:
    """Part by part."""
    shown: set[str] = set()
    while url:
        page = client.get(url)
        assert page.status_code == 200
        part = vehicles_shown(page.text)
        assert 0 < len(part) <= 100
        shown |= part
        more = re.search(r'hx-get="([^"]+from=[^"]+)"', page.text)
        url = html.unescape(more[1]) if more else ""
    return shown


def test_no_row_slips_past_between_two_pages(lead: Client, simulator: Simulator, many: Connection) -> None:
    simulator.fault("disconnected-meanwhile", times=1)
    shown = all_shown(lead, f"/users/{many.user_id}/connections/revoke/")
    there = {each.vehicle_id for each in simulator.world.existing(user_id=many.user_id) if each.mode == "live"}
    assert len(there) > 200
    assert there <= shown


def test_a_list_that_never_comes_to_rest_shows_no_set(lead: Client, simulator: Simulator, many: Connection) -> None:
    simulator.fault("disconnected-meanwhile")
    page = lead.get(f"/users/{many.user_id}/connections/revoke/")
    assert page.status_code == 502
    assert "changed each time it was read" in page.text


def test_only_who_was_shown_a_set_reads_its_next_part(lead: Client, support: Client, many: Connection) -> None:
    url = f"/users/{many.user_id}/connections/revoke/"
    more = re.search(r'hx-get="([^"]+from=[^"]+)"', lead.get(url).text)
    assert more is not None
    assert lead.get(html.unescape(more[1])).status_code == 200
    assert support.get(html.unescape(more[1])).status_code == 404
    for nonsense in ("0", "-1", "9999", "x", "1" * 30):
        assert lead.get(html.unescape(more[1]).replace("from=100", f"from={nonsense}")).status_code == 404
