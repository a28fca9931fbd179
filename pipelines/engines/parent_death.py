"""A launcher: replaces itself with a program that the system kills when the parent process ends.

    python parent_death.py PARENT_PID PROGRAM ARGUMENT...

A job server must not outlive the command: its job would keep running, hold the cluster's cores, and
write into a folder that the next command is already using. A killed process cannot clean up after
itself, so this relies on Linux's parent-death signal. On other systems the program starts as usual.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process with the program; exit with status 1 if the parent has already ended."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        if os.getppid() != int(parent):
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - a shell would be the child instead


if __name__ == "__main__":
    main()
