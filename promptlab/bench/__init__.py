"""Benchmarks: our work beside a public peer or a limit of the machine, measured in one run."""
