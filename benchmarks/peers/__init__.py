"""The same three workloads in other libraries, each in its own process."""
