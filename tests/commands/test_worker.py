"""What the worker cleans up by the way."""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session
from django.core.management import call_command

from connections.permissions import Role
from tests.people import SignIn


def test_sessions_that_were_over_a_week_ago_leave_no_row(sign_in: SignIn) -> None:
    over, here = sign_in(Role.SUPPORT, "sam"), sign_in(Role.SUPPORT, "zoe")
    key = over.cookies["sessionid"].value
    Session.objects.filter(session_key=key).update(expire_date=datetime.now(UTC) - timedelta(days=7, seconds=1))
    call_command("worker", "--once")
    assert [session.session_key for session in Session.objects.all()] == [here.cookies["sessionid"].value]
    assert here.get("/").status_code == 200
