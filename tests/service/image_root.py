"""The Containerfile without a container engine: what it starts, in a root of its own that nobody can write to.

Run by `test_deploy` under `unshare --mount --net --pid --fork`, with a model, a folder of compiled kernels and an empty
folder. The user, environment, entry point, command and health check are those of the Containerfile; Python and its
packages are those of this machine, mounted read-only. Prints what happened as JSON.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import deepcuts

SOURCE = Path(__file__).parents[2]
CONTAINERFILE = (SOURCE / "deploy" / "Containerfile").read_text(encoding="utf-8")
TOKEN = "a token of forty characters, or a few more"
PATIENCE = 240  # seconds until the service is healthy: where kernels have to be compiled, on a busy machine


def words_of(instruction: str) -> list[str]:
    """Arguments of an instruction."""
    return json.loads(value_of(rf"^{instruction} (\[.*\])$"))


def value_of(pattern: str) -> str:
    return re.findall(pattern, CONTAINERFILE, flags=re.MULTILINE)[-1]


USER = int(value_of(r"^USER (\d+)$"))


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def bind(path: Path, root: Path) -> None:
    """Show something of this machine at the same path below the root, read-only."""
    target = root / path.relative_to("/")
    target.mkdir(parents=True, exist_ok=True)
    mount("--bind", str(path), str(target))
    mount("-o", "remount,ro,bind", str(target))


def furnish(root: Path, model: Path, kernels: Path) -> None:
    """Put together what the image holds."""
    mount("-t", "tmpfs", "none", str(root))
    root.chmod(0o755)
    (root / "tmp").mkdir()
    mount("-t", "tmpfs", "-o", "mode=1777", "none", str(root / "tmp"))
    for path in {Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), Path(deepcuts.__file__).parents[1]}:
        bind(path, root)
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            (root / name).symlink_to(os.readlink(Path("/", name)))
    (root / "etc").mkdir()
    (root / "etc" / "passwd").write_text("deepcuts:x:10001:10001::/:/usr/sbin/nologin\n")
    (root / "dev").mkdir()
    for name in ("null", "zero", "urandom"):
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", str(root / "dev" / name))
    (root / "dev" / "shm").mkdir()
    mount("-t", "tmpfs", "-o", "mode=1777", "none", str(root / "dev" / "shm"))
    (root / "proc").mkdir()
    mount("-t", "proc", "none", str(root / "proc"))
    of_user = f"{kernels.name.rpartition('-')[0]}-{USER}"  # the image compiles as the user that it runs as
    shutil.copytree(kernels, root / "opt" / "kernels" / of_user)
    (root / "models").mkdir()
    shutil.copy(model, root / "models" / "model.safetensors")
    (root / "opt" / "bin").mkdir(parents=True)
    shutil.copy(SOURCE / "deploy" / "serve", root / "opt" / "bin" / "serve")
    program = root / "opt" / "bin" / "deepcuts"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m deepcuts "$@"\n')
    program.chmod(0o555)
    subprocess.run(["chmod", "-R", "a+rX", str(root / "opt"), str(root / "models")], check=True)
    mount("-o", "remount,ro", str(root))


def loopback_up() -> None:
    """Set the network interface of this namespace up, which nothing but this process is in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def main() -> None:
    """Start the service, ask whether it is healthy until it is, try to write, and end it."""
    model, kernels, root = map(Path, sys.argv[1:])
    furnish(root, model, kernels)
    loopback_up()
    environment = {
        "PATH": f"/opt/bin:{sys.prefix}/bin:{sys.base_prefix}/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(deepcuts.__file__).parents[1]),
        "NUMBA_CACHE_DIR": value_of(r"NUMBA_CACHE_DIR=(/tmp/\S+)"),
        "DEEPCUTS_TOKEN": TOKEN,
        **{name: os.environ[name] for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES") if name in os.environ},
    }

    def enter() -> None:
        os.chroot(root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)

    def run(words: list[str]) -> int:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(words, env=environment, preexec_fn=enter, check=False, **quiet).returncode

    started = words_of("ENTRYPOINT") + words_of("CMD")
    service = subprocess.Popen(started, env=environment, preexec_fn=enter)  # noqa: PLW1509 (there are no threads)
    check, began = json.loads(value_of(r"HEALTHCHECK [^\[]*(\[.*\])$")), time.monotonic()
    first, healthy = run(check), False
    while not healthy and service.poll() is None and time.monotonic() - began < PATIENCE:
        healthy = run(check) == 0
        time.sleep(0.5)
    written = [path for path in ("/x", "/opt/x", "/opt/kernels/x", "/models/x", "/usr/x") if run(["touch", path]) == 0]
    service.send_signal(signal.SIGTERM)
    began = time.monotonic()
    while (draining := run(check)) == 0 and time.monotonic() - began < PATIENCE:  # until the signal is there
        time.sleep(0.2)
    print(
        json.dumps(
            {
                "healthy_before": first == 0,
                "healthy": healthy,
                "written": written,
                "temporary": run(["touch", "/tmp/x"]) == 0,
                "healthy_while_it_drains": draining == 0,
                "ended_with": service.wait(PATIENCE),
            }
        )
    )


if __name__ == "__main__":
    main()
