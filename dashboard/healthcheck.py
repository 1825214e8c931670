"""`python -m dashboard.healthcheck`: exit 0 if the web server of this machine answers. The image's HEALTHCHECK."""

import sys
import urllib.request
from urllib.parse import urlsplit

from dashboard.env import Environment

URL = "http://127.0.0.1:8000/healthz"


def main(url: str = URL) -> None:
    # Django answers only to the host that staff use, not to 127.0.0.1.
    host = urlsplit(Environment().origin("PUBLIC_URL", "http://127.0.0.1:8000")).netloc
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310 - our own http address
    # A proxy of the environment is for what is elsewhere.
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        directly.open(request, timeout=4).close()
    except OSError as problem:
        sys.exit(f"No health at {url}: {problem}")


if __name__ == "__main__":
    main()
