"""A launcher: becomes another program, which the system kills when the process that asked ends.

    python tied.py PARENT PROGRAM ARGUMENT...

A job server must not outlive the command: its job would go on, hold the cluster's cores, and write
into a folder that the next command has taken over. Whoever is killed can tell nobody, so it is the
system that must see to it. On Linux; elsewhere the program is started as it is.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process by the program, unless the parent has ended meanwhile."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        if os.getppid() != int(parent):
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - a shell would stand in between


if __name__ == "__main__":
    main()
