"""`PUBLIC_URL` alone decides everything that depends on https."""

import json

from tests.processes import run

NAMES = (
    *("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "CSRF_TRUSTED_ORIGINS", "ALLOWED_HOSTS"),
    *("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "DEVICE_COOKIE_NAME"),
)
ASK = f"import json; from dashboard import settings; print(json.dumps({{n: getattr(settings, n) for n in {NAMES}}}))"


def decided(**variables: str) -> list[object]:
    ended = run("-c", ASK, SECRET_KEY="any", **variables)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    return [said[name] for name in NAMES]


def test_with_https_everything_is_strict() -> None:
    url, header = "https://connections.example.com", ["HTTP_X_FORWARDED_PROTO", "https"]
    assert decided(PUBLIC_URL=url) == [
        *(True, 31536000, header, [url], ["connections.example.com"]),
        *(True, True, "__Host-sessionid", "__Host-csrftoken", "__Host-device"),
    ]


def test_without_it_it_works_on_this_machine_and_no_header_of_a_proxy_is_believed() -> None:
    assert decided() == [
        *(False, 0, None, ["http://127.0.0.1:8000"], ["127.0.0.1", "localhost", "[::1]"]),
        *(False, False, "sessionid", "csrftoken", "device"),
    ]
