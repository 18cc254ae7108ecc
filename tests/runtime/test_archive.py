"""Sagas that ended long ago: archived and then removed, and nothing lost, whatever interrupts that."""

import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagadsl import Engine, compile_saga, load
from sagadsl.machine.lifecycles import SAGA
from sagadsl.runtime import Filter, archive_purge
from sagadsl.runtime import archive as archives
from sagadsl.runtime.archive import ArchiveError, open_archive, read_archive, read_lines, read_story, saga_ids
from sagadsl.runtime.archive_purge import Purge
from sagadsl.runtime.audit import audit
from sagadsl.runtime.store.encryption import VARIABLE, new_key
from sagadsl.runtime.store.memory import MemoryStore
from sagadsl.runtime.store.opening import open_store
from tests.runtime.shops import Shop, eventually

FINAL = Filter(statuses=tuple(SAGA.final))
LATER = 1e12

TEXT = """
name: order
steps: [{id: a, service: s, action: a, compensation: undo_a}, {id: b, service: s, action: b, kind: read_only}]
"""
AROUND = """
name: around
states:
  go: {type: saga, saga: order, next: wait}
  wait: {type: wait, signal: go, next: done}
  done: {type: succeed}
"""


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, saga_db):
    """A store with three sagas: two completed, one compensated."""
    opened = MemoryStore() if request.param == "memory" else open_store(f"sqlite:///{saga_db}")
    await opened.open()
    shop = Shop(b=["works", "works", "fails"])
    async with Engine(opened, shop.services) as engine:
        for number in range(3):
            await engine.run(compile_saga(load(TEXT)), {}, f"s{number}")
    yield opened
    await opened.close()


async def purge(store, path=None, before=LATER, **options):
    """Remove what ended before an instant, and return the ids of what was removed, and of what was kept."""
    removed, kept = [], []
    if path is None:
        done = [each async for each in Purge(store, **options).run(before, FINAL)]
    else:
        with open_archive(path) as archive:
            done = [each async for each in Purge(store, archive, **options).run(before, FINAL)]
    for each in done:
        removed += [row.id for row in each.removed]
        kept += [row.id for row in (*each.kept, *each.unreadable)]
    return sorted(removed), sorted(kept)


async def left(store):
    return sorted(row.id for row in (await store.list(Filter())).sagas)


async def test_what_was_archived_is_not_in_the_store_and_can_be_read(store, tmp_path):
    path = tmp_path / "a.jsonl.zst"
    before = {saga_id: await store.events(saga_id) for saga_id in await left(store)}

    assert await purge(store, path) == (["s0", "s1", "s2"], [])

    assert await left(store) == []
    assert {saga_id: read_archive(path, saga_id) for saga_id in saga_ids(path)} == before
    assert audit(read_lines(path)).is_sound
    stored, events = read_story(path, "s2")
    assert compile_saga(load(stored.text)).replay("s2", events).status == "compensated"


async def test_only_what_ended_long_enough_ago_is_removed(store):
    middle = (await store.row("s1")).ended_at

    assert await purge(store, before=middle) == (["s0"], [])
    assert await left(store) == ["s1", "s2"]


async def test_a_dry_run_does_nothing(store):
    assert await purge(store, dry_run=True) == (["s0", "s1", "s2"], [])
    assert await left(store) == ["s0", "s1", "s2"]


async def test_a_saga_is_kept_while_the_one_around_it_has_not_ended(store, tmp_path):
    path, shop = tmp_path / "a.jsonl.zst", Shop()
    order, around = compile_saga(load(TEXT)), compile_saga(load(AROUND))
    async with Engine(store, shop.services) as engine:
        await engine.register(order, around)
        await engine.start(around, {}, "r")
        await eventually(lambda: status_of(store, "r/go"), "completed")
        assert await purge(store, path) == (["s0", "s1", "s2"], ["r/go"])

        await engine.compensate("r")
        await engine.wait("r", timeout=10)

    assert shop.names == ["a", "b", "undo_a"]
    assert await purge(store, path) == (["r", "r/go"], [])


@pytest.mark.parametrize("together", [1, 2, 500])
async def test_families_go_together_however_they_lie_in_the_store(store, tmp_path, monkeypatch, together):
    monkeypatch.setattr(archive_purge, "TOGETHER", together)
    path, shop = tmp_path / "a.jsonl.zst", Shop()
    deep = load(AROUND.replace("around", "deep").replace("saga: order", "saga: around"))
    async with Engine(store, shop.services) as engine:
        await engine.register(compile_saga(load(TEXT)), compile_saga(load(AROUND)), compile_saga(deep))
        await engine.start("deep", {}, "d")
        await eventually(lambda: status_of(store, "d/go/go"), "completed")
        assert await purge(store, dry_run=True) == (["s0", "s1", "s2"], ["d/go/go"])
        await engine.signal("d/go", "go")
        await engine.signal("d", "go")
        await engine.wait("d", timeout=10)

    family = ["d", "d/go", "d/go/go"]
    assert await purge(store, dry_run=True) == ([*family, "s0", "s1", "s2"], [])
    assert await purge(store, path) == ([*family, "s0", "s1", "s2"], [])
    assert await left(store) == []
    assert len(list(read_lines(path))) == 3 * 2 + sum([len(read_archive(path, one)) for one in saga_ids(path)]) + 3 * 2


async def test_what_another_definition_ran_is_kept_when_only_its_own_name_is_chosen(store):
    shop = Shop()
    around = compile_saga(load(AROUND))
    async with Engine(store, shop.services) as engine:
        await engine.register(compile_saga(load(TEXT)), around)
        await engine.start(around, {}, "r")
        await eventually(lambda: status_of(store, "r/go"), "completed")
        await engine.signal("r", "go")
        await engine.wait("r", timeout=10)

    done = [each async for each in Purge(store).run(LATER, replace(FINAL, name="order"))]

    assert [row.id for each in done for row in each.kept] == ["r/go"]
    assert await left(store) == ["r", "r/go"]


async def status_of(store, saga_id):
    rows = (await store.list(Filter())).sagas
    return next((row.status for row in rows if row.id == saga_id), None)


async def test_a_later_purge_adds_to_the_same_archive(store, tmp_path):
    path = tmp_path / "a.jsonl.zst"
    await purge(store, path, before=(await store.row("s1")).ended_at)
    first = path.read_bytes()
    await purge(store, path)

    assert path.read_bytes().startswith(first)
    assert sorted(saga_ids(path)) == ["s0", "s1", "s2"]


class InterruptedPurgeError(Exception):
    """The process ends here."""


@pytest.mark.parametrize("together", [1, 500])
async def test_a_story_that_was_taken_out_of_an_archive_is_missed(store, tmp_path, monkeypatch, together):
    monkeypatch.setattr(archive_purge, "TOGETHER", together)
    path = tmp_path / "a.jsonl.zst"
    await purge(store, path)
    told = list(read_lines(path))
    first, second = (number for number, line in enumerate(told) if is_head(line) and number)

    assert audit(told).is_sound
    for without, line in ((told[first:], 1), ([*told[:first], *told[second:]], first + 1)):
        found = audit(without)
        assert [(each.line, each.message) for each in found.findings] == [
            (line, "the story goes on with another hash than that of the line before it")
        ]
    assert audit(told[:second]).last_hash != audit(told).last_hash  # of the last ones only a hash kept elsewhere tells


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_what_is_added_later_goes_on_with_the_hash_of_what_is_there(store, tmp_path, monkeypatch, is_encrypted):
    path, shop = tmp_path / "a.jsonl.zst", Shop()
    monkeypatch.setenv(VARIABLE, new_key() if is_encrypted else "")
    await purge(store, path)
    before = list(read_lines(path))
    async with Engine(store, shop.services) as engine:
        await engine.run(compile_saga(load(TEXT)), {}, "later")
    await purge(store, path)
    told = list(read_lines(path))

    assert json.loads(told[len(before)])["story"]["previous"] == json.loads(before[-1])["hash"]
    assert audit(told).is_sound


async def test_an_archive_that_cannot_be_read_is_not_added_to(store, tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl.zst"
    monkeypatch.setenv(VARIABLE, new_key())
    await purge(store, path)
    monkeypatch.setenv(VARIABLE, new_key())

    with pytest.raises(ArchiveError, match="another key"), open_archive(path):
        pass


def is_head(line):
    return "story" in json.loads(line)


async def test_one_that_is_interrupted_before_anything_is_removed_is_done_again(store, tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl.zst"

    def interrupted(saga_ids):
        raise InterruptedPurgeError

    with monkeypatch.context() as patched:
        patched.setattr(store, "delete_many", interrupted)
        with pytest.raises(InterruptedPurgeError):
            await purge(store, path)
    assert await left(store) == ["s0", "s1", "s2"]
    assert sorted(saga_ids(path)) == ["s0", "s1", "s2"]

    await purge(store, path)
    assert await left(store) == []
    assert [event.seq for event in read_archive(path, "s0")] == [1, 2, 3]


async def test_nothing_is_removed_when_the_archive_cannot_be_written(store, tmp_path):
    (tmp_path / "folder.jsonl.zst").mkdir()
    with pytest.raises(OSError, match="folder"):
        await purge(store, tmp_path / "folder.jsonl.zst")
    assert await left(store) == ["s0", "s1", "s2"]


async def test_nothing_is_removed_when_what_was_written_is_not_on_the_disk(store, tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl.zst"

    def lose(_):
        path.write_bytes(path.read_bytes()[:-1])

    monkeypatch.setattr(archives.os, "fsync", lose)
    with pytest.raises(ArchiveError, match="cannot be read back; nothing was removed"):
        await purge(store, path)
    assert await left(store) == ["s0", "s1", "s2"]


async def test_a_saga_whose_story_cannot_be_told_stays(store, tmp_path, monkeypatch):
    events = await store.events("s1")
    histories = store.histories

    async def damaged(saga_ids):
        return {**await histories(saga_ids), "s1": [events[0], replace(events[2], seq=2)]}

    monkeypatch.setattr(store, "histories", damaged)
    assert await purge(store, tmp_path / "a.jsonl.zst") == (["s0", "s2"], ["s1"])
    assert await left(store) == ["s1"]


def stories(*numbers):
    """Something that stands in an archive, which need not be a story here."""
    return b"".join(b'{"line":%d}\n' % number for number in numbers)


@pytest.fixture(scope="session")
def two_frames(tmp_path_factory):
    """An archive to which has been added twice, and where the first part of it ends."""
    path = tmp_path_factory.mktemp("archives") / "two.jsonl.zst"
    with open_archive(path) as archive:
        archive.append(stories(*range(300)))
        first = path.stat().st_size
        archive.append(stories(*range(300, 600)))
    return path, first


@given(st.data())
@settings(max_examples=60)
def test_what_an_interrupted_process_left_unfinished_is_put_aside_and_the_rest_stays(
    two_frames, tmp_path_factory, data
):
    whole, first = two_frames
    end = data.draw(st.integers(first, whole.stat().st_size - 1))
    path = tmp_path_factory.mktemp("cut") / "cut.jsonl.zst"
    path.write_bytes(whole.read_bytes()[:end])

    with open_archive(path) as archive:
        archive.append(stories(7))

    assert b"".join(read_lines(path)) == stories(*range(300), 7)
    rest = whole.read_bytes()[first:end]
    assert (archive.put_aside is None) == (not rest)
    assert not rest or archive.put_aside.read_bytes() == rest


@given(st.data())
@settings(max_examples=100)
def test_a_damaged_archive_is_never_read_as_if_it_were_whole(two_frames, tmp_path_factory, data):
    whole, _ = two_frames
    content = bytearray(whole.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("damaged") / "a.jsonl.zst"
    path.write_bytes(content)

    try:
        read = b"".join(read_lines(path))
    except ArchiveError:
        return
    assert read == stories(*range(600)) or not audit(read.splitlines(keepends=True)).is_sound


def test_a_damaged_archive_is_not_cut_in_its_middle(two_frames, tmp_path):
    whole, first = two_frames
    path = tmp_path / "a.jsonl.zst"
    content = bytearray(whole.read_bytes())
    content[first] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArchiveError, match=f"damaged, or no archive, at byte {first}"), open_archive(path):
        pass
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"PK\3\4 something else", b'{"hash":"1"}\n'])
def test_a_file_that_is_no_archive_is_not_added_to(tmp_path, content):
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(content)

    with pytest.raises(ArchiveError, match="no archive"), open_archive(path):
        pass
    assert path.read_bytes() == content


def test_two_processes_do_not_add_to_one_archive_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_PATIENCE", 0.1)
    path = tmp_path / "a.jsonl.zst"

    with open_archive(path), pytest.raises(ArchiveError, match="another process"), open_archive(path):
        pass


def test_an_archive_that_breaks_off_says_so(two_frames, tmp_path):
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(two_frames[0].read_bytes()[:-5])

    with pytest.raises(ArchiveError, match="breaks off"):
        list(read_lines(path))


@pytest.mark.parametrize("library", ["filelock", "backports" if sys.version_info < (3, 14) else "compression"])
def test_without_its_libraries_an_archive_says_what_to_install(monkeypatch, tmp_path, library):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ArchiveError, match=r"pip install 'sagadsl\[archive\]'"), open_archive(tmp_path / "a.jsonl.zst"):
        pass


async def test_the_youngest_story_of_a_saga_counts_and_one_that_is_not_there_is_missed(store, tmp_path):
    path = tmp_path / "a.jsonl.zst"
    await purge(store, path)
    twice = doubled(path)

    assert read_archive(twice, "s0") == read_archive(path, "s0")
    with pytest.raises(LookupError, match="no saga nobody"):
        read_archive(path, "nobody")


def doubled(path):
    """An archive that has everything twice."""
    twice = path.with_name("twice.jsonl.zst")
    twice.write_bytes(path.read_bytes() * 2)
    return twice


async def test_with_keys_an_archive_is_encrypted_as_the_store_is(store, tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl.zst"
    before, first, second = await store.events("s0"), new_key(), new_key()
    monkeypatch.setenv(VARIABLE, first)
    await purge(store, path)

    monkeypatch.setenv(VARIABLE, f"{second},{first}")
    assert read_archive(path, "s0") == before
    assert audit(read_lines(path)).is_sound
    for keys, message in ((second, "another key"), ("", f"set {VARIABLE}")):
        monkeypatch.setenv(VARIABLE, keys)
        with pytest.raises(ArchiveError, match=message):
            read_archive(path, "s0")
    assert b"SagaStarted" not in archives._zstd().decompress(path.read_bytes())
