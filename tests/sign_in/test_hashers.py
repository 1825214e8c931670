"""Argon2 takes 100 MiB for each password that is looked at: few at once."""

import subprocess
import sys

# In a process of its own: eight at once would take 800 MiB. Its largest size stands in /proc; `getrusage` would tell
# that of the process it was forked from, where that is larger.
_EIGHT_AT_ONCE = """
import re
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from django.conf import settings
settings.configure(PASSWORD_HASHERS=["connections.sign_in.hashers.FewAtOnce"])
from django.contrib.auth.hashers import check_password, make_password
kept = make_password("a")
assert kept.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$"), kept
with ThreadPoolExecutor(8) as pool:
    assert list(pool.map(lambda _: check_password("a", kept), range(8))) == [True] * 8
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_eight_at_once_take_the_memory_of_two() -> None:
    ended = subprocess.run([sys.executable, "-c", _EIGHT_AT_ONCE], capture_output=True, text=True, check=True)
    assert 200 < int(ended.stdout) < 400
