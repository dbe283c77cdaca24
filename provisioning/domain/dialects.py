"""How shells forget, export and ask; each text is meant to be pasted as it is."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

POSIX, POWERSHELL = "posix", "powershell"


@dataclass(frozen=True)
class Dialect:
    """One family of shells.

    `forget` removes every AWS variable, whatever it is called (keys, profiles, roles, endpoints of single services),
    and points the tools at empty files. `say_the_endpoint` is for the simulator: the AWS command line's version 1
    ignores AWS_ENDPOINT_URL for queues, so every call says it again.
    """

    forget: str
    say_the_endpoint: str
    export: Callable[[str, str], str]
    identity_check: Callable[[str], str]


def _right(account_id: str) -> str:
    return f"RIGHT ACCOUNT {account_id}"


def _stop(account_id: str) -> str:
    return f"STOP: this shell does not act in your sandbox {account_id}. Run nothing here."


_ASK = "aws sts get-caller-identity --query Account --output text"


def _posix_export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}\n"


def _posix_check(account_id: str) -> str:
    return (
        f'if [ "$({_ASK})" = {account_id} ]; then echo {shlex.quote(_right(account_id))}; '
        f"else echo {shlex.quote(_stop(account_id))}; fi\n"
    )


# PowerShell takes typographic single quotes for plain ones, and two in a row for one that is meant.
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


def powershell_quote(value: str) -> str:
    """Return a PowerShell string that stands for exactly this value."""
    return f"'{_POWERSHELL_QUOTES.sub(lambda match: match[1] * 2, value)}'"


def _powershell_export(name: str, value: str) -> str:
    return f"$env:{name} = {powershell_quote(value)}\n"


def _powershell_check(account_id: str) -> str:
    return (
        f"if (({_ASK}) -eq {powershell_quote(account_id)}) {{ Write-Output {powershell_quote(_right(account_id))} }} "
        f"else {{ Write-Output {powershell_quote(_stop(account_id))} }}\n"
    )


DIALECTS = {
    POSIX: Dialect(
        forget=r"""for name in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
unset BOTO_CONFIG name
export AWS_CONFIG_FILE="$(mktemp)" AWS_SHARED_CREDENTIALS_FILE="$(mktemp)"
export AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
""",
        say_the_endpoint="""unalias aws 2>/dev/null
function aws { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
""",
        export=_posix_export,
        identity_check=_posix_check,
    ),
    POWERSHELL: Dialect(
        forget="""Get-ChildItem Env:AWS_* | ForEach-Object { Remove-Item "Env:$($_.Name)" }
if (Test-Path Env:BOTO_CONFIG) { Remove-Item Env:BOTO_CONFIG }
$env:AWS_CONFIG_FILE = [System.IO.Path]::GetTempFileName()
$env:AWS_SHARED_CREDENTIALS_FILE = [System.IO.Path]::GetTempFileName()
$env:AWS_EC2_METADATA_DISABLED = 'true'
""",
        say_the_endpoint="""if (Test-Path Alias:aws) { Remove-Item Alias:aws }
$gameday_aws = Get-Command aws -CommandType Application | Select-Object -First 1
function aws { & $gameday_aws --endpoint-url $env:AWS_ENDPOINT_URL @args }
""",
        export=_powershell_export,
        identity_check=_powershell_check,
    ),
}
