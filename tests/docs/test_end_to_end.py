"""The shop of the how-to: everything is killed while orders run, and the books balance.

The orders are placed by the very commands that the page shows.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest

from tests.docs.execution import Run
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "how-to" / "end-to-end.md")
FOLDER = DOCS / "how-to" / "end_to_end"
SERVICES = ("inventory", "payment", "shipping")
WORKERS = ("worker-1", "worker-2")
LEDGERS = (*SERVICES, "notification")


@pytest.fixture(scope="module")
def sale(tmp_path_factory):
    """The folder of 1,000 orders that ran while everything was killed, and what was reported of it."""
    shell = Run(PAGE, tmp_path_factory.mktemp("sale")).shell
    (command,) = (block.text for block in PAGE.blocks if block.language == "sh" and "drive.py" in block.text)
    ran = shell.run(command)
    assert ran.code == 0, ran.output
    return shell.folder / "big-sale", dict(re.findall(r"^(\w+)  +(.*)$", ran.output, re.MULTILINE)), ran.output


@pytest.fixture
def module(monkeypatch):
    """Import a file of the shop, and forget it afterwards."""
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


def rows(path, query):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def figures(line):
    return Counter({name: int(count) for name, count in re.findall(r"([\w-]+) (\d+)", line)})


def test_the_books_balance_after_a_thousand_orders_and_many_kills(sale):
    _, told, output = sale

    assert output.endswith("the books balance\n")
    killed = figures(told["killed"])
    assert all(killed[name] > 1 for name in (*SERVICES, *WORKERS)), killed
    statuses = figures(told["sagas"])
    assert statuses["completed"] + statuses["compensated"] == 1000
    assert set(figures(told["because"])) == {"OutOfStock", "CardDeclined", "NoSuchAddress"}
    assert figures(told["repeats"]).total() > 0, "nothing was ever asked twice, so nothing has been shown"


def test_no_money_comes_or_goes_and_nobody_pays_twice(sale, module):
    folder, *_ = sale
    opening = sum(module("orders").BALANCES.values())

    assert rows(folder / "payment.db", "SELECT SUM(balance), MIN(balance) >= 0 FROM accounts") == [(opening, 1)]
    assert rows(folder / "payment.db", "SELECT key FROM charges GROUP BY key HAVING COUNT(*) > 1") == []
    (till,) = rows(folder / "payment.db", "SELECT SUM(amount) FROM charges")
    assert rows(folder / "payment.db", "SELECT balance FROM accounts WHERE owner = 'the shop'") == [till]


def test_whoever_was_killed_left_no_mistake_in_a_log(sale):
    folder, *_ = sale
    logs = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.log")}

    assert set(logs) == {*SERVICES, *WORKERS, "orders"}
    assert [name for name, text in logs.items() if "Traceback" in text or "error:" in text] == []
    ended = [name for name in WORKERS if "handed back" in logs[name]]  # the one killed last may not have begun again
    assert ended, "no worker was ended gently"


FRAUDS = {
    "payment: ('order-9999/charge', 'customer 1', 450) stands there 1 times too often": (
        "payment",
        "INSERT INTO charges VALUES (NULL, 'order-9999/charge', 'customer 1', 450)",
    ),
    "too often": ("payment", "INSERT INTO charges SELECT NULL, key, customer, amount FROM charges LIMIT 1"),
    "payment: the shop has 0,": ("payment", "UPDATE accounts SET balance = 0 WHERE owner = 'the shop'"),
    "inventory: tea has 1000,": ("inventory", "UPDATE stock SET on_hand = 1000 WHERE product = 'tea'"),
    "is missing 1 times": ("shipping", "DELETE FROM parcels WHERE id = (SELECT MAX(id) FROM parcels)"),
    "order-0000 is failed": ("saga", "UPDATE sagadsl_sagas SET status = 'failed' WHERE id = 'order-0000'"),
    "order-0001 is lost": ("saga", "DELETE FROM sagadsl_sagas WHERE id = 'order-0001'"),
}


@pytest.mark.parametrize("found", FRAUDS)
def test_the_books_do_not_balance_when_something_is_wrong(found, sale, module, tmp_path, capsys):
    for ledger in (*LEDGERS, "saga"):
        shutil.copy(sale[0] / f"{ledger}.db", tmp_path)
    ledger, fraud = FRAUDS[found]
    with contextlib.closing(sqlite3.connect(tmp_path / f"{ledger}.db")) as db, db:
        db.execute(fraud)

    code = module("books").close_the_books(tmp_path, 1000)

    assert code == 1
    assert found in capsys.readouterr().out


@pytest.fixture
def ledger(module, tmp_path):
    return module("ledger").Ledger(tmp_path / "ledger.db", "CREATE TABLE IF NOT EXISTS deeds (name TEXT);")


def deed(db):
    db.execute("INSERT INTO deeds VALUES ('done')")
    return {"number": db.execute("SELECT COUNT(*) FROM deeds").fetchone()[0]}


def undo(db):
    db.execute("DELETE FROM deeds")


def test_a_key_counts_once(ledger, tmp_path):
    assert [ledger.do("a", deed), ledger.do("a", deed), ledger.do("b", deed)] == [
        {"number": 1},
        {"number": 1},
        {"number": 2},
    ]
    assert rows(tmp_path / "ledger.db", "SELECT key, repeats FROM answers ORDER BY key") == [("a", 1), ("b", 0)]


def test_what_is_refused_leaves_nothing_behind(ledger, module, tmp_path):
    refusal = module("ledger").Refusal

    def half_a_deed(db):
        deed(db)
        raise refusal(409, "No", "no")

    with pytest.raises(refusal, match="no"):
        ledger.do("a", half_a_deed)

    assert rows(tmp_path / "ledger.db", "SELECT * FROM deeds UNION SELECT key FROM answers") == []
    assert ledger.do("a", deed) == {"number": 1}


def test_what_is_undone_before_it_is_done_is_not_done_any_more(ledger, module, tmp_path):
    assert ledger.undo("a/undo", "a", undo) == ledger.undo("a/undo", "a", undo) == {}

    with pytest.raises(module("ledger").Refusal) as refused:
        ledger.do("a", deed)

    assert (refused.value.status, refused.value.code) == (410, "Undone")
    assert rows(tmp_path / "ledger.db", "SELECT * FROM deeds") == []


@contextlib.contextmanager
def opened(shell):
    """Open the shop with the page's one command; it is closed by SIGTERM."""
    (command,) = (
        block.text.split()[1:] for block in PAGE.blocks if block.language == "sh" and "start.py" in block.text
    )
    process = subprocess.Popen(
        [sys.executable, *command], cwd=shell.folder, env=shell.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert "the shop is open" in process.stdout.readline()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "the shop is closed\n")


def pids_in(folder):
    """The processes of the shop by name."""
    return {path.stem: int(path.read_text()) for path in folder.glob("*.pid")}


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("this does not come about")


def test_one_command_opens_the_shop_and_brings_back_whoever_is_killed(tmp_path):
    shell = Run(PAGE, tmp_path).shell
    (by_hand,) = (block.text for block in PAGE.blocks if block.language == "sh" and "place.py" in block.text)
    go_in, addresses, check, place, kill, stats, books = by_hand.replace("1000", "20").splitlines()
    there = f"{go_in}; {addresses}"

    with opened(shell):
        until(lambda: shell.run(f"{there}; {check}").code == 0)
        before = pids_in(tmp_path / "my-shop")
        assert before.keys() == {*SERVICES, *WORKERS}

        ran = shell.run(f"{there}; {kill}; {place}")
        assert ran.code == 0, ran.output
        until(lambda: json.loads(shell.run(f"{there}; {stats} --format json").output)["running"] == 0)

        after = pids_in(tmp_path / "my-shop")
        assert [name for name in before if before[name] != after[name]] == ["payment"]
        ran = shell.run(f"{there}; {books}")
        assert (ran.code, ran.output.splitlines()[-1]) == (0, "the books balance")

    assert [name for name, pid in after.items() if is_there(pid)] == []


def test_a_folder_has_one_sale(tmp_path):
    (tmp_path / "saga.db").touch()

    ran = Run(PAGE, tmp_path).shell.run("python docs/how-to/end_to_end/drive.py .")

    assert (ran.code, ran.output) == (1, "error: there has been a sale in . already; give it another folder\n")


def test_what_the_page_shows_of_the_files_stands_in_them():
    files = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.*")]
    shown = [block for block in PAGE.blocks if block.language in {"yaml", "python"}]

    assert shown
    for block in shown:
        assert any(block.text in text or textwrap.indent(block.text, "    ") in text for text in files), PAGE.at(block)
