"""Become another program within limits: `launcher.py PARENT PYTHON ARGUMENTS…`, run with `-I -S`, without our packages.

The kernel kills the program when its parent ends, however the parent ends.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
MIB = 1024 * 1024
LIMITS = {
    resource.RLIMIT_AS: 512 * MIB,
    resource.RLIMIT_CPU: 900,
    resource.RLIMIT_FSIZE: 4 * MIB,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}


def main(parent: int, command: list[str]) -> None:
    """Set the limits and become the command."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("whoever wanted this process has ended")
    for limit, most in LIMITS.items():
        _soft, hard = resource.getrlimit(limit)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (wanted, wanted))
    os.execv(command[0], command)  # noqa: S606  (nothing here is for a shell)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
