"""The house of DESIGN §3 as a test: imports go down floors, and inside a floor only along an arrow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "nlpdata"

# Room -> floor. A room is a module or folder directly below the package.
FLOORS = {
    "errors": 0, "settings": 0, "_optional": 0, "_report": 0, "_leaves": 0, "_info_field": 0,
    "features": 1, "splits": 1, "info": 1,
    "formats": 2, "store": 2, "cache": 2,
    "fetch": 3, "files": 3,
    "engine": 4, "ops": 4,
    "hub": 5, "scripts": 5,
    "dataset": 6, "builder": 6, "load": 6, "inspect": 6,
    "feed": 7, "scoring": 7,
    "viewer": 8, "cli": 8, "testing": 8,
}  # fmt: skip

# Inside a floor, "b may import a" is written b -> {a}.
ARROWS = {
    "settings": {"errors"},
    "_optional": {"errors"},
    "_report": {"errors", "settings", "_optional"},
    "info": {"features", "splits"},
    "cache": {"store"},
    "files": {"fetch"},
    "ops": {"engine"},
    "scripts": {"hub"},
    "builder": {"dataset"},
    "load": {"builder", "dataset"},
    "inspect": {"load", "builder", "dataset"},
    "cli": {"viewer", "testing"},
}


def modules() -> list[Path]:
    """Every module of the package except the lazy front door."""
    return sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py" and "_shipped" not in p.parts)


def room(path: Path) -> str:
    """The room a file lies in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted module) of every import in a file, function bodies and TYPE_CHECKING blocks too."""
    package = ("nlpdata", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield from ((node.lineno, ".".join([*base, *filter(None, [node.module]), alias.name])) for alias in node.names)


def forbidden(source: str, target: str) -> bool:
    """Whether room ``source`` may not import room ``target``."""
    if source == target:
        return False
    if FLOORS[source] == FLOORS[target]:
        return target not in ARROWS.get(source, set())
    return FLOORS[target] > FLOORS[source]


def test_every_room_has_a_floor() -> None:
    assert {room(p) for p in modules()} <= set(FLOORS)


def test_imports_go_down_only() -> None:
    wrong = []
    for path in modules():
        for line, name in imports(path):
            parts = name.split(".")
            if parts[0] != "nlpdata" or len(parts) < 2 or parts[1].startswith("__"):
                continue
            if parts[1] not in FLOORS or forbidden(room(path), parts[1]):
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [("store", "engine", True), ("engine", "store", False), ("formats", "store", True), ("cache", "store", False)],
)
def test_the_rule_itself(source: str, target: str, expected: bool) -> None:
    assert forbidden(source, target) is expected


def test_no_import_cycle() -> None:
    graph: dict[str, set[str]] = {}
    names = {
        ".".join(("nlpdata", *p.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): p for p in modules()
    }
    for name, path in names.items():
        targets = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:  # only what runs when the module is imported
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for _, full in imports_of(node, path):
                while full and full not in names:
                    full = full.rpartition(".")[0]
                # `from package import submodule` inside the package itself is the submodule, not the package.
                if full and full != name:
                    targets.add(full)
        graph[name] = targets
    cycle = find_cycle(graph)
    assert cycle is None, " -> ".join(cycle or [])


def imports_of(node: ast.Import | ast.ImportFrom, path: Path) -> list[tuple[int, str]]:
    """The dotted names of one import statement."""
    if isinstance(node, ast.Import):
        return [(node.lineno, alias.name) for alias in node.names]
    package = ("nlpdata", *path.relative_to(PACKAGE).parts[:-1])
    base = package[: len(package) - node.level + 1] if node.level else ()
    return [(node.lineno, ".".join([*base, *filter(None, [node.module]), alias.name])) for alias in node.names]


def find_cycle(graph: dict[str, set[str]]) -> list[str] | None:
    """One cycle of a graph, or None."""
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(node: str) -> list[str] | None:
        state[node] = 1
        path.append(node)
        for target in sorted(graph.get(node, ())):
            if state.get(target) == 1:
                return [*path[path.index(target) :], target]
            if target not in state and (found := visit(target)):
                return found
        state[node] = 2
        path.pop()
        return None

    for node in sorted(graph):
        if node not in state and (found := visit(node)):
            return found
    return None


def test_find_cycle_finds_one() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b"}, "b": set()}) is None
