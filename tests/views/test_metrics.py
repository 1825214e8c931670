import pytest
from django.test import Client


@pytest.mark.usefixtures("support")
def test_figures_need_no_sign_in_and_count_what_is_recorded() -> None:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert 'connections_operations{state="unknown"} 0.0' in lines
    assert "connections_audit_events 2.0" in lines  # the account was made, and its owner signed in
