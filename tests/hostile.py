"""What somebody with bad intentions, or a broken program, might put into a field; and every place there is for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from connections.forms.audit import AuditFilterForm, ExportForm, PlaceForm, ReviewForm, SavedSearchForm
from connections.forms.connections import ConnectionFilterForm
from connections.forms.operations import ConclusionForm, OperationFilterForm
from connections.forms.revocations import RevocationForm
from connections.forms.staff import NewStaffForm, StaffFilterForm, StandingForm

# Ends a value now and then. If a page shows it without escaping, a tag, an attribute or a template was opened.
# A mark of eight characters, since pages hold random tokens in which a short one occurs by chance.
_MARK = "canary-7"
CANARY = f"<{_MARK}>\"{_MARK}'{_MARK}{{{{ 7|add:1330 }}}}{_MARK}"
OPENED = (f"<{_MARK}", f'"{_MARK}', f"'{_MARK}", f"1337{_MARK}")

_PIECES = [
    "\x00",
    "\x1b[31m",
    "\r\nSet-Cookie: sessionid=1",
    "\u202e\u2066",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "e\u0301\u0300" * 50,
    # Letters of which another way to write them is longer.
    "\ufb03" * 100,
    "q=" + "\u00e4" * 900,
    "9" * 5000,
    "x" * 5000,
    "-1",
    "1e9",
    "\u0663",
    "%00%0d%0a",
    "%s%n",
    "{% debug %}",
    "{{ settings.SECRET_KEY }}",
    "<script>alert(1)</script>",
    "<!--",
    "' OR 1=1 --",
    "'); DROP TABLE audit_event; --",
    "\\",
    "*",
    "../../etc/passwd",
    "https://evil.example/",
    "//evil.example",
    "javascript:alert(1)",
    "00000000-0000-0000-0000-000000000000",
    "1e258add-fb21-4293-b9ab-cf8a61f7a880",
    "a" * 64,
    "live",
    "customer_request",
    "SUP-7",
    "actor:",
    "-type:connection.listed ",
    "since:9999-99-99 ",
    '"',
]
_text = st.lists(st.sampled_from(_PIECES) | st.text(st.characters(), max_size=20), max_size=4).map("".join)
_with_canary = st.tuples(_text, st.sampled_from(["", CANARY])).map("".join)
# Lone surrogates have no UTF-8, but whoever writes bytes can send them all the same.
values = _with_canary.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that can be filled in: a parameter of a URL, a field of a form beside good ones, part of a path."""

    method: str
    url: str
    name: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_for_access_administrators(self) -> bool:
        return self.url.startswith("/staff/")

    @property
    def is_open_to_strangers(self) -> bool:
        return self.url.startswith("/accounts/login/")

    def filled(self, value: bytes, **known: str) -> tuple[str, str]:
        """The URL and the body of a request with this value in this place."""
        url = re.sub(r"\{(\w+)\}", lambda match: known.get(match[1]) or quote(value, safe=""), self.url)
        if not self.name:
            return url, ""
        fields: dict[str, str | bytes] = {**self.beside, self.name: value}
        pairs = "&".join(f"{name}={quote_plus(text)}" for name, text in fields.items())
        return (f"{url}?{pairs}", "") if self.method == "GET" else (url, pairs)


def _places(method: str, url: str, *names: str, **beside: str) -> list[Place]:
    return [Place(method=method, url=url, name=name, beside=beside) for name in names]


_PAIR = "/connections/{user}/{vehicle}/"
_USER, _VEHICLE = "/users/{user}/connections/", "/vehicles/{vehicle}/connections/"
_PURGE = "/users/{user}/purge/"
_OPERATION = "/operations/{operation}/"
_PATHS = (
    "/{value}",
    "/connections/{value}/",
    "/connections/{user}/{value}/",
    "/connections/{value}/{vehicle}/revoke/",
    "/users/{value}/connections/",
    "/operations/{value}/",
    "/audit/{value}/",
    "/audit/subjects/{value}/",
    "/audit/export/{value}/",
    "/audit/export/{value}/file/",
    "/staff/{value}/",
    "/accounts/2fa/passkeys/{value}/remove/",
    "/staff/{staff}/{value}/",
)


def _revocation(method: str, url: str) -> list[Place]:
    names = (*RevocationForm.base_fields, "shown_on")
    return _places(method, url, *names, reason="customer_request", ticket="SUP-7", note="")


PAGES = [
    _places("POST", "/find/", "q"),
    _places("POST", "/language/", "language", "next", language="de"),
    _places("GET", "/connections/", "q", "mode", *ConnectionFilterForm.base_fields),
    [place for url in (_PAIR, _USER, _VEHICLE) for place in _places("GET", url, "mode")],
    [
        place
        for url in (f"{_PAIR}revoke/", f"{_USER}revoke/", f"{_VEHICLE}revoke/", _PURGE)
        for place in _places("GET", url, "mode", "shown_on")
    ],
    _revocation("POST", f"{_PAIR}revoke/"),
    _revocation("DELETE", _PAIR),
    [
        *_revocation("POST", f"{_USER}revoke/"),
        *_revocation("DELETE", _USER),
        *_revocation("POST", f"{_VEHICLE}revoke/"),
        *_revocation("DELETE", _VEHICLE),
        *_revocation("POST", _PURGE),
    ],
    _places("GET", "/operations/", *OperationFilterForm.base_fields),
    [
        *_places("GET", _OPERATION, "seen", "from"),
        *_places("GET", f"{_OPERATION}receipt/", "format"),
        *_places("POST", f"{_OPERATION}reconcile/", *ConclusionForm.base_fields, conclusion="gone", note="seen it"),
        *_places("POST", "/approvals/{operation}/", "decision"),
        *_places("POST", f"{_OPERATION}withdraw/", "decision"),
    ],
    _places("GET", "/audit/", *AuditFilterForm.base_fields),
    [
        *_places("GET", "/audit/count/", *AuditFilterForm.base_fields),
        *_places("GET", "/audit/activity/", *AuditFilterForm.base_fields),
        *_places("GET", "/audit/export/", *ExportForm.base_fields),
        *_places("POST", "/audit/export/", *ExportForm.base_fields, format="csv"),
        *_places("GET", "/audit/review/", *PlaceForm.base_fields),
        *_places("POST", "/audit/review/1/", *ReviewForm.base_fields, verdict="flagged", note="this is odd"),
        *_places("POST", "/audit/searches/", *SavedSearchForm.base_fields, name="mine", query="q=sup-7"),
        *_places("GET", "/audit/subjects/{user}/", "format"),
        Place(method="POST", url="/audit/searches/{value}/delete/"),
        Place(method="POST", url="/accounts/sessions/{value}/end/"),
        *_places("GET", "/staff/", *StaffFilterForm.base_fields),
        *_places("POST", "/staff/new/", *NewStaffForm.base_fields, name="zoe", role="support"),
        *_places("GET", "/staff/{staff}/role/", *StandingForm.base_fields, role="support"),
        *_places("POST", "/staff/{staff}/role/", *StandingForm.base_fields, "shown", role="support"),
    ],
    [
        *_places("GET", "/accounts/login/", "next"),
        *_places("POST", "/accounts/login/", "login", "password", "next", login="lead", password="wrong"),
        Place(method="POST", url="/accounts/sign-in-again/?next={value}"),
        *_places("POST", "/accounts/sign-in-again/?next=/connections/{user}/{vehicle}/revoke/", "note", "ticket"),
        *_places("POST", "/accounts/reauthenticate/", "password", "next", password="wrong"),
        *_places("GET", "/accounts/oidc/login/", "next", "auth_params", "scope"),
        *_places("GET", "/accounts/oidc/callback/", "code", "state", "error"),
        *_places("POST", "/accounts/2fa/app/add/", "code"),
        *_places("POST", "/accounts/2fa/passkeys/add/", "name", "credential", credential="{}"),
        *_places("POST", "/accounts/2fa/passkeys/sign-in/", "credential", "next", credential="{}"),
        *_places("POST", "/accounts/2fa/authenticate/", "code", "credential"),
        *_places("POST", "/accounts/2fa/reauthenticate/", "code", "next", code="000000"),
        *_places("POST", "/accounts/2fa/passkeys/reauthenticate/", "credential", "next", credential="{}"),
        *_places("POST", "/accounts/password/change/", "oldpassword", "password1", "password2", oldpassword="wrong"),
    ],
    [Place(method="GET", url=url) for url in _PATHS],
]
# Page by page: one with many fields is no more often attacked than one with few.
places = st.sampled_from(PAGES).flatmap(st.sampled_from)
