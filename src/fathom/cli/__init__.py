"""The command line: it parses, calls, and shows what the library returns."""
