"""Runs a module as `python -m` does, and ends with everything it started as soon as the process that keeps it is gone.

A service whose keeper was killed would go on starting runs beside those of the next one. `python -m deployments.kept PID
MODULE ARGUMENTS` is how services are started.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

EVERY: Final = 1.0
"""Seconds between two looks at the keeper."""


def _end_with(keeper: int) -> None:
    while os.getppid() == keeper:
        time.sleep(EVERY)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    _, keeper, module, *arguments = sys.argv
    threading.Thread(target=_end_with, args=(int(keeper),), daemon=True, name="keeper").start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
