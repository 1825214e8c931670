"""Second factors: who must show one, what an app's code and a recovery code open, and what a stolen one does not."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from connections.permissions import Role
from connections.sign_in import second_factor
from tests import record
from tests.authenticator_app import ADD, code, secret_on, set_up
from tests.deeds import HTMX
from tests.failing_database import Failing
from tests.people import PASSWORD, SignIn, enter, known, url_of
from tests.together import at_once
from tests.views.test_staff_change import do

HOME, STEP, AGAIN = "/accounts/2fa/", "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/"
REMOVE, CODES = "/accounts/2fa/app/remove/", "/accounts/2fa/recovery-codes/"
LATER = timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _all_must(settings: LazySettings) -> None:
    settings.SECOND_FACTOR_ROLES = ("support", "lead", "auditor", "access_admin")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Codes change while a test runs unless time stands still."""
    with time_machine.travel("2026-11-24T10:00:10Z", tick=False) as clock:
        yield clock


@pytest.fixture
def sam(sign_in: SignIn, clock: time_machine.Traveller) -> Client:  # noqa: ARG001 - time stands still before
    return sign_in(Role.SUPPORT, "sam")


@pytest.fixture
def secret(sam: Client) -> str:
    return set_up(sam)


def half_way(name: str = "sam") -> Client:
    """Somebody who typed the right password and is asked for the rest."""
    client = Client()
    answer = client.post("/accounts/login/?next=/operations/", {"login": name, "password": PASSWORD})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, STEP)
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def recovery_codes(client: Client) -> list[str]:
    return re.findall(r"<li><code>([0-9]{10})</code>", client.get(CODES).text)


# --- Setting one up ---


@pytest.mark.parametrize("url", ["/", "/connections/", "/operations/", "/approvals/", "/audit/"])
def test_without_one_every_page_leads_to_where_it_is_set_up(sam: Client, url: str) -> None:
    answer = sam.get(url)
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert "Set up a second factor first" in sam.get(HOME).text


def test_htmx_is_told_to_go_there(sam: Client) -> None:
    answer = sam.get("/connections/", headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (403, HOME)


def test_no_header_makes_a_page_one_of_the_own_account(sam: Client) -> None:
    answer = sam.get("/operations/", SCRIPT_NAME="/accounts")
    assert (answer.status_code, answer["Location"]) == (302, HOME)


def test_who_has_just_signed_in_sets_one_up_without_the_password_again(sam: Client) -> None:
    assert sam.get(ADD).status_code == 200


def test_later_the_password_is_asked_for_first(sam: Client, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=11))
    assert sam.get(ADD)["Location"] == f"/accounts/reauthenticate/?next={quote(ADD, safe='')}"


def test_setting_one_up_opens_everything_and_shows_the_recovery_codes_once(sam: Client, secret: str) -> None:
    assert len(secret) == 32
    assert is_in(sam)
    assert len(set(recovery_codes(sam))) == 10
    assert recovery_codes(sam) == []


def test_a_wrong_code_sets_up_nothing(sam: Client) -> None:
    secret = secret_on(sam.get(ADD).text)
    wrong = code(secret, at=0)
    answer = sam.post(ADD, {"code": wrong})
    assert "This is not right" in answer.text
    assert not is_in(sam)
    # The secret stays, so that the app need not scan another.
    assert secret_on(answer.text) == secret


def test_roles_that_are_not_named_need_none(sign_in: SignIn, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_ROLES = ("lead",)
    assert is_in(sign_in(Role.SUPPORT))
    assert not is_in(sign_in(Role.LEAD))


def test_a_one_time_password_comes_first(sign_in: SignIn, sam: Client, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_ROLES = ("support",)
    admin = sign_in(Role.ACCESS_ADMIN)
    assert do(admin, "sam", "password") == 200
    assert not is_in(sam)


# --- Signing in with it ---


@pytest.mark.usefixtures("secret")
def test_a_password_alone_opens_nothing() -> None:
    client = half_way()
    for url in ("/", "/connections/", HOME, ADD, REMOVE, CODES, AGAIN):
        assert client.get(url)["Location"].startswith("/accounts/login/"), url
    assert record.types("auth.").count("auth.signed_in") == 1


def test_the_code_opens_the_page_one_wanted(secret: str, clock: time_machine.Traveller) -> None:
    client = half_way()
    clock.shift(LATER)
    answer = client.post(STEP, {"code": code(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/operations/")
    assert is_in(client)
    assert record.newest("auth.signed_in")["actor"]["auth"]["method"] == "mfa"


@pytest.mark.parametrize(("seconds", "is_good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(
    secret: str, clock: time_machine.Traveller, seconds: int, *, is_good: bool
) -> None:
    client = half_way()
    clock.shift(LATER)
    client.post(STEP, {"code": code(secret, at=time.time() + seconds)})
    assert is_in(client) is is_good


@pytest.mark.parametrize("seconds", [0, 31, 59])
def test_a_code_that_was_used_is_good_for_nothing(secret: str, clock: time_machine.Traveller, seconds: int) -> None:
    clock.shift(LATER)
    first, second = half_way(), half_way()
    used = code(secret)
    first.post(STEP, {"code": used})
    assert is_in(first)
    clock.shift(timedelta(seconds=seconds))
    spaced = f"{used[:3]} {used[3:]}"
    assert "was used already" in second.post(STEP, {"code": spaced}).text
    assert not is_in(second)


def test_the_code_that_set_it_up_does_not_sign_in(secret: str) -> None:
    client = half_way()
    client.post(STEP, {"code": code(secret)})
    assert not is_in(client)


def test_a_recovery_code_signs_in_once(sam: Client, secret: str) -> None:
    assert secret
    one = recovery_codes(sam)[0]
    client = half_way()
    client.post(STEP, {"code": one})
    assert is_in(client)
    assert "9 of them are left" in client.get(HOME).text
    again = half_way()
    again.post(STEP, {"code": one})
    assert not is_in(again)


def test_a_wrong_code_is_recorded_and_never_kept(secret: str) -> None:
    wrong = code(secret, at=0)
    half_way().post(STEP, {"code": wrong})
    failed = record.newest("auth.sign_in_failed")
    assert (failed["actor"]["kind"], failed["why"]["reason"]) == ("anonymous", "second factor")
    assert wrong not in str(failed)


def test_codes_cannot_be_guessed_in_a_row(secret: str, clock: time_machine.Traveller) -> None:
    client = half_way()
    for number in range(5):
        client.post(STEP, {"code": f"{number:06}"})
    clock.shift(timedelta(seconds=60))
    answer = client.post(STEP, {"code": code(secret)})
    assert "Too many" in answer.text
    assert not is_in(client)


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", "0", "false", "1", '{"id": 1}', '{"id": "AA", "rawId": "AA"}', "\x00"]
)
def test_a_passkey_that_is_none_gets_an_answer(secret: str, credential: str) -> None:
    assert secret
    client = half_way()
    client.get(STEP)
    assert client.post(STEP, {"credential": credential}).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("credential", ["0", "false", "0.0", "1", "[]", "{}", '""', '"x"', "[0]", '{"id": 0}'])
def test_what_is_no_passkey_is_not_kept_as_one(sam: Client, credential: str) -> None:
    answer = sam.post(f"{HOME}passkeys/add/", {"name": "mine", "credential": credential})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()
    assert sam.get(HOME).status_code == 200


# --- A session that has not shown it ---


def test_a_session_from_before_must_show_it_too(sam: Client, clock: time_machine.Traveller) -> None:
    older = Client()
    assert enter(older, "sam")
    secret = set_up(sam)
    for url in ("/", "/connections/", HOME, REMOVE, CODES, "/accounts/password/change/", "/accounts/reauthenticate/"):
        assert older.get(url)["Location"] == AGAIN, url
    older.post("/accounts/reauthenticate/", {"password": PASSWORD})
    older.post(REMOVE)
    assert Authenticator.objects.filter(type="totp").count() == 1
    clock.shift(LATER)
    older.post(AGAIN, {"code": code(secret)})
    assert is_in(older)
    assert record.types("auth.")[-1] == "auth.reauthenticated"


def test_a_deed_is_confirmed_with_a_code(sam: Client, secret: str, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=11))
    assert sam.get(REMOVE)["Location"].startswith("/accounts/reauthenticate/")
    assert "Use a code instead" in sam.get(f"/accounts/reauthenticate/?next={REMOVE}").text
    answer = sam.post(f"{AGAIN}?next={REMOVE}", {"code": code(secret)})
    assert (answer.status_code, answer["Location"]) == (302, REMOVE)
    assert sam.get(REMOVE).status_code == 200


@pytest.mark.parametrize("path", ["app/remove/", "recovery-codes/new/", "passkeys/add/", "passkeys/1/remove/"])
def test_what_was_sent_too_late_is_not_done_by_itself_after_signing_in_again(
    sam: Client, secret: str, clock: time_machine.Traveller, path: str
) -> None:
    assert secret
    clock.shift(timedelta(minutes=11))
    before = list(Authenticator.objects.values_list("pk", "data"))
    led = sam.post(f"{HOME}{path}", {"name": "mine"}, follow=True)
    assert led.request["PATH_INFO"] == "/accounts/reauthenticate/"
    assert "Nothing was done yet. Sign in again, and press the button once more." in led.text
    page = f"{HOME}{path}"
    answer = sam.post(f"/accounts/reauthenticate/?next={page}", {"password": PASSWORD, "next": page})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert list(Authenticator.objects.values_list("pk", "data")) == before


# --- Taking it away ---


def test_without_the_last_one_the_session_must_set_up_another(sam: Client, secret: str) -> None:
    assert secret
    assert sam.post(REMOVE).status_code == 302
    assert sam.get("/connections/")["Location"] == HOME
    assert Authenticator.objects.count() == 0


def test_what_changes_is_recorded(sam: Client, secret: str) -> None:
    assert secret
    sam.post("/accounts/2fa/recovery-codes/new/")
    sam.post(REMOVE)
    said = [body["why"]["reason"] for body in record.bodies("auth.second_factor_changed")]
    assert said == ["authenticator app added", "recovery codes made anew", "authenticator app removed"]
    assert record.newest("auth.second_factor_changed")["actor"]["id"] == str(known("sam").pk)


def test_what_cannot_be_recorded_is_not_changed(sam: Client, refuse_events: Failing) -> None:
    secret = secret_on(sam.get(ADD).text)
    with refuse_events("auth.second_factor_changed"):
        assert sam.post(ADD, {"code": code(secret)}).status_code == 503
    assert Authenticator.objects.count() == 0
    assert not is_in(sam)


def test_an_access_administrator_resets_it(sign_in: SignIn, sam: Client, secret: str, settings: LazySettings) -> None:
    assert secret
    settings.SECOND_FACTOR_ROLES = ("support",)
    admin = sign_in(Role.ACCESS_ADMIN)
    assert "authenticator app, 10 recovery codes" in admin.get(url_of("sam")).text
    assert do(admin, "sam", "second-factor") == 302
    assert Authenticator.objects.count() == 0
    assert sam.get("/")["Location"] == "/accounts/login/?next=/"
    assert "second factor removed" in record.newest("staff.changed")["why"]["reason"]
    again = Client()
    assert enter(again, "sam")
    assert again.get("/")["Location"] == HOME


# --- How it is kept ---


def rows() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        return str(cursor.fetchall())


def test_a_stolen_database_gives_no_codes(sam: Client, secret: str) -> None:
    kept = rows()
    assert secret not in kept
    assert not any(one in kept for one in recovery_codes(sam))


def test_what_is_kept_of_recovery_codes_cannot_make_them_again(sam: Client, secret: str) -> None:
    assert secret
    (row,) = Authenticator.objects.filter(type="recovery_codes")
    hashes = row.data.pop("hashes")
    assert row.data == {"migrated_codes": []}
    assert [each.split("$")[1] for each in hashes] == ["argon2id"] * 10
    assert len(set(hashes)) == len({each.split("$")[4] for each in hashes}) == 10
    assert len(recovery_codes(sam)) == 10


def test_they_do_not_wait_to_be_shown_for_ever(sam: Client, secret: str, clock: time_machine.Traveller) -> None:
    assert secret
    clock.shift(timedelta(minutes=11))
    page = sam.get(CODES).text
    assert "They were shown once" in page
    assert "10 are left" in page


def test_they_need_no_key(sam: Client, secret: str, settings: LazySettings) -> None:
    assert secret
    one = recovery_codes(sam)[0]
    settings.SECRET_KEY = "another-key-for-tests-of-fifty-characters-99999"
    client = half_way()
    client.post(STEP, {"code": f"{one[:5]}-{one[5:]}"})
    assert is_in(client)


def test_one_that_two_show_at_the_same_moment_lets_one_of_them_in(sam: Client, secret: str) -> None:
    assert secret
    one = recovery_codes(sam)[0]
    clients = [half_way() for _ in range(4)]
    at_once(*(partial(client.post, STEP, {"code": one}) for client in clients))
    assert [is_in(client) for client in clients].count(True) == 1
    assert "9 of them are left" in sam.get(HOME).text


def test_a_wrong_one_is_recorded_and_counted(sam: Client, secret: str) -> None:
    assert secret
    one = recovery_codes(sam)[0]
    client = half_way()
    for number in range(5):
        assert "This is not right" in client.post(STEP, {"code": f"{number:010}"}).text
    failed = record.newest("auth.sign_in_failed")
    assert (failed["actor"]["kind"], failed["why"]["reason"]) == ("anonymous", "second factor")
    assert "Too many" in client.post(STEP, {"code": one}).text
    assert not is_in(client)


def test_one_confirms_too_and_somebody_elses_does_not(
    sign_in: SignIn, sam: Client, secret: str, settings: LazySettings
) -> None:
    assert secret
    settings.SECOND_FACTOR_ROLES = ()
    lee = sign_in(Role.LEAD, "lee")
    set_up(lee)
    mine, theirs = recovery_codes(sam)[0], recovery_codes(lee)[0]
    assert "This is not right" in sam.post(AGAIN, {"code": theirs}).text
    assert sam.post(f"{AGAIN}?next=/operations/", {"code": mine})["Location"] == "/operations/"


def test_those_that_were_kept_as_a_seed_are_hashed_at_the_start_and_stay_good(sam: Client, secret: str) -> None:
    assert secret
    Authenticator.objects.filter(type="recovery_codes").delete()
    kept = RecoveryCodes.activate(known("sam"))
    used, good, *_ = kept.generate_codes()
    assert kept.validate_code(used)
    assert second_factor.take_over() == 1
    assert second_factor.take_over() == 0
    assert "seed" not in rows()
    assert "9 of them are left" in sam.get(HOME).text
    for code_, opens in ((used, False), (good, True), (good, False)):
        client = half_way()
        client.post(STEP, {"code": code_})
        assert is_in(client) is opens


def test_who_has_no_second_factor_gets_no_recovery_codes(sam: Client) -> None:
    assert sam.get(CODES).status_code == 404
    assert "Set up an authenticator app or a passkey first." in sam.post("/accounts/2fa/recovery-codes/new/").text
    assert Authenticator.objects.count() == 0


def test_it_outlives_the_key_that_is_rotated_out(
    secret: str, clock: time_machine.Traveller, settings: LazySettings
) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another-key-for-tests-of-fifty-characters-99999",
    )
    clock.shift(LATER)
    client = half_way()
    client.post(STEP, {"code": code(secret)})
    assert is_in(client)


def test_what_a_former_key_keeps_is_taken_over_once(
    secret: str, clock: time_machine.Traveller, settings: LazySettings
) -> None:
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-for-tests-of-fifty-characters-99999"
    assert second_factor.take_over() == 0
    settings.SECRET_KEY_FALLBACKS = [former]
    assert second_factor.take_over() == 1
    assert second_factor.take_over() == 0
    settings.SECRET_KEY_FALLBACKS = []
    clock.shift(LATER)
    client = half_way()
    client.post(STEP, {"code": code(secret)})
    assert is_in(client)


def test_with_another_key_no_code_is_right(secret: str, clock: time_machine.Traveller, settings: LazySettings) -> None:
    settings.SECRET_KEY = "another-key-for-tests-of-fifty-characters-99999"
    clock.shift(LATER)
    client = half_way()
    for wrong in (code(secret), code("A" * 32), "000000"):
        cache.clear()
        assert "cannot be read any more" in client.post(STEP, {"code": wrong}).text
    assert not is_in(client)


def test_the_code_to_scan_needs_nothing_that_the_policy_forbids(sam: Client) -> None:
    page = sam.get(ADD)
    assert "<svg" in page.text
    assert "<?xml" not in page.text
    assert "style=" not in page.text
