"""Counts checks, and keeps what does not hold, for the programs of this folder."""

import sys

found: list[str] = []
checks = 0


def expect(holds: bool, what: str) -> None:
    """Counts a check, and keeps `what` if it does not hold."""
    global checks
    checks += 1
    if not holds:
        found.append(what)


def report(of: str) -> int:
    """Prints what was found, and how many checks `of` something passed. How the program is to end."""
    for line in found:
        print(line, file=sys.stderr)
    print(f"{checks - len(found)} of {checks} checks of {of} passed")
    return 1 if found else 0
