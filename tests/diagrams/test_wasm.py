"""The Graphviz that needs no installing: compiled once, and kept where only its user can change it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from sagadsl.diagrams import wasm, wasm_cache

posix = pytest.mark.skipif(os.name != "posix", reason="asks for the owner and the rights of a folder")
SMALL = "digraph { a -> b }"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A cache as the first picture leaves it."""
    home = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wasm_cache, "_cache_home", lambda: home)
        lay_out()
    return home / "sagadsl"


@pytest.fixture
def used(home, compiled):
    """A user's cache that has Graphviz in it."""
    shutil.copytree(compiled, home / "sagadsl")
    return home


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user's cache of its own, and nothing loaded yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr(wasm_cache.Path, "home", lambda: tmp_path)
    wasm._graphviz.cache_clear()
    yield tmp_path
    wasm._graphviz.cache_clear()


def kept(home):
    return sorted(home.rglob("*.cwasm"))


def lay_out():
    """A picture as the next process would draw it."""
    wasm._graphviz.cache_clear()
    return wasm.lay_out(SMALL, within=60)


@pytest.fixture
def compilations(monkeypatch):
    """How often Graphviz was compiled."""
    import wasmtime

    made = []

    class Counted(wasmtime.Module):
        def __init__(self, *args):
            made.append(args)
            super().__init__(*args)

    monkeypatch.setattr(wasmtime, "Module", Counted)
    return made


def test_the_second_process_loads_what_the_first_has_compiled(home, compilations):
    first = lay_out()
    assert len(kept(home)) == len(compilations) == 1
    assert lay_out() == first
    assert len(compilations) == 1


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", flipped])
def test_a_damaged_file_is_not_loaded_but_made_anew(used, compilations, damage):
    first = lay_out()
    (file,) = kept(used)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))

    assert lay_out() == first
    assert len(compilations) == 1
    assert file.read_bytes() == whole


def test_what_another_wasmtime_has_compiled_is_refused_and_made_anew(used, compilations):
    first = lay_out()
    (file,) = kept(used)
    wasm_cache.write(file.stem, b"\x7fELF of another version")

    assert lay_out() == first
    assert len(compilations) == 1


@posix
def test_the_folder_is_the_users_alone(compiled):
    (file,) = compiled.iterdir()
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o077 == 0


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_to_is_not_used(home, mode):
    folder = home / "sagadsl"
    folder.mkdir()
    folder.chmod(mode)
    assert b"<svg" in lay_out()
    assert kept(home) == []


@posix
def test_a_folder_that_is_a_link_is_not_used(home, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    elsewhere.chmod(0o700)
    (home / "sagadsl").symlink_to(elsewhere)
    assert b"<svg" in lay_out()
    assert list(elsewhere.iterdir()) == []


def test_without_a_place_to_keep_anything_it_draws_all_the_same(home):
    (home / "sagadsl").write_text("a file where the folder should be")
    assert b"<svg" in lay_out()


def test_what_nobody_has_used_for_long_is_thrown_away(used):
    (file,) = kept(used)
    old, recent = file.with_name("graphviz-old.cwasm"), file.with_name("graphviz-recent.cwasm")
    for other, days in ((old, 40), (recent, 5)):
        other.write_bytes(b"")
        os.utime(other, (time.time() - days * 24 * 3600,) * 2)

    wasm_cache.write(file.stem, b"again")

    assert kept(used) == sorted([file, recent])


def test_only_whole_files_are_ever_there(home):
    ends = threading.Barrier(4)

    def write():
        ends.wait()
        wasm_cache.write("graphviz-x", b"machine code" * 100_000)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert wasm_cache.read("graphviz-x") in (None, b"machine code" * 100_000)
    assert [path.name for path in (home / "sagadsl").iterdir()] == ["graphviz-x.cwasm"]


def test_text_that_is_no_graph_is_refused(used):
    with pytest.raises(wasm.LayoutError, match="parse"):
        wasm.lay_out("digraph { a -> ", within=60)


def test_many_threads_can_draw(compilations):
    pictures = []
    threads = [threading.Thread(target=lambda: pictures.append(wasm.lay_out(SMALL, within=60))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(compilations) == 1
    assert len(pictures) == 5
    assert len(set(pictures)) == 1


def test_nothing_is_said_when_the_process_ends(used):
    done = subprocess.run(
        [sys.executable, "-c", f"from sagadsl.diagrams.wasm import lay_out; lay_out({SMALL!r}, within=60)"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


TANGLED = "digraph {" + "".join(f"n{i} -> n{i * i % 397}; n{i} -> n{i * 31 % 397};" for i in range(400)) + "}"


def test_a_layout_that_takes_too_long_is_stopped(used):
    with pytest.raises(wasm.LayoutTimeoutError):
        wasm.lay_out(TANGLED, within=0.02)
    assert b"<svg" in wasm.lay_out(SMALL, within=60)


@posix
def test_ctrl_c_stops_a_layout(used):
    script = f"from sagadsl.diagrams.wasm import lay_out; print('now', flush=True); [lay_out({TANGLED!r}, within=60) for _ in range(999)]"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "now\n"
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said
