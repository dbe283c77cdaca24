"""A program for the `credential_process` of a profile, written so that the token never shows in a process list."""

import shlex
from collections.abc import Mapping

PROFILE = "gameday"
FOLDER = '"$HOME"/.gameday/{account_id}'

# curl takes the header from standard input; python3 is for machines without it. What the site says goes to standard
# error, where AWS tools show it.
_PROGRAM = """#!/bin/sh
# Prints credentials for AWS tools. It holds a personal token: keep it to yourself.
address={address}
token={token}
if command -v curl >/dev/null 2>&1; then
  answer=$(printf 'header = "Authorization: %s"\\n' "$token" |
    curl --config - --silent --show-error --max-time 20 --write-out '\\n%{{http_code}}' "$address") || exit
  case "$answer" in
    *200) printf '%s\\n' "${{answer%200}}"; exit ;;
  esac
  printf '%s\\n' "$answer" >&2
  exit 1
fi
exec python3 - <<PYTHON
import sys, urllib.error, urllib.request
request = urllib.request.Request("$address", headers={{"Authorization": "$token"}})
try:
    print(urllib.request.urlopen(request, timeout=20).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
except OSError as error:
    sys.exit(str(error))
PYTHON
"""


def files(*, address: str, token: str, account_id: str, profile: Mapping[str, str]) -> str:
    """Return shell lines that write the program and a configuration with its profile, and turn the shell to them."""
    folder = FOLDER.format(account_id=account_id)
    program = _PROGRAM.format(address=shlex.quote(address), token=shlex.quote(token))
    settings = "".join(f"{name} = {value}\n" for name, value in profile.items())
    return (
        f"(umask 077 && mkdir -p {folder} && cd {folder} && rm -f credentials config && "
        "cat > credentials <<'PROGRAM' && chmod 700 credentials && cat > config <<PROFILE\n"
        f"{program}PROGRAM\n"
        f'[profile {PROFILE}]\ncredential_process = "$PWD/credentials"\n{settings}PROFILE\n)\n'
        f"export AWS_CONFIG_FILE={folder}/config AWS_PROFILE={PROFILE}\n"
    )
