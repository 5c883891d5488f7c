"""The page for people and the service for programs, both on one model.

`serving` runs `application`, which mounts the `service`; the `page` is mounted on the same application by its
command. Page and service do not know each other. Both use `server` (the model store, threads, settings, guards, logs
and metrics), and everything uses `problems`. Nothing imports in the other direction.
"""

import os

# Idle threads sleep rather than spin, which would take the time of the requests; read once numba is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
