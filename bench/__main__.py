"""Lists the benchmarks, and runs them one after another, each as a process of its own.

python -m bench --list             # what there is
python -m bench                    # all of them, in full: hours
python -m bench --quick            # all of them on small samples: minutes
python -m bench gates upscale      # some of them
"""

import argparse
import ast
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"


def entries() -> dict[str, str]:
    """Name and first line of the docstring of every module or folder here that has a ``main``."""
    benchmarks = {}
    paths = {path.stem: path for path in HERE.glob("[a-z]*.py")}
    paths |= {path.parent.name: path for path in HERE.glob("*/__main__.py")}
    for name, path in sorted(paths.items()):
        tree = ast.parse(path.read_text("utf-8"))
        has_main = any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)
        if has_main:
            benchmarks[name] = (ast.get_docstring(tree) or "").splitlines()[0]
    return benchmarks


def main() -> None:
    benchmarks = entries()
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(benchmarks)}")
    options.add_argument("--list", action="store_true", help="list the benchmarks and run none")
    options.add_argument("--quick", action="store_true", help="run each on a small sample, in under a minute")
    options.add_argument("--out", type=Path, default=OUT, help="folder for one JSON file a benchmark")
    given = options.parse_args()
    if given.list:
        for name, about in benchmarks.items():
            print(f"python -m bench.{name:14}{about}")
        return
    if unknown := set(given.names) - set(benchmarks):
        options.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    given.out.mkdir(parents=True, exist_ok=True)
    failed = [name for name in given.names or benchmarks if not succeeds(name, given.out, given.quick)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def succeeds(name: str, out: Path, quick: bool) -> bool:
    """Run one benchmark; print its table and its time."""
    command = [sys.executable, "-m", f"bench.{name}", "--json", str(out / f"{name}.json")]
    print(f"== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run([*command, *["--quick"] * quick], check=False, cwd=HERE.parent).returncode
    print(f"== {name}: {time.monotonic() - started:.0f} s, exit code {code}", flush=True)
    return code == 0


if __name__ == "__main__":
    main()
