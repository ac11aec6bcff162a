"""The page that lists every gate, its readings and its default limits."""

import inspect

from gates.contract import Gate, build

HEAD = """# Gates

What is measured after each step. A reading with a limit decides; the others are recorded only. A recipe sets a
limit of its own by `[steps.limits]`, such as `coverage = { at_most = 0.2 }`; `sluice calibrate` proposes limits from
good edits.
**Policy** gates ask a person without counting for the breaker; all others find artifacts. What is wrong with a file
before anything was edited is always policy. This page is written by `python -m bench.gates --docs`.
"""


def page() -> str:
    """Markdown, one section a gate, from the gates' own words."""
    return HEAD + "".join(_section(gate) for _, gate in sorted(build().gates.items()))


def _section(gate: Gate) -> str:
    module = inspect.getmodule(gate.measure)
    about = (inspect.getdoc(module) or "") if module else ""
    steps = ", ".join(f"`{name}`" for name in sorted(gate.transforms))
    rows = "\n".join(f"| `{reading}` | {limit} |" for reading, limit in gate.limits.items())
    return (
        f"\n## `{gate.name}`\n\nAfter {steps}; {gate.kind.value}. {about}\n\n"
        f"| reading | default limit |\n| --- | --- |\n{rows}\n\n{inspect.getdoc(gate.measure)}\n"
    )
