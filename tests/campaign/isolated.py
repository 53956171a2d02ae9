"""Work done in a process of its own, forked from one that has loaded Collab already: its memory is measured, its end survived.

A process is forked for every piece of work, so its highest memory is that of this work alone. What it opens for writing, makes,
moves or removes is noted by an audit hook, wherever that is."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

CONTEXT = multiprocessing.get_context("forkserver")
MOST_MEMORY = 4 << 30  # bytes more than at the beginning: the machine is spared
PATHS = {  # events of an audit hook: where a path stands among their arguments, and the folder that it is relative to
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.utime": ((0, 3),),
}


@dataclass
class Done:
    """What came of it: the result, or how it ended; `peak` in bytes over the idle process; paths `written` to."""

    result: Any = None
    ended: str = ""  # "" where there is a result, else an exception, a signal, or that it took too long
    peak: int = 0
    written: list[str] = field(default_factory=list)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Without it a process would begin with running the main module again, which may be a page that Streamlit has just run."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def begin() -> None:
    """Load Collab into the process that forks. Call it before the first `do`, outside of any other set-up."""
    CONTEXT.set_forkserver_preload(["tests.campaign.imports", "tests.campaign.visits"])
    do(_nothing)


def do(function: Callable[..., Any], *arguments: Any, seconds: float = 60.0) -> Done:
    """Call a function of a module in a process of its own."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(theirs, function, arguments), daemon=True)
    with _no_main_module():
        process.start()
    theirs.close()
    try:
        done = ours.recv() if ours.poll(seconds) else Done(ended=f"more than {seconds:g} s")
    except EOFError:
        process.join(10)
        done = Done(ended=f"ended by {_signal(process.exitcode)}")
    finally:
        end(process)
        ours.close()
    return done


def start(function: Callable[..., Any], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Begin to call `function(connection, *arguments)` in a process of its own; the process, and this end of the connection."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_work_on, args=(theirs, function, arguments), daemon=False)
    with _no_main_module():
        process.start()
    theirs.close()
    return process, ours


def end(process: BaseProcess) -> None:
    """See that a process is gone, however busy it is."""
    process.join(1)
    if process.exitcode is None:
        process.kill()
    process.join()


def _signal(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def _memory(name: str) -> int:
    """VmRSS or VmHWM of this process in bytes; 0 on systems that do not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def _work(answers: Connection, function: Callable[..., Any], arguments: tuple) -> None:
    done = Done()
    sys.dont_write_bytecode = True
    idle = _memory("VmRSS")
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + MOST_MEMORY,) * 2)
    watching = [True]

    def hook(event: str, values: tuple) -> None:
        if not watching:
            return
        if event == "open":
            path, mode, flags = values
            if any(sign in mode for sign in "wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                done.written.extend(_place(path, -1))
        for path, folder in PATHS.get(event, ()):
            done.written.extend(_place(values[path], -1 if folder is None else values[folder]))

    sys.addaudithook(hook)
    try:
        done.result = function(*arguments)
    except BaseException as reason:
        last = traceback.extract_tb(reason.__traceback__)[-1]
        done.ended = (
            f"{type(reason).__name__}: {str(reason)[:100]} at {'/'.join(last.filename.split('/')[-2:])}:{last.lineno}"
        )
    watching.clear()
    done.peak = max(0, _memory("VmHWM") - idle)
    answers.send(done)


def _work_on(line: Connection, function: Callable[..., Any], arguments: tuple) -> None:
    os.setsid()  # whom it starts can be found by that
    function(line, *arguments)


def _place(path: Any, folder: int) -> list[str]:
    """The whole path of what a call names, relative to an open folder where that is one; nothing for an open file."""
    if not isinstance(path, str | bytes | os.PathLike):
        return []
    start = os.readlink(f"/proc/self/fd/{folder}") if folder >= 0 else os.getcwd()
    return [os.path.normpath(os.path.join(start, os.fsdecode(path)))]


def _nothing() -> None:
    pass
