"""A wrong clock for one process: imported before all else, where this folder stands in ``PYTHONPATH``."""

import os
import time

AHEAD = float(os.environ.get("CLOCK_AHEAD", "0"))

_time, _time_ns, _clock_gettime = time.time, time.time_ns, time.clock_gettime


def _wrong_gettime(clock: int) -> float:
    return _clock_gettime(clock) + (AHEAD if clock == time.CLOCK_REALTIME else 0.0)


time.time = lambda: _time() + AHEAD
time.time_ns = lambda: _time_ns() + int(AHEAD * 1e9)
time.clock_gettime = _wrong_gettime
