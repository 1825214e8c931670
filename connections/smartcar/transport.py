"""
Requests and answers over HTTP: timeouts, sizes, what was lost on the way, and which reads are repeated.

One session with a pool of sockets serves all threads. Nothing in it changes
after it is made: no cookies, no default headers, no credentials. A DELETE
travels alone, on a socket of its own: on a pooled one that the other side had
just closed, it would be lost without a trace of whether it arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Self

import requests
from urllib3.exceptions import HTTPError

from connections.smartcar.answers import clean_request_id, require_success
from connections.smartcar.budget import Allowance
from connections.smartcar.errors import AnswerLost, NotSent, RateLimited, SmartcarError, Unreadable
from connections.smartcar.messages import Answer, Request
from connections.smartcar.retries import Retries
from connections.smartcar.wire import Journey, WatchedAdapter, journey

# Room for the 16 threads of a process to keep a socket each.
POOLED_SOCKETS = 16
# A page of 100 rows with every detail is some 100 kB.
LARGEST_BODY = 8 * 1024 * 1024
USER_AGENT = "smartcar-connections-dashboard"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: `read` is the longest pause in an answer, `total` bounds one call, its repeats included."""

    connect: float = 5
    read: float = 15
    total: float = 30

    @classmethod
    def within(cls, seconds: float) -> Self:
        """At most so long for a call, and the usual for its parts as far as that leaves room."""
        usual = cls()
        return cls(connect=min(usual.connect, seconds), read=min(usual.read, seconds), total=seconds)


USUAL_TIMEOUTS = Timeouts()


class Transport:
    """Carries requests to Smartcar for any number of threads."""

    def __init__(
        self, *, timeouts: Timeouts, retries: Retries, clock: Callable[[], float], allowance: Allowance
    ) -> None:
        self._timeouts = timeouts
        self._allowance = allowance
        self._retries = retries
        self.clock = clock
        self._session = _session(POOLED_SOCKETS)

    def read(self, request: Request) -> Answer:
        """The answer to a request that may be repeated. Raises `SmartcarError` unless it is a success."""
        deadline = self.clock() + self._timeouts.total
        return self._retries.run(
            lambda: self._paid(request, deadline),
            remaining=lambda: deadline - self.clock(),
        )

    def send_once(self, request: Request) -> Answer:
        """
        The answer to a request that must never be repeated. Raises `SmartcarError` unless a success.

        It takes nothing from the allowance: whoever committed to it has paid before that.
        """
        with _session(1) as session:
            return self._carry(session, request, self.clock() + self._timeouts.total)

    def close(self) -> None:
        self._session.close()

    def _paid(self, request: Request, deadline: float) -> Answer:
        if request.generation:
            self._allowance.spend()
        else:
            self._allowance.count()
        return self._carry(self._session, request, deadline)

    def _carry(self, session: requests.Session, request: Request, deadline: float) -> Answer:
        trip = Journey(deadline, self.clock)
        here = journey.set(trip)
        try:
            answer = self._exchange(session, request, trip)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _failure(request, trip, error) from error
        finally:
            journey.reset(here)
        try:
            require_success(answer)
        except RateLimited as error:
            self._allowance.refused(error.retry_after)
            raise
        return answer

    def _exchange(self, session: requests.Session, request: Request, trip: Journey) -> Answer:
        started = self.clock()
        # The journey itself cuts the pauses of reading at its deadline.
        timeout = (min(self._timeouts.connect, trip.remaining()), self._timeouts.read)
        with session.send(_prepared(request), stream=True, timeout=timeout, allow_redirects=False) as response:
            return Answer(
                request=request,
                status=response.status_code,
                body=_body(request, response),
                request_id=_request_id(response),
                retry_after=response.headers.get("Retry-After"),
                milliseconds=round((self.clock() - started) * 1000),
            )


class _Session(requests.Session):
    def get_redirect_target(self, _: requests.Response) -> str | None:
        """Even unfollowed redirects are looked into by requests, at no limit of size or sense."""
        return None


def _session(sockets: int) -> requests.Session:
    session = _Session()
    # Proxies, certificates and passwords must not come from the environment or ~/.netrc.
    session.trust_env = False
    # No cookie is ever sent; without this the jar would still keep what it is given.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, WatchedAdapter(pool_connections=4, pool_maxsize=sockets, max_retries=0))
    return session


def _prepared(request: Request) -> requests.PreparedRequest:
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": USER_AGENT}
    if request.authorization:
        headers["Authorization"] = request.authorization
    return requests.Request(
        request.method, request.url, headers=headers, params=request.params, data=request.form
    ).prepare()


def _body(request: Request, response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            told = replace(request.exchange(), status=response.status_code, request_id=_request_id(response))
            raise Unreadable("Smartcar's answer is too large to be one.", told)
    return bytes(body)


def _request_id(response: requests.Response) -> str | None:
    return clean_request_id(response.headers.get("SC-Request-Id"))


def _failure(request: Request, trip: Journey, error: Exception) -> SmartcarError:
    """Whether bytes had left decides, not the kind of exception."""
    if isinstance(error, requests.RequestException):
        # The error travels further than the request may: that carries the credentials.
        error.request = None
    whose, exchange = "Smartcar" if request.generation else "Smartcar's token host", request.exchange()
    if not trip.has_left:
        return NotSent(f"{whose} could not be reached ({_obstacle(error)}); nothing was sent.", exchange)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Unreadable(f"The answer of {whose} cannot be unpacked.", exchange)
    if isinstance(error, requests.Timeout):
        return AnswerLost(f"{whose} did not answer in time.", exchange)
    return AnswerLost(f"{whose} broke off its answer.", exchange)


def _obstacle(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate or protocol is not acceptable"
    if isinstance(error, requests.Timeout | TimeoutError):
        return "no connection in time"
    return "no connection"
