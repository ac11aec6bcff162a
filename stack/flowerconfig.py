"""How Flower shows the line; Flower reads this file as its settings (its name is Flower's own default)."""

from typing import Any

read_only = True  # workers and tasks are steered by the line's own records: `sluice halt`, `requeue`
persistent = False
enable_events = (
    False  # every worker is started with --task-events; Flower would tell them so each five seconds
)
max_tasks = 20_000  # in memory, the oldest forgotten: it grows by about 3 kB a task
max_workers = 500
purge_offline_workers = 600  # seconds
natural_time = False
tasks_columns = "name,args,state,received,started,runtime,worker"


def format_task(task: Any) -> Any:
    """Short names: ``erase_text``, and as arguments ``batch 12 (acme/spring), shard 3, 16 images``."""
    if task.name:
        task.name = task.name.rpartition(".")[2]
    if task.kwargs == "{}":
        task.kwargs = ""
    return task
