"""Where the time of a run goes, for `--timings`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

RULES_SHOWN = 15


class Timings:
    """Seconds of processor time: by stage, of this process; by rule, of every process. Stages do not overlap."""

    def __init__(self) -> None:
        self.stages: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.processes = 1

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.process_time()
        try:
            yield
        finally:
            self.stages[name] += time.process_time() - started  # type: ignore[assignment]

    def render(self) -> str:
        lines = [f"{seconds:9.3f} s  {name}" for name, seconds in self.stages.items()]
        lines.append(f"{sum(self.stages.values()):9.3f} s  in all, of the first of {_counted(self.processes)}")
        if self.rules:
            lines += ["", "rules:"]
            lines += [f"{seconds:9.3f} s  {code}" for code, seconds in self.rules.most_common(RULES_SHOWN)]
        return "\n".join(lines) + "\n"

    def add_rules(self, rules: Sequence[Mapping[str, float]]) -> None:
        """What the rules took in each process."""
        for one in rules:
            for code, seconds in one.items():
                self.rules[code] += seconds  # type: ignore[assignment]
        self.processes = max(self.processes, len(rules))

    def add_locating(self, seconds: float) -> None:
        """What finding places and making fixes took in one process."""
        self.rules["places and fixes"] += seconds  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Effort:
    """How many processes may work at once, and where to note what they take."""

    processes: int = 1
    timings: Timings = field(default_factory=Timings)


def _counted(processes: int) -> str:
    return "one process" if processes == 1 else f"{processes} processes"
