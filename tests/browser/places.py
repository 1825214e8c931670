"""Every page and state of a page, each with the way there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.control import Control, Pair
from tests.browser.steps import dialog_of, open_dialog, revoke_from, send


@dataclass(frozen=True, slots=True)
class Guide:
    """What is at hand on the way."""

    page: Page
    control: Control
    complaints: Complaints

    def connection(self) -> Pair:
        """One with everything a page can show: permissions that act, a user's other vehicle, a vehicle's other user."""
        permissions = ["read_location", "read_odometer", "control_security", "something_new"]
        pair = self.control.connect(permissions=permissions, external_id="crm-1182")
        self.control.connect(pair.user_id)
        return pair

    def revoked(self) -> Pair:
        pair = self.control.connect()
        self.page.goto(pair.page)
        revoke_from(self.page, ticket="OPS-1")
        return pair


def _sign_in_refused(guide: Guide) -> None:
    guide.page.goto("/accounts/login/")
    guide.page.get_by_label("Username").fill("nobody")
    guide.page.get_by_label("Password").fill("nothing")
    guide.page.get_by_role("button", name="Sign in").click()
    expect(guide.page.get_by_role("main")).to_contain_text("not correct")


def _bad_filters(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/connections/?user_id=half-an-id&limit=7")


def _smartcar_failed(guide: Guide) -> None:
    guide.complaints.expect_answer(502)
    guide.control.fault("server-error")
    guide.page.goto(f"/connections/?user_id={uuid4()}")


def _allowance_spent(guide: Guide) -> None:
    guide.complaints.expect_answer(502)
    guide.page.goto("/connections/")
    guide.control.fault("rate-limit")
    guide.page.get_by_label("User id").fill(str(uuid4()))
    guide.page.get_by_role("button", name="Filter").click()
    expect(guide.page.locator("#results .state")).to_be_visible()
    # A second later the next request is possible, also for whoever comes after this.
    guide.page.wait_for_timeout(1500)


def _detail(guide: Guide) -> None:
    guide.page.goto(guide.connection().page)


def _done(guide: Guide) -> None:
    guide.revoked()


def _gone(guide: Guide) -> None:
    guide.page.goto(guide.revoked().page)


def _change_as_a_page(guide: Guide) -> None:
    guide.complaints.expect_answer(409)
    pair = guide.control.connect()
    guide.page.goto(f"{pair.page}revoke/")
    guide.control.reconnect(pair)
    send(guide.page, ticket="OPS-1")
    expect(guide.page.get_by_role("heading", level=1)).to_have_text("Changed since you looked")


def _nothing_to_revoke(guide: Guide) -> None:
    guide.page.goto(f"{guide.revoked().page}revoke/")


def _operation(guide: Guide) -> None:
    guide.revoked()
    guide.page.get_by_role("status").get_by_role("link", name="Operation").click()
    expect(guide.page.get_by_role("heading", level=1)).to_have_text("Revocation for OPS-1")


def _dialog(guide: Guide) -> None:
    guide.page.goto(guide.connection().page)
    open_dialog(guide.page)


def _dialog_with_errors(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    _dialog(guide)
    send(dialog_of(guide.page), ticket="no ticket")
    expect(dialog_of(guide.page)).to_contain_text("A ticket looks like")


def _dialog_about_a_change(guide: Guide) -> None:
    guide.complaints.expect_answer(409)
    pair = guide.control.connect()
    guide.page.goto(pair.table)
    open_dialog(guide.page)
    guide.control.reconnect(pair)
    send(dialog_of(guide.page), ticket="OPS-1")
    expect(dialog_of(guide.page)).to_contain_text("Changed since you looked")


def _dialog_without_a_deed(guide: Guide) -> None:
    pair = guide.connection()
    guide.page.goto(pair.page)
    other = guide.page.context.new_page()
    other.goto(pair.page)
    revoke_from(other, ticket="OPS-1")
    other.close()
    open_dialog(guide.page)


def _unknown_outcome(guide: Guide) -> None:
    guide.complaints.expect_answer(502)
    pair = guide.control.connect()
    guide.page.goto(pair.table)
    open_dialog(guide.page)
    guide.control.fault("server-error", method="DELETE")
    send(dialog_of(guide.page), ticket="OPS-1")
    expect(guide.page.locator(pair.row)).to_contain_text("Unknown, checking")


def _accepted_but_still_listed(guide: Guide) -> None:
    pair = guide.control.connect()
    guide.page.goto(pair.table)
    open_dialog(guide.page)
    guide.control.fault("delayed-visibility", seconds=60)
    send(dialog_of(guide.page), ticket="OPS-1")
    expect(guide.page.locator(pair.row)).to_contain_text("Revoked, accepted by Smartcar")


def _form_as_a_page(guide: Guide) -> None:
    guide.page.goto(f"{guide.connection().page}revoke/")


def _bad_operation_filters(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/operations/?user_id=7")


def _receipt(guide: Guide) -> None:
    guide.page.goto(guide.connection().page)
    revoke_from(guide.page, ticket="OPS-1")
    guide.page.get_by_role("main").get_by_role("link", name="Revoked, seen gone").click()
    guide.page.get_by_role("link", name="Receipt").click()


def _no_receipt(guide: Guide) -> None:
    guide.complaints.expect_answer(409)
    _accepted_but_still_listed(guide)
    guide.page.get_by_role("main").get_by_role("link", name="Revoked, accepted by Smartcar").click()
    expect(guide.page.get_by_role("heading", level=1)).to_contain_text("OPS-1")
    guide.page.goto(f"{guide.page.url}receipt/")


def _event(guide: Guide) -> None:
    guide.page.goto("/audit/")
    guide.page.locator("tbody a").first.click()
    expect(guide.page.get_by_role("heading", level=1)).to_contain_text("Event")


def _bad_audit_filters(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/audit/?q=no&type=nothing&user=7")


def _saved_search(guide: Guide) -> None:
    guide.page.goto("/audit/?type=auth")
    guide.page.get_by_text("Saved searches").click()
    guide.page.get_by_label("Name for this search").fill("Who signed in")
    guide.page.get_by_role("button", name="Save").click()
    guide.page.get_by_text("Saved searches (1)").click()


def _search_not_saved(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/audit/?type=auth")
    guide.page.get_by_text("Saved searches").click()
    guide.page.get_by_label("Name for this search").fill(" ")
    guide.page.get_by_role("button", name="Save").click()
    expect(guide.page.get_by_role("heading", level=1)).to_have_text("Not saved")


def _activity(guide: Guide) -> None:
    guide.page.goto("/audit/activity/")
    guide.page.get_by_text("The same in figures").click()


def _exported(guide: Guide, query: str = "") -> None:
    guide.page.goto(f"/audit/export/?{query}")
    guide.page.get_by_role("button", name="Prepare the export").click()
    expect(guide.page.get_by_role("heading", level=1)).to_contain_text("to download")
    with guide.page.expect_download():
        guide.page.get_by_role("link", name="Download").click()
    expect(guide.page.get_by_text("Complete.")).to_be_visible()


def _not_to_be_exported(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/audit/export/?ticket=7")


def _review(guide: Guide) -> None:
    """A refused sign-in is something unusual, and nobody's own deed."""
    browser = guide.page.context.browser
    assert browser is not None
    guide.page.goto("/audit/")
    stranger = browser.new_page(base_url=guide.page.url.removesuffix("/audit/"))
    _sign_in_refused(Guide(stranger, guide.control, guide.complaints))
    stranger.close()
    guide.page.goto("/audit/review/")
    expect(guide.page.get_by_role("main")).to_contain_text("Event")


def _not_allowed(guide: Guide) -> None:
    guide.complaints.expect_answer(403)
    guide.page.goto("/connections/")


def _not_found(guide: Guide) -> None:
    guide.complaints.expect_answer(404)
    guide.page.goto(f"/connections/{uuid4()}/")


def _nothing_found(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/connections/?q=hello")


def _offers(guide: Guide) -> None:
    guide.page.goto("/connections/?limit=10")
    guide.page.get_by_label("Find").fill(f"OPS-1 {uuid4()} {uuid4()}")
    expect(guide.page.locator("#offers").get_by_role("listitem")).to_have_count(4)


def _recent(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/")
    guide.page.get_by_label("Find").fill("nothing at all")
    guide.page.keyboard.press("Enter")
    expect(guide.page.get_by_role("main")).to_contain_text("Nothing in that text is known here")
    guide.page.goto("/")
    guide.page.get_by_label("Find").focus()
    expect(guide.page.get_by_role("button", name="Forget them")).to_be_visible()


def _keys(guide: Guide) -> None:
    guide.page.goto("/")
    guide.page.get_by_role("button", name="Keys").click()
    expect(dialog_of(guide.page)).to_be_visible()


def _selected(guide: Guide) -> None:
    """Two rows, with the menu of the table open, and a row that the keyboard is in."""
    guide.page.goto("/connections/?limit=10")
    for key in ("j", "x", "j", "x"):
        guide.page.keyboard.press(key)
    guide.page.get_by_text("View", exact=True).click()
    expect(guide.page.get_by_role("region", name="Selected connections")).to_be_visible()


def _account(guide: Guide, kind: str = "", query: str = "") -> None:
    """The page of a member of staff, or of a change to it."""
    guide.page.goto("/staff/?name=support")
    guide.page.get_by_role("link", name="support", exact=True).click()
    expect(guide.page.get_by_role("heading", level=1)).to_have_text("support")
    if kind:
        guide.page.goto(f"{guide.page.url}{kind}/{query}")


def _new_account(guide: Guide) -> None:
    guide.page.goto("/staff/new/")
    guide.page.get_by_label("Name to sign in with").fill(f"zoe-{uuid4().hex[:8]}")
    guide.page.get_by_label("Role").select_option("auditor")
    guide.page.get_by_role("button", name="Make the account").click()
    expect(guide.page.get_by_role("main")).to_contain_text("This is shown once")


def _account_not_made(guide: Guide) -> None:
    guide.complaints.expect_answer(422)
    guide.page.goto("/staff/new/")
    guide.page.get_by_label("Name to sign in with").fill("support")
    guide.page.get_by_label("Role").select_option("auditor")
    guide.page.get_by_role("button", name="Make the account").click()
    expect(guide.page.get_by_role("main")).to_contain_text("There is an account of this name")


def _account_changed(guide: Guide) -> None:
    _new_account(guide)
    guide.page.get_by_role("link", name="Go to").click()
    guide.page.get_by_role("link", name="Disable the account").click()
    guide.page.get_by_role("button", name="Disable the account").click()
    expect(guide.page.get_by_role("status").first).to_contain_text("is disabled")


def _at(path: str) -> Callable[[Guide], None]:
    def go(guide: Guide) -> None:
        guide.page.goto(path)

    return go


@dataclass(frozen=True, slots=True)
class Place:
    """Who goes there (nobody: not signed in), and how."""

    name: str
    who: str
    go: Callable[[Guide], None]


PLACES = [
    Place("sign-in", "", _at("/accounts/login/")),
    Place("sign-in refused", "", _sign_in_refused),
    Place("sign-out", "support", _at("/accounts/logout/")),
    Place("own sign-in", "support", _at("/accounts/2fa/")),
    Place("set up an app", "support", _at("/accounts/2fa/app/add/")),
    Place("overview", "support", _at("/")),
    Place("overview without connections", "access", _at("/")),
    Place("table", "support", _at("/connections/?limit=10")),
    Place("table for reading only", "auditor", _at("/connections/?limit=10")),
    Place("table without rows", "support", _at(f"/connections/?user_id={uuid4()}")),
    Place("table with bad filters", "support", _bad_filters),
    Place("table started again", "support", _at("/connections/?cursor=999999&limit=10")),
    Place("Smartcar failed", "support", _smartcar_failed),
    Place("allowance spent", "support", _allowance_spent),
    Place("connection", "support", _detail),
    Place("connection just revoked", "support", _done),
    Place("connection gone", "support", _gone),
    Place("dialog", "support", _dialog),
    Place("dialog with errors", "support", _dialog_with_errors),
    Place("dialog about a change", "support", _dialog_about_a_change),
    Place("dialog without a deed", "support", _dialog_without_a_deed),
    Place("unknown outcome", "support", _unknown_outcome),
    Place("accepted but still listed", "support", _accepted_but_still_listed),
    Place("form as a page", "support", _form_as_a_page),
    Place("change as a page", "support", _change_as_a_page),
    Place("nothing to revoke", "support", _nothing_to_revoke),
    Place("operation", "support", _operation),
    Place("operations", "support", _at("/operations/")),
    Place("operations, none of which match", "support", _at("/operations/?ticket=NONE-1&waiting=on")),
    Place("operations with bad filters", "support", _bad_operation_filters),
    Place("receipt", "support", _receipt),
    Place("no receipt", "support", _no_receipt),
    Place("ids to choose from", "support", _at(f"/connections/?q={uuid4()}+{uuid4()}+{uuid4()}")),
    Place("unknown id", "support", _at(f"/connections/?q={uuid4()}")),
    Place("nothing found", "support", _nothing_found),
    Place("find", "support", _at("/find/")),
    Place("what was recognised", "support", _offers),
    Place("what was searched for lately", "support", _recent),
    Place("keys", "support", _keys),
    Place("table with selected rows", "support", _selected),
    Place("audit log", "auditor", _at("/audit/")),
    Place("audit log without events", "auditor", _at("/audit/?q=ticket:NONE-1")),
    Place("audit log with bad filters", "auditor", _bad_audit_filters),
    Place("audit log with a saved search", "auditor", _saved_search),
    Place("search not saved", "auditor", _search_not_saved),
    Place("what is unusual", "auditor", _at("/audit/?q=anomaly:any")),
    Place("activity", "auditor", _activity),
    Place("review", "auditor", _review),
    Place("review at its end", "auditor", _at("/audit/review/?before=1")),
    Place("report about a user", "auditor", _at(f"/audit/subjects/{uuid4()}/")),
    Place("event", "auditor", _event),
    Place("export", "auditor", _at("/audit/export/?outcome=unknown&q=-type:audit")),
    Place("export of one's own", "support", _at("/audit/export/?format=csv")),
    Place("export prepared and downloaded", "auditor", _exported),
    Place("export of one's own, downloaded", "support", partial(_exported, query="type=connection&format=csv")),
    Place("not to be exported", "auditor", _not_to_be_exported),
    Place("holds and archives", "auditor", _at("/audit/retention/")),
    Place("staff", "access", _at("/staff/")),
    Place("staff, none of whom match", "access", _at("/staff/?name=nobody")),
    Place("account", "access", _account),
    Place("new account", "access", _at("/staff/new/")),
    Place("account made", "access", _new_account),
    Place("account not made", "access", _account_not_made),
    Place("account changed", "access", _account_changed),
    Place("other role", "access", partial(_account, kind="role", query="?role=lead&team=North")),
    Place("other password", "access", partial(_account, kind="password")),
    Place("other sessions", "access", partial(_account, kind="sessions")),
    Place("other state", "access", partial(_account, kind="disable")),
    Place("not allowed", "access", _not_allowed),
    Place("not found", "support", _not_found),
]
