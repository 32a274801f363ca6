"""Keys in fresh processes: the same whatever the hash seed, the folder, the way the code came in; another after any edit."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

MAIN = """
import functools
import logging
import re
import sys

import numpy as np

import helper
from helper import Tool, table
from package import deep

LIMIT = 128
NAMES = {"a", "b", "c", "d", "e"}
PATTERN = re.compile("x+")
ARRAY = np.arange(1000)
log = logging.getLogger(__name__)


def traced(function):
    @functools.wraps(function)
    def call(*args):
        return function(*args)
    return call


@traced
def f(row, n=3):
    log.info("called")
    words = [w for w in row["text"].split() if w in NAMES and not PATTERN.match(w)]
    return {"n": helper.count(words)[:LIMIT], "m": Tool(n).use(ARRAY.mean()), "d": deep.inner.g(row), "t": table["k"]}


def local(row):
    import helper
    from package.deep import inner
    return helper.count(row), inner.g(row)


from nlpdata.cache.key import content_key
print(content_key(f), content_key(local), content_key(lambda row: f(row)), content_key(functools.partial(f, n=1)))
"""

HELPER = """
SIZE = 5
UNUSED = 1
table = {"k": 1, "l": 2}

def size():
    return SIZE

def count(words):
    return words[:size()]

class Tool:
    def __init__(self, n):
        self.n = n

    def use(self, value):
        return self.n * value
"""

INNER = "def g(row):\n    return len(row)\n"


def write(folder: Path, **changed: str) -> Path:
    """The program and its modules in ``folder``."""
    texts = {"main.py": MAIN, "helper.py": HELPER, "package/deep/inner.py": INNER}
    texts |= {"package/__init__.py": "", "package/deep/__init__.py": "from package.deep import inner\n"}
    texts |= {name.replace("__", "/") + ".py": text for name, text in changed.items()}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *command: str, seed: str = "0", path: str = "", stdin: str | None = None) -> list[str]:
    """The keys that a fresh interpreter prints."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(REPOSITORY)]))}
    environment.pop("PYTHONSTARTUP", None)
    done = subprocess.run(
        [sys.executable, "-B", *command], cwd=folder, env=environment, capture_output=True, text=True, input=stdin, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return run(write(tmp_path_factory.mktemp("first")), "main.py")


def test_another_process_with_another_hash_seed(keys: list[str], tmp_path: Path) -> None:
    assert len(set(keys)) == 4
    write(tmp_path)
    for seed in ("1", "2"):
        assert run(tmp_path, "main.py", seed=seed) == keys


def test_moved_shifted_and_commented(keys: list[str], tmp_path: Path) -> None:
    shifted = "\n\n# a comment\n" + MAIN.replace("def f(row, n=3):", "def f(row, n=3):\n    # another")
    write(tmp_path / "else where", main=shifted, helper="# comment\n" + HELPER.replace("UNUSED = 1", "UNUSED = 2"))
    assert run(tmp_path, str(tmp_path / "else where" / "main.py")) == keys


def test_however_the_code_comes_in(keys: list[str], tmp_path: Path) -> None:
    write(tmp_path)
    assert run(tmp_path, "-c", MAIN) == keys
    assert run(tmp_path, "-", stdin=MAIN) == keys
    assert run(tmp_path, "-m", "main") == keys
    assert run(tmp_path, "-c", "import main") == keys
    cell = "import linecache\nexec(compile(open('main.py').read(), '<ipython-input-3-abc>', 'exec'))"
    assert run(tmp_path, "-c", cell) == keys


@pytest.mark.parametrize(
    ("name", "old", "new", "which"),
    [
        ("helper", "words[:size()]", "words[1:size()]", (0, 1, 2, 3)),
        ("helper", "SIZE = 5", "SIZE = 6", (0, 1, 2, 3)),
        ("helper", "self.n * value", "self.n + value", (0, 2, 3)),
        ("helper", '"l": 2', '"l": 3', (0, 2, 3)),
        ("package__deep__inner", "len(row)", "len(row) + 1", (0, 1, 2, 3)),
        ("main", "LIMIT = 128", "LIMIT = 256", (0, 2, 3)),
        ("main", "n=3", "n=4", (0, 2, 3)),
        ("main", "arange(1000)", "arange(1001)", (0, 2, 3)),
        ("main", '"x+"', '"x*"', (0, 2, 3)),
        ("main", "content_key(functools.partial(f, n=1))", "content_key(functools.partial(f, n=2))", (3,)),
        ("main", "return function(*args)", "return function(*args) or None", (0, 2, 3)),
    ],
)
def test_an_edit(keys: list[str], tmp_path: Path, name: str, old: str, new: str, which: tuple[int, ...]) -> None:
    source = {"helper": HELPER, "package__deep__inner": INNER, "main": MAIN}[name]
    assert old in source
    found = run(write(tmp_path, **{name: source.replace(old, new)}), "main.py")
    assert [i for i, (a, b) in enumerate(zip(keys, found, strict=True)) if a != b] == list(which)


def test_an_installed_package_goes_by_its_version(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import tool_package, odd_module
        from nlpdata.cache.key import content_key
        print(content_key(lambda x: tool_package.work(x)), content_key(lambda x: odd_module.Class(x)))
        def late(x):
            import tool_package
            return tool_package.work(x)
        print(content_key(late))
        """
    )

    def installed(folder: str, version: str, body: str) -> list[str]:
        site = tmp_path / folder / "site-packages"
        for distribution, module in (("tool_package", "tool_package"), ("odd-distribution", "odd_module")):
            info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
            info.mkdir(parents=True)
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
            (info / "top_level.txt").write_text(module)
            (info / "RECORD").write_text(f"{module}.py,,\n")
            (site / f"{module}.py").write_text(f"def work(x):\n    return {body}\n\nclass Class:\n    value = {body!r}\n")
        return run(tmp_path, "-c", program, path=str(site))

    first = installed("a", "1.0", "x")
    assert installed("b", "1.0", "x + 1") == first
    second = installed("c", "1.1", "x")
    assert not set(first) & set(second)


def test_code_of_an_editable_install_is_the_users(tmp_path: Path) -> None:
    program = "import mine\nfrom nlpdata.cache.key import content_key\nprint(content_key(mine.work))"
    found = []
    for name, body in (("a", "x"), ("b", "x + 1")):
        source = tmp_path / name / "src"
        source.mkdir(parents=True)
        (source / "mine.py").write_text(f"def work(x):\n    return {body}\n")
        found += run(tmp_path, "-c", program, path=str(source))
    assert found[0] != found[1]


def test_a_module_used_as_an_object_counts_whole(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import helper
        from nlpdata.cache.key import content_key
        def f(x):
            return getattr(helper, x)
        def g(x):
            import helper as h
            return getattr(h, x)
        def h(x):
            import helper
            return helper.size()
        print(content_key(f), content_key(g), content_key(h))
        """
    )
    before = run(write(tmp_path / "a"), "-c", program)
    after = run(write(tmp_path / "b", helper=HELPER.replace("self.n * value", "self.n + value")), "-c", program)
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, True]


def test_an_optional_import_that_is_missing(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        from nlpdata.cache.key import content_key
        def f(x):
            try:
                from maybe_there import thing
            except ImportError:
                thing = None
            return thing
        print(content_key(f))
        """
    )
    without = run(tmp_path, "-c", program)
    assert run(tmp_path, "-c", program) == without
    (tmp_path / "maybe_there.py").write_text("thing = 1\n")
    assert run(tmp_path, "-c", program) != without
