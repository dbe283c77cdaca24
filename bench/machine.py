"""What a figure was measured on, and how much memory a process took."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Name the processor, its cores, the memory and the Python of this machine."""
    cpu = _field(Path("/proc/cpuinfo"), "model name") or platform.machine()
    memory = int((_field(Path("/proc/meminfo"), "MemTotal") or "0").split()[0]) / 1024**2
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def peak_mebibytes(pid: int | None) -> float:
    """Return the most memory that a process and what it has started have held, in MiB; 0 when it is gone."""
    if pid is None:
        return 0.0
    own = _field(Path(f"/proc/{pid}/status"), "VmHWM")
    started = Path(f"/proc/{pid}/task/{pid}/children")
    children = started.read_text().split() if started.exists() else []
    return (int(own.split()[0]) / 1024 if own else 0.0) + sum(peak_mebibytes(int(child)) for child in children)


def _field(path: Path, name: str) -> str | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def cpu_seconds(pid: int | None) -> float:
    """Return the processor time that a process has used so far, all its threads together; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
