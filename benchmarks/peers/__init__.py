"""The same workloads in other libraries, each in its own process."""
