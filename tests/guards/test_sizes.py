"""The limits of DESIGN §6: files, function bodies, parameters; names that say nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MAX_FILE_LINES = 650
MAX_BODY_LINES = 50
MAX_PARAMETERS = 6

# Public methods with the documented signatures (and the compute arguments of a metric): more parameters, no logic.
WIDE_SIGNATURES = (
    "metrics/",
    "nlpdata/builder/base.py",
    "nlpdata/dataset/",
    "nlpdata/inspect.py",
    "nlpdata/load.py",
    "nlpdata/scoring/",
)
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Path]:
    """Every source file of the package, the loaders and the metrics."""
    return sorted(p for top in ("nlpdata", "loaders", "metrics") for p in (REPOSITORY / top).rglob("*.py"))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Lines of a function's body, its docstring not counted."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """Parameters, self and cls not counted."""
    args = function.args
    names = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return len([n for n in names if n not in ("self", "cls")])


def test_files_are_short() -> None:
    long = [
        f"{p.relative_to(REPOSITORY)}: {n} lines"
        for p in sources()
        if (n := len(p.read_text("utf-8").splitlines())) > MAX_FILE_LINES
    ]
    assert not long, "\n".join(long)


def test_function_bodies_are_short() -> None:
    long = [
        f"{p.relative_to(REPOSITORY)}:{f.lineno} {f.name}: {body_lines(f)} lines"
        for p in sources()
        for f in functions(p)
        if body_lines(f) > MAX_BODY_LINES
    ]
    assert not long, "\n".join(long)


def test_functions_take_few_parameters() -> None:
    wide = [
        f"{p.relative_to(REPOSITORY)}:{f.lineno} {f.name}: {parameters(f)} parameters"
        for p in sources()
        if not str(p.relative_to(REPOSITORY)).startswith(WIDE_SIGNATURES)
        for f in functions(p)
        if parameters(f) > MAX_PARAMETERS
    ]
    assert not wide, "\n".join(wide)


def test_no_name_that_says_nothing() -> None:
    assert not [p for p in sources() if p.stem in EMPTY_NAMES or p.parent.name in EMPTY_NAMES]


def test_every_module_says_what_it_knows() -> None:
    assert not [p for p in sources() if p.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(p.read_text("utf-8")))]


def test_only_the_optional_module_loads_optional_packages() -> None:
    required = {"pyarrow", "numpy", "fsspec", "xxhash", "multiprocess", "tqdm", "requests", "nlpdata"}
    optional = {"torch", "tensorflow", "jax", "pandas", "polars", "sklearn", "scipy", "tokenizers", "transformers", "PIL"}
    wrong = []
    for path in (REPOSITORY / "nlpdata").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            wrong += [f"{path.name}:{node.lineno} imports {n}" for n in names if n.partition(".")[0] in optional - required]
    assert not wrong, "\n".join(wrong)
