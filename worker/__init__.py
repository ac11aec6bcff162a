"""The Celery app, its queues, and the processes that work on them."""
