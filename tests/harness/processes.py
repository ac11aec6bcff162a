"""What a running process has loaded."""

from pathlib import Path


def loaded_libraries(pid: int) -> set[str]:
    """Paths of the shared libraries in a process's memory."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {fields[5] for line in lines if len(fields := line.split(maxsplit=5)) == 6 and ".so" in fields[5]}
