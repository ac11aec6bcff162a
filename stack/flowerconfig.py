"""How Flower shows the line; Flower reads this file as its settings (its name is Flower's own default)."""

import os
from html import escape
from pathlib import Path
from typing import Any

from flower.urls import settings as web_settings
from tornado.template import Loader, Template

read_only = True  # workers and tasks are steered by the line's own records: `sluice halt`, `requeue`
persistent = False
# every worker is started with --task-events; Flower would repeat that order every five seconds
enable_events = False
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


class LinkedTemplates(Loader):
    """Flower's own templates, with a link to the review desk behind its tabs: Flower has no setting for that."""

    def __init__(self, folder: str, desk_url: str) -> None:
        super().__init__(folder)
        self.link = f'<li class="nav-item"><a class="nav-link" href="{escape(desk_url)}">Review desk</a></li>'

    def _create_template(self, name: str) -> Template:
        text = Path(self.root, name).read_text("utf-8")
        if name == "navbar.html":
            text = text.replace("</ul>", f"{self.link}</ul>", 1)
        return Template(text, name=name, loader=self)


if desk_url := os.environ.get("SLUICE_DESK_URL"):
    web_settings["template_loader"] = LinkedTemplates(web_settings["template_path"], desk_url)
