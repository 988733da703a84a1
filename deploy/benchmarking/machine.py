"""What all figures depend on."""

import os
import platform
import subprocess
import time


def machine(folder, dunlin):
    """What the figures depend on."""
    processor = platform.machine()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break

    def said(*command):
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            return "?"
        return done.stdout.strip() or "?"

    path = folder / "sync"
    with open(path, "wb", buffering=0) as file:
        start = time.monotonic()
        for _ in range(100):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        sync = (time.monotonic() - start) / 100
    path.unlink()
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "file_system": said("df", "--output=fstype", str(folder)).splitlines()[-1],
        "fdatasync_ms": round(sync * 1000, 3),
        "dunlin": said(dunlin.program, "--version"),
        "swift": os.environ.get("DUNLIN_BENCHMARK_SWIFT") or "?",
        "sqlite": said("pkg-config", "--modversion", "sqlite3"),
        "libcurl": said("pkg-config", "--modversion", "libcurl"),
        "postfix": said("postconf", "-d", "-h", "mail_version"),
    }
