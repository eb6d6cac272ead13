"""Benchmarks against real processes: `python -m tests.bench press --check`. A bench is a module here."""
