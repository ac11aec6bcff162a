"""``python -m scheduler``: the scheduler's process."""

from scheduler.loop import main

main()
