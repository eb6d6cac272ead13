"""The benches' command line: finds the bench by its name, gives it a data folder of its own, and reports."""

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

from tests.bench import stage
from tests.bench.report import Report

HELPERS = {"__main__", "audience", "baselines", "phones", "processes", "report", "stage", "years"}


def names() -> list[str]:
    """The benches there are."""
    return sorted({module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])} - HELPERS)


def conclude(report: Report, *, check: bool) -> int:
    """Print what was found; the exit code."""
    print(report.table())
    print(report.line(), flush=True)
    return 1 if check and not report.holds else 0


def main(words: list[str]) -> int:
    """Run one bench."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, add_help=False)
    parser.add_argument("bench", choices=names())
    bench = parser.parse_known_args(words)[0].bench
    with stage.fresh_data():
        # Only now may it be imported: it needs Django, and Django needs to know where the data is.
        module = importlib.import_module(f"tests.bench.{bench}")
        parser = argparse.ArgumentParser(prog=f"python -m tests.bench {bench}", description=module.__doc__)
        parser.add_argument("bench")
        parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
        if hasattr(module, "add_arguments"):
            module.add_arguments(parser)
        options = parser.parse_args(words)
        report = Report(bench)
        module.measure(report, options)
    return conclude(report, check=options.check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
