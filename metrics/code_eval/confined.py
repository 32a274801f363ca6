"""A program of unknown make run in a child process with little room.

Knows: the limits of the child, how it says that it came through, how it is ended.
Does not know: metrics.

The limits keep mistakes and greed from hurting: time, memory, files, processes, network. They are no defence against a program
written to break out; for that run the whole evaluation in a container or a virtual machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nlpdata.errors import ArgumentError

STARTING_SECONDS = 0.5
"""What the interpreter of a child may take besides."""

CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use."""

    timeout_seconds: float = 3.0
    memory_bytes: int = 4 << 30


def run_confined(program: str, limits: Limits) -> str:
    """``"passed"`` if the program runs to its end, else ``"timed out"`` or ``"failed: ..."`` with its error.

    The child has its own process group, an empty temporary folder, no environment, no standard input; it and what it left
    behind are killed in any case. Takes the start of one Python process, tens of milliseconds.

    Raises:
        ArgumentError: this system cannot limit processes.
    """
    if os.name != "posix":
        raise ArgumentError("code_eval confines programs by means of POSIX systems; run it under Linux or macOS.")
    token = secrets.token_hex(16)
    task = {
        "program": program,
        "token": token,
        "cpu_seconds": int(limits.timeout_seconds) + 2,
        "memory_bytes": limits.memory_bytes,
    }
    with tempfile.TemporaryDirectory(prefix="code_eval-") as folder:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            answer = _answer(child, json.dumps(task).encode(), limits.timeout_seconds)
        finally:
            _end(child)
    if answer is None:
        return "timed out"
    text = answer.decode("utf-8", "replace")
    if text == token:
        return "passed"
    return text if text.startswith("failed: ") else f"failed: {_why_silent(child.returncode)}"


def _answer(child: subprocess.Popen[bytes], task: bytes, timeout_seconds: float) -> bytes | None:
    """What the child said, None if it said nothing in time."""
    try:
        return child.communicate(task, timeout=timeout_seconds + STARTING_SECONDS)[0]
    except subprocess.TimeoutExpired:
        return None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the process group of the child, whatever is left of it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None and not stream.closed:
            stream.close()


def _why_silent(returncode: int) -> str:
    if returncode < 0:
        return f"the process was ended by {signal.Signals(-returncode).name}"
    return "the program ended the process before its end"
