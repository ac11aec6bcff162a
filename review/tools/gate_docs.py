"""The page docs/gates.md, generated from the gates' docstrings and limits."""

import inspect

from gates.contract import Gate, build

HEAD = """# Gates

What Sluice measures after each step. A reading with a limit decides; all others are only recorded. A recipe sets its
own limit in `[steps.limits]`, such as `coverage = { at_most = 0.2 }`; `sluice calibrate` proposes limits from good
edits. **Policy** gates ask a person and do not count for the breaker; all others report artifacts. Faults of a file
before any edit are always policy. `python -m bench.gates --docs` writes this page.
"""


def page() -> str:
    """Markdown with one section for each gate."""
    return HEAD + "".join(_section(gate) for _, gate in sorted(build().gates.items()))


def _section(gate: Gate) -> str:
    module = inspect.getmodule(gate.measure)
    summary = (inspect.getdoc(module) or "") if module else ""
    steps = ", ".join(f"`{name}`" for name in sorted(gate.transforms))
    rows = "\n".join(f"| `{reading}` | {limit} |" for reading, limit in gate.limits.items())
    return (
        f"\n## `{gate.name}`\n\nAfter {steps}; {gate.kind.value}. {summary}\n\n"
        f"| reading | default limit |\n| --- | --- |\n{rows}\n\n{inspect.getdoc(gate.measure)}\n"
    )
