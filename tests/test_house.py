"""The house rules that a machine can check, read from the source with ast."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = sorted((REPOSITORY / "cainr_core").rglob("*.py"))
APP_SOURCES = sorted((REPOSITORY / "app").rglob("*.py"))

ROOMS = ["data", "model", "fit", "codec", "evaluate"]  # imports point from right to left only
TOGETHER = {  # above all rooms
    *("choices", "planning", "compression", "history", "runs"),
    *("cluster", "job", "jobs", "one_fit", "pending", "queue", "worker"),
    *("apart", "archive", "xarray_backend", "numcodecs_codec"),
    *("cli", "benchmark", "sweep", "advise", "adviser", "options", "terminal"),
}
UPSTAIRS = {"app", "panel", "panel_material_ui", "holoviews", "geoviews", "cartopy", "bokeh"}
UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "torch.load", "__import__"}
LONGEST_FILE = 350


def name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


each_source = pytest.mark.parametrize("path", SOURCES, ids=name)
every_source = pytest.mark.parametrize("path", SOURCES + APP_SOURCES, ids=name)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def nodes(tree: ast.AST, *, at_import: bool = False) -> Iterator[ast.AST]:
    """Every node; with at_import only what runs when the module is imported."""
    for child in ast.iter_child_nodes(tree):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if at_import and (later or is_type_checking(child)):
            continue
        yield child
        yield from nodes(child, at_import=at_import)


def imports(path: Path, *, at_import: bool = False) -> Iterator[str]:
    """Absolute dotted names of what a file imports; `from a import b` gives a.b."""
    package = path.relative_to(REPOSITORY).with_suffix("").parts[:-1]
    for node in nodes(parse(path), at_import=at_import):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "cainr_core" and len(parts) > 1 and parts[1] in ROOMS else None


@each_source
def test_the_core_knows_nothing_of_the_dashboard(path: Path) -> None:
    assert not [module for module in imports(path) if module.split(".")[0] in UPSTAIRS]


@each_source
def test_imports_point_one_way(path: Path) -> None:
    here = room(".".join(path.relative_to(REPOSITORY).with_suffix("").parts))
    if here is None:
        return
    allowed = ROOMS[: ROOMS.index(here) + 1]
    for module in imports(path):
        there = room(module)
        assert there is None or there in allowed, f"{here} imports {module}"
        assert module.split(".")[:1] != ["cainr_core"] or module.split(".")[1] not in TOGETHER


@every_source
def test_nothing_unsafe_reads_a_file(path: Path) -> None:
    assert not [module for module in imports(path) if module.split(".")[0] in UNSAFE_MODULES]
    for node in nodes(parse(path)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in UNSAFE_CALLS
            unsafe = {"allow_pickle": True, "weights_only": False}
            for keyword in node.keywords:
                if isinstance(keyword.value, ast.Constant) and keyword.arg in unsafe:
                    assert keyword.value.value is not unsafe[keyword.arg]


@every_source
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@every_source
def test_a_file_says_what_it_is(path: Path) -> None:
    tree = parse(path)
    assert not tree.body or ast.get_docstring(tree), "a module opens with a docstring"


@pytest.mark.parametrize(
    "code",
    [
        "import cainr_core",
        "import cainr_core.cli",
        "import cainr_core.runs",
        "import cainr_core.jobs",
        "import cainr_core.xarray_backend",
        "import cainr_core.numcodecs_codec",
        "import xarray; xarray.backends.list_engines()",
    ],
)
def test_torch_is_loaded_only_when_it_is_needed(code: str) -> None:
    check = f"{code}; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=REPOSITORY).returncode == 0
