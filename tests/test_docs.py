"""The pages: their Python runs, their commands parse, they name what there is, and they build."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from frontierlag import settings
from frontierlag.cli.app import app
from frontierlag.frontiers import FRONTIERS
from frontierlag.storage import store
from frontierlag.trends import TRENDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*(p for p in DOCS.rglob("*.md") if "_build" not in p.parts), *ROOT.glob("*.md")],
    key=lambda path: path.as_posix(),
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# As the README writes them: indented by four spaces below a blank line.
INDENTED = re.compile(r"(?<=\n\n)(?:    .*\n)+")
PROGRAMS = ("frontierlag", "make")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    return [
        code for kind, code in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language
    ]


def shell_lines(page):
    text = page.read_text(encoding="utf-8")
    shown = blocks(page, "bash") + INDENTED.findall(FENCE.sub("", text))
    lines = (line.partition("#")[0].strip() for block in shown for line in block.splitlines())
    return [line for line in lines if line.split(" ")[0] in PROGRAMS]


# The README's own example is run by test_readme.py, beside the fits of the same model.
WITH_PYTHON = [page for page in PAGES if blocks(page, "python") and page.name != "README.md"]
COMMANDS = sorted({(name_of(page), line) for page in PAGES for line in shell_lines(page)})


@pytest.fixture
def few_draws(monkeypatch):
    """Samplers settings that a page leaves at their defaults are small ones."""
    small = {"draws": 200, "tune": 300}
    usual = settings.SamplerSettings.__init__

    def smaller(self, **given):
        usual(self, **(small | given))

    monkeypatch.setattr(settings.SamplerSettings, "__init__", smaller)


@pytest.fixture(scope="session")
def stored_posterior(records_analysis, tmp_path_factory):
    path = tmp_path_factory.mktemp("posterior") / "posterior.nc"
    store(records_analysis, path)
    return path


@pytest.mark.xdist_group("linear-records")
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_the_python_of_a_page_runs(page, few_draws, stored_posterior, tmp_path, monkeypatch):
    """All blocks of a page in their order, in one namespace, where a posterior.nc lies."""
    (tmp_path / "posterior.nc").hardlink_to(stored_posterior)
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": name_of(page)}
    for code in blocks(page, "python"):
        exec(compile(code, name_of(page), "exec"), namespace)


@pytest.mark.xdist_group("linear-records")
def test_the_script_opens_a_posterior_without_this_package(stored_posterior, tmp_path):
    script = DOCS / "open_a_posterior.py"
    nodes = [*ast.walk(ast.parse(script.read_text(encoding="utf-8")))]
    imported = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {"xarray", "arviz"} <= imported
    assert not any(name.startswith("frontierlag") for name in imported)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(stored_posterior)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "model: linear-records" in done.stdout
    assert re.search(r"mean realized lag, months: median \d", done.stdout)
    assert "P(lag > 6 months) = " in done.stdout


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_on_a_page_is_one(page, line):
    """A command of the program parses as the program does; a target of make is in the Makefile."""
    program, *tokens = shlex.split(line)
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {t for t in tokens if "=" not in t} <= set(targets)
        return
    if tokens in (["--help"], ["--version"]):
        return
    tokens = tokens[: tokens.index(">")] if ">" in tokens else tokens
    app.parse_args(tokens, exit_on_error=False, print_error=False)


def test_there_are_pages_with_code_and_with_commands():
    assert len(WITH_PYTHON) >= 5
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize(
    ("page", "names"),
    [("trends", [*TRENDS]), ("frontiers", [*FRONTIERS])],
    ids=["trends", "frontiers"],
)
def test_every_model_is_on_its_page(page, names):
    text = (DOCS / "models" / f"{page}.md").read_text(encoding="utf-8").casefold()
    headings = " ".join(re.findall(r"^#+ (.*)", text, re.MULTILINE))
    for name in names:
        # Frontiers measured by joint draws have the parameters of those without.
        own = name.removesuffix("-draws")
        assert f"`{own}`" in text or own in headings, f"{name} is not on docs/models/{page}.md"


@pytest.mark.slow
def test_the_pages_build_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d",
         str(tmp_path / "doctrees"), str(DOCS), str(tmp_path / "html")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        # Nothing is fetched when a page is read: formulas are MathML, scripts lie beside it.
        assert not re.search(r"<(?:script|img)[^>]* src=\"https?:", text), page.name
        assert not re.search(r"<link[^>]* rel=\"stylesheet\"[^>]* href=\"https?:", text), page.name
        assert "{{" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL), page.name
    lags = (tmp_path / "html" / "lags.html").read_text(encoding="utf-8")
    assert "<math" in lags
    assert "two-lags.svg" in lags
