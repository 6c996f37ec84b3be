"""Whatever the terminal, the machine and the names of files are: one line, or the right thing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_outcome import names
from PIL import Image

import tinycnn as tc
from tinycnn.cli import main
from tinycnn.cli.terminal import one_line, show_table

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(tc.__file__).parents[1])}


def process(*arguments: str | bytes, shell: str = "", **changes: str) -> subprocess.CompletedProcess[bytes]:
    """The command as users run it; `shell` is what they write behind it."""
    command = ["sh", "-c", f'"$0" -m tinycnn "$@" {shell}', sys.executable, *arguments]
    return subprocess.run(
        command, env={**ENVIRONMENT, **changes}, capture_output=True, timeout=300, check=False
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b.png", "a b.png"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("caf\udce9", "caf\\xe9"),
        ("x\u202egnp.exe", "x\\u202egnp.exe"),
        ("Zürich ± 東京", "Zürich ± 東京"),
        ("net[relu].w [bold]x[/y]", "net[relu].w [bold]x[/y]"),
    ],
)
def test_no_text_steers_the_terminal(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_table_that_is_piped_is_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show_table([("net[relu].w", "a" * 300), ("x[/y]\x07", 3)], ("name", "value"))
    assert capsys.readouterr().out.splitlines() == [
        "name         value",
        f"net[relu].w  {'a' * 300}",
        "x[/y]\\x07    3",
    ]


@pytest.mark.parametrize("columns", [40, 80])
def test_a_table_on_a_terminal_wraps_its_last_column_only(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_table([("a.long.id", "words " * 30), ("b", "")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith("a.long.id  words")
    assert all(line.startswith(" " * 11 + "words") for line in lines[1:-1])
    assert " ".join(" ".join(lines[:-1]).split()) == "a.long.id " + " ".join(["words"] * 30)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize("command", [("laws",), ("list", "rules"), ("explain", "limit.mean"), ("--help",)])
def test_any_encoding_of_the_terminal_takes_the_output(command: tuple[str, ...], encoding: str) -> None:
    done = process(*command, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


@pytest.fixture
def strange(tmp_path: Path) -> list[bytes]:
    """Images with names that are not UTF-8, or that would steer a terminal; and what is no image."""
    folder = os.fsencode(tmp_path)
    found = [folder + b"/" + name for name in (b"caf\xe9.png", b"\x1b[2J[bold]x[i].png", b"two\nlines.png")]
    for path in found:
        with open(path, "wb") as file:
            Image.effect_noise((40, 40), 50).save(file, "PNG")
    os.mkfifo(folder + b"/pipe.png")
    os.symlink(b"loop.png", folder + b"/loop.png")
    return [folder + b"/pipe.png", folder + b"/loop.png", folder + b"/g\xffne.png", *found]


@pytest.mark.parametrize("changes", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_strange_names_and_files_do_not_stop_the_rest(
    strange: list[bytes], tmp_path: Path, changes: dict[str, str]
) -> None:
    out = tmp_path / "out"
    done = process(
        "visualize", *strange, "--model", "three_layer_cnn", "--rules", "guided", "--out", str(out), **changes
    )
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        f"{out}/caf\\xe9.png",
        f"{out}/\\x1b[2J[bold]x[i].png",
        f"{out}/two\\nlines.png",
    ]
    said = done.stderr.decode().splitlines()
    assert len(said) == 3
    assert "not a regular file" in said[0]
    assert said[2].endswith("g\\xffne.png: no such file")
    assert sorted(os.listdir(os.fsencode(out))) == [
        b"\x1b[2J[bold]x[i].png",
        b"caf\xe9.png",
        b"two\nlines.png",
    ]


@pytest.mark.parametrize(
    "arguments", [("list", "models"), ("--help",), ("visualize", "--help"), ("--version",)]
)
@pytest.mark.parametrize(
    ("shell", "reason"),
    [(">&-", b"standard output is closed"), (">/dev/full", b"standard output: No space left on device")],
)
def test_an_output_that_takes_nothing_is_one_line(
    arguments: tuple[str, ...], shell: str, reason: bytes
) -> None:
    done = process(*arguments, shell=shell)
    assert done.returncode == 1
    assert done.stderr.startswith(b"tinycnn: " + reason)
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full", "2>&- </dev/null", "2>/dev/full <&-"])
@pytest.mark.parametrize(("arguments", "status"), [(("list", "rules"), 0), (("visualize", "gone.png"), 1)])
def test_errors_that_nobody_takes_change_nothing(arguments: tuple[str, ...], status: int, shell: str) -> None:
    for unbuffered in ("", "1"):
        assert process(*arguments, shell=shell, PYTHONUNBUFFERED=unbuffered).returncode == status


@pytest.mark.parametrize("redirect", ["", "2>&1"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(redirect: str, unbuffered: str) -> None:
    shell = f'{redirect} | head -n 1; "$0" -m tinycnn weights list {redirect} | true'
    done = process("weights", "list", shell=shell, PYTHONUNBUFFERED=unbuffered)
    assert done.stderr == b""
    assert len(done.stdout.splitlines()) == 1


def test_the_status_is_0_if_the_reader_leaves_early() -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-m", "tinycnn", "weights", "list"]
    with subprocess.Popen(command, env=ENVIRONMENT, **pipes) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


@pytest.mark.parametrize(
    "word",
    ["\x1b[2J", "[bold]", "x[/y]", "9" * 5000, "two\nlines", "caf\udce9"],
    ids=lambda word: ascii(word[:9]),
)
@pytest.mark.parametrize(
    "command",
    [
        ["visualize", "chelsea", "--model"],
        ["visualize", "chelsea", "--model", "digits", "--weights"],
        ["visualize", "chelsea", "--model", "digits", "--target"],
        ["visualize", "chelsea", "--seed"],
        ["visualize", "chelsea", "--rules"],
        ["explain"],
        ["verify"],
        ["study", "summary"],
        ["check"],
        ["list"],
        [],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_a_wrong_word_is_repeated_as_it_was_in_a_line(
    command: list[str],
    word: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        assert main([*command, word]) == 1
    except SystemExit as refused:
        assert refused.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err
    last = err.splitlines()[-1]
    assert last.startswith("tinycnn")
    assert err.count("\n") == 1 or err.startswith("usage: ")
    if "[" in word and len(word) < 9:
        assert word.replace("\x1b", "\\x1b") in last


def test_without_a_home_weights_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def nobody(*_: object) -> None:
        raise KeyError("no such user")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    for name in ("HOME", "XDG_CACHE_HOME", "TINYCNN_CACHE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["weights", "list"]) == 0
    assert "vgg16-features" in capsys.readouterr().out
    assert main(["weights", "fetch", "vgg16-features", "--offline"]) == 1
    assert capsys.readouterr().err.startswith(
        "tinycnn: there is no home folder to keep weights in; set TINYCNN_CACHE"
    )


RULES = {
    "my rule-v2.py": "def row(signal, step):\n    return abs(signal) * (step.input > 0)\n",
    "typed.py": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Row:\n"
        "    least: float\n\n    def __call__(self, signal, step):\n"
        "        return abs(signal) * (step.input > self.least)\n\n\nrow = Row(0.0)\n"
    ),
    "beside.py": (
        "from helper import half\n\n\n"
        "def row(signal, step):\n    return half(abs(signal)) * (step.input > 0)\n"
    ),
    "numpy.py": "def row(signal, step):\n    return abs(signal) * (step.input > 0)\n",
}


@pytest.mark.parametrize("name", RULES)
def test_a_file_of_rules_is_run_as_python_runs_it_and_its_line_pastes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(RULES[name], encoding="utf-8")
    (tmp_path / "helper.py").write_text("def half(x):\n    return x / 2\n", encoding="utf-8")
    done = process("check", f"{tmp_path / name}::row", "--laws", "homogeneity,switches")
    out = done.stdout.decode()
    assert done.stderr == b""
    if "after: " in out and name != "numpy.py":
        (paste,) = (line.partition("after: ")[2] for line in out.splitlines() if "after: " in line)
        subprocess.run([sys.executable, "-c", f"{paste}\nassert callable(rule)"], cwd=tmp_path, check=True)


def interrupt(delay: float, folder: Path, *arguments: str) -> tuple[int, str]:
    """Press Ctrl-C some time after the command has begun to start; its exit status, and what it said."""
    command = [sys.executable, "-X", "importtime", "-m", "tinycnn", *arguments]
    with subprocess.Popen(
        command, env=ENVIRONMENT, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stderr is not None
        for line in running.stderr:
            if line.rstrip().endswith("tinycnn.errors"):
                break
        time.sleep(delay)
        os.killpg(running.pid, signal.SIGINT)
        said = "".join(line for line in running.stderr if not line.startswith("import time:"))
        return running.wait(120), said


PRESSED_IN_A_DESTRUCTOR = """
import signal

class Pressed:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

pressed = [Pressed()]

def row(signal, step):
    pressed.clear()
    return signal * (step.input > 0)
"""


def test_ctrl_c_in_a_destructor_ends_the_command_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PRESSED_IN_A_DESTRUCTOR, encoding="utf-8")
    done = process("check", f"{tmp_path / 'mine.py'}::row")
    assert (done.returncode, done.stderr) == (130, b"tinycnn: interrupted\n")


PRESSED_IN_CODE_THAT_FAILS_WHEN_LEFT = """
import signal

def row(signal_above, step):
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        assert False, "not open any more"
"""


def test_ctrl_c_in_code_that_then_fails_ends_the_command_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PRESSED_IN_CODE_THAT_FAILS_WHEN_LEFT, encoding="utf-8")
    done = process("check", f"{tmp_path / 'mine.py'}::row")
    assert (done.returncode, done.stderr) == (130, b"tinycnn: interrupted\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--out", "out"),
        ("visualize", "chelsea", "coffee", "--model", "three_layer_cnn", "--npz", "--out", "out"),
        (
            "study",
            "class-sensitivity",
            "images",
            "--model",
            "digits",
            "--results",
            "out/r.db",
            "--workers",
            "2",
        ),
        ("explore", "--no-browser", "--port", "0"),
    ],
    ids=lambda words: words[0],
)
def test_ctrl_c_at_any_time_leaves_no_traceback_and_nothing_half_written(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "out").mkdir()
    for number in range(300):
        Image.effect_noise((40, 40), 50).save(tmp_path / "images" / f"{number}.png")
    for delay in (0, 0.02, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4):
        status, said = interrupt(delay, tmp_path, *arguments)
        assert status in (130, 0), said
        assert said in ("", "tinycnn: interrupted\n"), said
        assert not [name for name in names(tmp_path / "out") if name.endswith(".part")]
