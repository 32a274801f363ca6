"""What the child process of code_eval runs: it limits itself, then runs the program that comes by standard input.

Knows: the limits, and how it answers: the token it was given if the program came to its end, or the error.
Does not know: nlpdata; it runs alone (``python -I``).

Answers go to a copy of standard output that has another number, so that what the program prints is not taken for one.
"""

from __future__ import annotations

import _posixsubprocess
import json
import os
import resource
import sys
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# Events of ``sys.addaudithook`` (Python documents them in its table of audit events) that a program has no need of.
REFUSED = (
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "pty.spawn",
    "resource.setrlimit",
    "shutil.",
    "signal.pthread_kill",
    "socket.",
    "subprocess.Popen",
    "tempfile.",
)


def limit(kind: int, value: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def confine(cpu_seconds: int, memory_bytes: int) -> None:
    """Set all limits, and refuse what REFUSED names from now on."""
    limit(resource.RLIMIT_CPU, cpu_seconds)
    limit(resource.RLIMIT_AS, memory_bytes)
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, 64)
    if hasattr(resource, "RLIMIT_NPROC"):
        limit(resource.RLIMIT_NPROC, 0)
    vars(_posixsubprocess)["fork_exec"] = refuse_processes
    sys.addaudithook(watch)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Raises PermissionError for what a program may not do."""
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        raise PermissionError("writing files is not allowed here")
    if event.startswith(REFUSED):
        raise PermissionError(f"{event} is not allowed here")
    if event.startswith("ctypes.dlsym") or (event == "ctypes.dlopen" and arguments[0] is not None):
        raise PermissionError("calling libraries is not allowed here")
    if event == "import" and arguments[0] == _posixsubprocess.__name__:  # a second copy of it
        raise PermissionError("starting processes is not allowed here")


def refuse_processes(*arguments: Any) -> None:
    """In place of the one function that starts processes without telling ``sys.addaudithook``."""
    raise PermissionError("starting processes is not allowed here")


def verdict(program: str, token: str) -> str:
    """The token if the program came to its end, else its error."""
    try:
        exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
    except BaseException as error:  # noqa: BLE001 - whatever a program raises, also SystemExit, is its result
        try:
            text = str(error)
        except Exception:  # noqa: BLE001 - an exception of the program may not even have a text
            text = ""
        return f"failed: {text or type(error).__name__}"[:2000]
    return token


def main() -> None:
    """Read the task, run its program, answer, and leave without running anything the program registered."""
    task = json.loads(sys.stdin.buffer.read())
    answer, nothing = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    confine(task["cpu_seconds"], task["memory_bytes"])
    os.write(answer, verdict(task["program"], task["token"]).encode("utf-8", "replace"))
    os._exit(0)


if __name__ == "__main__":
    main()
