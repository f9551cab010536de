"""The only compiled loops. Plain arrays in and out; each kernel has a slow NumPy twin in the tests."""

import os

# Threads that wait for each other shall sleep rather than spin. A spinning thread takes the core that the one it waits
# for could run on: on two busy cores, training ran twenty times slower. OpenMP reads this when it is first loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
