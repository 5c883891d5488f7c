"""The page for people and the service for programs: two faces of one model."""

import os

# Idle threads sleep rather than spin, which would take the time of the requests; read once numba is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
