"""The list of staff and the page of one account."""

import pytest
from django.test import Client

from connections.permissions import Role
from tests.deeds import HTMX
from tests.people import SignIn, known, url_of


@pytest.fixture(autouse=True)
def people(sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT, "sam")
    sign_in(Role.LEAD, "lea")


def test_it_shows_who_there_is_with_their_role(access_admin: Client) -> None:
    page = access_admin.get("/staff/").text
    assert page.index("access_admin") < page.index(">lea<") < page.index(">sam<")
    assert "their own" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("role=lead", {"lea"}), ("name=SA", {"sam"}), ("state=disabled", {"ole"}), ("state=active&role=support", {"sam"})],
)
def test_it_is_narrowed_by_name_role_and_state(
    access_admin: Client, sign_in: SignIn, query: str, shown: set[str]
) -> None:
    sign_in(Role.AUDITOR, "ole")
    ole = known("ole")
    ole.is_active = False
    ole.save()
    page = access_admin.get(f"/staff/?{query}").text
    assert {name for name in ("sam", "lea", "ole") if f">{name}</a>" in page} == shown


def test_names_that_do_not_fit_on_a_page_follow_on_the_next(access_admin: Client) -> None:
    for number in range(60):
        access_admin.post("/staff/new/", {"name": f"x{number:02}", "role": "support"})
    first = access_admin.get("/staff/?name=x").text
    assert ">x49</a>" in first
    assert ">x50</a>" not in first
    assert "/staff/?name=x&amp;after=x49" in first
    assert ">x50</a>" in access_admin.get("/staff/?name=x&after=x49").text


def test_bad_filters_are_named(access_admin: Client) -> None:
    answer = access_admin.get("/staff/?role=emperor")
    assert answer.status_code == 422
    assert "Choose a role from the list." in answer.text


def test_htmx_gets_the_results_alone(access_admin: Client) -> None:
    answer = access_admin.get("/staff/", headers=HTMX)
    assert "<html" not in answer.text
    assert ">sam</a>" in answer.text
    assert "HX-Request" in answer["Vary"]


def test_the_page_of_an_account_says_what_may_be_done_to_it(access_admin: Client) -> None:
    page = access_admin.get(url_of("sam")).text
    kinds = ("role", "password", "sessions", "disable", "enable")
    assert [kind for kind in kinds if f'href="{url_of("sam", kind)}"' in page] == list(kinds[:-1])


def test_ones_own_page_offers_nothing(access_admin: Client) -> None:
    page = access_admin.get(url_of("access_admin")).text
    assert "Nobody changes their own account here" in page
    assert url_of("access_admin", "disable") not in page


@pytest.mark.parametrize("path", ["/staff/4711/", "/staff/4711/disable/", f"/staff/{10**30}/"])
def test_an_account_there_is_not_is_not_found(access_admin: Client, path: str) -> None:
    assert access_admin.get(path).status_code == 404


def test_there_is_no_other_kind_of_change(access_admin: Client) -> None:
    assert access_admin.get(f"{url_of('sam')}promote/").status_code == 404
