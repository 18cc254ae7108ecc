"""`sagadsl run`: with services, in a simulation, and everything that keeps it from starting."""

import json

import pytest

ROME = '{"city": "Rome"}'


def told(result):
    """The story without its times: mark and rest of each line."""
    return [
        " ".join(line.split("s  ", 1)[1].split())
        for line in result.out.splitlines()
        if line[:9].strip()[:1].isdigit() and "s  " in line
    ]


def test_a_simulation_tells_each_step_and_ends_with_the_table(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME)

    assert result.code == 0
    assert told(result)[1:] == [
        "→ book_hotel hotel.book",
        "✓ book_hotel",
        "→ book_flight air.book",
        "✓ book_flight",
    ]
    assert 'output: {"hotel": "<book_hotel.ref>"}' in result.out
    assert result.out.rstrip().endswith("completed")
    table = [line.split() for line in result.out.splitlines()]
    assert ["state", "status", "attempts", "duration", "error"] in table
    assert ["book_hotel", "completed", "1", "0.000s"] in table


def test_a_simulated_failure_is_compensated(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--fail", "book_flight=Full")

    assert result.code == 3
    assert told(result)[-3:] == [
        "✗ book_flight Full: as the simulation was told",
        "↩ book_hotel hotel.cancel",
        "↶ book_hotel undone",
    ]
    assert "compensated at book_flight, because of Full: as the simulation was told" in result.out


def test_a_failing_compensation_needs_a_person(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--fail", "book_flight", "--fail", "~book_hotel")

    assert result.code == 4
    assert "compensation_failed" in result.out


def test_a_failure_after_the_pivot_is_failed(sagadsl, write):
    file = write(
        "p.yaml",
        "name: p\nsteps:\n  - {id: a, service: s, action: a, kind: pivot}\n  - {id: b, service: s, action: b, kind: retriable, retry: {max_attempts: 2}}\n",
    )

    assert sagadsl("run", file, "--simulate", "--fail", "b").code == 5
    assert sagadsl("run", file, "--simulate", "--fail", "b=Busy:1").code == 0


def test_outputs_are_given(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--output", 'book_hotel={"ref": "H7"}')

    assert 'output: {"hotel": "H7"}' in result.out


def test_json_is_the_whole_outcome_and_nothing_else(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--fail", "book_flight=Full", "--format", "json")

    data = json.loads(result.out)
    assert result.code == 3
    assert set(data) == {"saga_id", "name", "status", "input", "output", "error", "steps", "events"}
    assert (data["name"], data["status"], data["input"]) == ("trip", "compensated", {"city": "Rome"})
    assert data["error"] == {
        "code": "Full",
        "message": "as the simulation was told",
        "in_doubt": False,
        "state": "book_flight",
    }
    assert [step["status"] for step in data["steps"]] == ["compensated", "failed"]
    assert [event["type"] for event in data["events"]] == [
        "SagaStarted",
        "StepSucceeded",
        "StepFailed",
        "CompensationSucceeded",
    ]


def test_services_are_a_python_file(sagadsl, trip, trip_services):
    completed = sagadsl("run", trip, "--services", trip_services, "--input", ROME)
    undone = sagadsl("run", trip, "--services", trip_services, "--input", '{"city": "Atlantis"}')

    assert completed.code == 0
    assert 'output: {"hotel": "hotel in Rome"}' in completed.out
    assert undone.code == 3
    assert "NoFlight: nobody flies there" in undone.out


def test_services_are_a_module(sagadsl, trip, trip_services, monkeypatch):
    monkeypatch.chdir(trip_services.parent)

    assert sagadsl("run", trip, "--services", "trip_services", "--input", ROME).code == 0


def test_input_comes_from_a_file_or_from_standard_input(sagadsl, trip, write):
    file = write("input.json", ROME)

    assert sagadsl("run", trip, "--simulate", "--input", f"@{file}").code == 0
    assert sagadsl("run", trip, "--simulate", "--input", "@-", stdin=ROME).code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"city": 3}', "city"),
        ("{}", "city"),
        ('{"city": "Rome", "nights": 0}', "nights"),
        ("{city: Rome}", "not JSON at line 1, column 2"),
        ("[]", "input"),
        ("@no-such-file.json", "no-such-file.json"),
        ('{"city": NaN}', "city"),
    ],
)
def test_input_that_does_not_fit_starts_nothing(sagadsl, trip, given, said):
    result = sagadsl("run", trip, "--simulate", "--input", given)

    assert (result.code, result.out) == (1, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fail", "book_hotle"], "did you mean book_hotel?"),
        (["--fail", "~nothing"], "no state 'nothing'"),
        (["--fail", "book_hotel=A:B"], "not of the form STATE[=CODE[:TIMES]]"),
        (["--fail", "done"], "calls no service"),
        (["--output", "book_hotle={}"], "did you mean book_hotel?"),
        (["--output", "book_hotel"], "not of the form STATE=JSON"),
        (["--output", "book_hotel={"], "not JSON"),
        (["--signal", "hello"], "waits for no such signal"),
    ],
)
def test_options_that_name_nothing_start_nothing(sagadsl, trip, options, said):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, *options)

    assert result.code in (1, 2)
    assert result.out == ""
    assert said in result.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module", "no_such_module"),
        ("x = 1\ny = 1 / 0", "line 2: ZeroDivisionError"),
        ("def (", "line 1: SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("services = None", "no Services object"),
        ("from sagadsl import Services\na = Services()\nb = Services()", "more than one Services object"),
        ("from sagadsl import Services\nservices = Services()", "hotel.book, hotel.cancel, air.book, air.cancel"),
    ],
)
def test_a_service_module_that_cannot_serve_starts_nothing(sagadsl, trip, write, text, said):
    file = write("services_of_mine.py", text)

    result = sagadsl("run", trip, "--services", file, "--input", ROME)

    assert (result.code, result.out) == (2, "")
    assert "services_of_mine.py" in result.err
    assert said in result.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --services, or --simulate"),
        (["--simulate", "--services", "x.py"], "leave one of the two out"),
        (["--services", "x.py", "--fail", "book_hotel"], "are for --simulate"),
        (["--services", "no_such_file.py"], "there is no such file"),
        (["--services", "no_such_module_at_all"], "no_such_module_at_all"),
    ],
)
def test_a_command_that_makes_no_sense_says_so(sagadsl, trip, options, said):
    result = sagadsl("run", trip, "--input", ROME, *options)

    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_definition_with_errors_is_shown_and_not_run(sagadsl, write):
    file = write("bad.yaml", "name: x\nsteps: [{id: a, service: s}]")

    result = sagadsl("run", file, "--simulate")

    assert (result.code, result.out) == (1, "")
    assert "action" in result.err


def test_a_folder_and_a_missing_file_are_no_definition(sagadsl, tmp_path):
    assert "this is a folder" in sagadsl("run", tmp_path, "--simulate").err
    assert "there is no such file" in sagadsl("run", tmp_path / "no.yaml", "--simulate").err


def test_a_payload_that_does_not_evaluate_fails_the_step_and_is_told(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--output", "book_hotel={}")

    assert result.code == 3
    assert "InvalidPayload" in result.out
    assert "ref" in result.out


def test_a_signal_that_nobody_sends_is_said(sagadsl, write):
    file = write(
        "w.yaml",
        "name: w\nstates:\n  a: {service: s, action: a, kind: read_only, on_failure: {wait_for: go}, next: e}\n  e: {type: succeed}\n",
    )

    stuck = sagadsl("run", file, "--simulate", "--fail", "a:1")
    sent = sagadsl("run", file, "--simulate", "--fail", "a:1", "--signal", "go={}")

    assert stuck.code == 2
    assert "--signal go" in stuck.err
    assert sent.code == 0


def test_standard_input_may_begin_with_a_byte_order_mark_and_has_to_be_utf_8(sagadsl, trip):
    assert sagadsl("run", trip, "--simulate", "--input", "@-", stdin=b"\xef\xbb\xbf" + ROME.encode()).code == 0
    refused = sagadsl("run", trip, "--simulate", "--input", "@-", stdin=b'{"city": "\xff"}')
    assert (refused.code, "not UTF-8" in refused.err) == (1, True)


@pytest.mark.parametrize("value", ['{"x": NaN}', '{"x": 1e999}', '{"x": 99999999999999999999}', '{"x": "a\\u0000b"}'])
def test_an_output_that_is_no_json_starts_nothing(sagadsl, trip, value):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--output", f"book_hotel={value}")

    assert (result.code, result.out) == (1, "")


def test_signals_of_one_name_are_all_sent(sagadsl, write):
    file = write(
        "w.yaml",
        "name: w\nstates:\n  a: {service: s, action: a, kind: read_only, on_failure: {wait_for: go}, next: e}\n  e: {type: succeed}\n",
    )

    assert sagadsl("run", file, "--simulate", "--fail", "a:2", "--signal", "go").code == 2
    assert sagadsl("run", file, "--simulate", "--fail", "a:2", "--signal", "go", "--signal", "go").code == 0


def test_a_step_that_fails_and_is_undone_at_once_is_told_to_have_failed(sagadsl, trip):
    result = sagadsl("run", trip, "--simulate", "--input", ROME, "--fail", "book_flight=Timeout")

    assert told(result)[-5:-3] == [
        "✗ book_flight Timeout: no answer within 30s (in doubt)",
        "↩ book_flight air.cancel",
    ]


def test_escape_codes_in_messages_do_not_reach_the_terminal(sagadsl, trip, write):
    services = write(
        "s.py",
        "from sagadsl import ActionError, Services\nservices = Services()\n"
        "for name in ('hotel.cancel', 'air.book', 'air.cancel'): services.action(name)(lambda: None)\n"
        "@services.action('hotel.book')\ndef book(city): raise ActionError('Bad', '\\x1b[31mred')\n",
    )

    result = sagadsl("run", trip, "--services", services, "--input", ROME)

    assert result.code == 3
    assert "\x1b" not in result.out


def test_a_terminal_without_width_still_gets_the_story(sagadsl, trip, monkeypatch):
    monkeypatch.setenv("COLUMNS", "0")

    assert "book_hotel" in sagadsl("run", trip, "--simulate", "--input", ROME).out


def test_a_saga_that_runs_another_one_is_given_that_one_too(sagadsl, trip, trip_services, write):
    around = write(
        "around.yaml",
        "name: around\ninput: {type: object, required: [city], properties: {city: {type: string}}}\n"
        'states:\n  go: {type: saga, saga: trip, input: {city: "${input.city}"}, next: end}\n'
        '  end: {type: succeed, output: "${states.go.output}"}\n',
    )
    alone = sagadsl("run", around, "--services", trip_services, "--input", ROME)
    both = sagadsl("run", around, "--services", trip_services, "--input", ROME, "--saga", trip)

    assert (alone.code, alone.out) == (2, "")
    assert "runs the saga trip, which was not given" in alone.err
    assert both.code == 0
    assert 'output: {"hotel": "hotel in Rome"}' in both.out


def test_a_long_wait_is_as_long_in_the_story_as_in_the_table(sagadsl, write):
    file = write("w.yaml", "name: w\nsteps: [{id: rest, type: wait, for: 1d}]\n")

    result = sagadsl("run", file, "--simulate")

    assert "        1d  ✓ rest" in result.out
    assert ["rest", "completed", "1", "1d"] in [line.split() for line in result.out.splitlines()]


def test_a_simulation_refuses_a_business_key_that_no_store_could_look_up(sagadsl, write):
    file = write("k.yaml", 'name: k\nkey: "${input.a}"\nsteps: [{id: s, service: a, action: b, kind: read_only}]\n')

    result = sagadsl("run", file, "--simulate", "--input", json.dumps({"a": "x" * 900}))

    assert (result.code, result.out) == (1, "")
    assert "has 900 characters with this input, and may have 500" in result.err


AROUND = (
    "name: around\nsensitive: [input.city]\n"
    "input: {type: object, required: [city], properties: {city: {type: string}}}\n"
    'steps: [{id: go, type: saga, saga: trip, kind: compensatable, input: {city: "${input.city}"}}]\n'
)


def test_what_a_saga_hands_to_another_one_that_shows_it_is_told_before_it_runs(sagadsl, trip, trip_services, write):
    around = write("around.yaml", AROUND)

    result = sagadsl("run", around, "--services", trip_services, "--input", ROME, "--saga", trip)

    assert result.code == 0
    assert "warning: input.city is sensitive, and the saga 'trip' does not call input.city so [SAGA419]" in result.err


def test_a_simulation_says_that_it_does_not_run_other_sagas(sagadsl, trip, write):
    around = write("around.yaml", AROUND)
    told = "the saga trip is not run in a simulation: go is taken to succeed"

    result = sagadsl("run", around, "--simulate", "--input", ROME, "--saga", trip)

    assert result.code == 0
    assert told in result.out.splitlines()[0]
    assert told not in sagadsl("run", trip, "--simulate", "--input", ROME).out
    assert json.loads(sagadsl("run", around, "--simulate", "--input", ROME, "--format", "json").out)


def test_sagas_that_do_not_fit_each_other_do_not_run(sagadsl, trip, trip_services, write):
    around = write("around.yaml", AROUND.replace('city: "${input.city}"', "city: 7"))

    result = sagadsl("run", around, "--services", trip_services, "--input", ROME, "--saga", trip)

    assert (result.code, result.out) == (1, "")
    assert "SAGA218" in result.err


def test_a_run_with_services_is_kept_in_the_store(sagadsl, trip, trip_services):
    result = sagadsl("run", trip, "--services", trip_services, "--input", ROME)
    (row,) = json.loads(sagadsl("ls", "--format", "json").out)["sagas"]

    assert row["saga_id"] in result.out
    assert (row["name"], row["status"], row["owner"]) == ("trip", "completed", None)
    assert told(sagadsl("events", row["saga_id"])) == told(result)


def test_a_simulation_keeps_nothing(sagadsl, trip, tmp_path):
    assert sagadsl("run", trip, "--simulate", "--input", ROME).code == 0
    assert not list(tmp_path.glob("*.db*"))


def test_a_run_in_memory_leaves_no_file(sagadsl, trip, trip_services, tmp_path):
    result = sagadsl("run", trip, "--services", trip_services, "--input", ROME, "--store", "memory:")

    assert result.code == 0
    assert "✓ book_flight" in result.out
    assert not list(tmp_path.glob("*.db*"))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--simulate", "--store", "memory:"], 2, "leave --store out"),
        (["--simulate", "--id", "trip-1"], 2, "leave --id out"),
        (["--services", "SERVICES", "--id", ""], 2, "--id: not an id"),
        (["--services", "SERVICES", "--id", " trip"], 2, "--id: not an id"),
        (["--services", "SERVICES", "--id", "x" * 201], 2, "--id: not an id"),
        (["--services", "SERVICES", "--store", "mysql://x"], 2, "error: "),
        (["--services", "SERVICES", "--store", "sqlite:////no/such/folder/saga.db"], 2, "/no/such/folder"),
        (["--services", "SERVICES", "--store", "postgresql://ada:secret@127.0.0.1:1/sagas"], 69, "127.0.0.1"),
    ],
)
def test_a_store_or_an_id_that_cannot_be_starts_nothing(sagadsl, trip, trip_services, options, code, said):
    given = [trip_services if option == "SERVICES" else option for option in options]

    result = sagadsl("run", trip, "--input", ROME, *given)

    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "secret" not in result.err


def test_one_id_is_for_one_saga_and_one_input(sagadsl, trip, trip_services, write):
    other = write(
        "other.yaml",
        "name: other\nsteps: [{id: a, service: air, action: cancel, kind: read_only, payload: {input: 1, output: 2}}]\n",
    )
    begin = ("run", trip, "--services", trip_services, "--id", "trip-1", "--input")
    assert sagadsl(*begin, ROME).code == 0

    another_input = sagadsl(*begin, '{"city": "Oslo"}')
    another_saga = sagadsl("run", other, "--services", trip_services, "--id", "trip-1")

    assert (another_input.code, another_saga.code) == (2, 2)
    assert "with another input" in another_input.err
    assert "a trip" in another_saga.err


def test_where_services_lack_what_a_changed_file_calls_it_is_said_how_the_saga_goes_on(
    sagadsl, keep, trip, trip_services, write
):
    keep(trip, "trip-1", {"city": "Rome"}, first=2)
    changed = write("changed.yaml", trip.read_text(encoding="utf-8").replace("cancel}", "call_off}", 1))
    run = ("run", changed, "--services", trip_services, "--input", ROME)

    refused = sagadsl(*run, "--id", "trip-1")

    assert refused.code == 2
    assert "no service offers hotel.call_off" in refused.err
    assert (
        f"goes on with the text that it was started with: `sagadsl resume trip-1 --services {trip_services}`"
        in refused.err
    )
    assert "resume" not in sagadsl(*run, "--id", "trip-2").err
    assert "resume" not in sagadsl(*run).err
    assert sagadsl("resume", "trip-1", "--services", trip_services).code == 0


def test_a_saga_with_the_same_key_and_another_input_is_not_passed_off_as_the_one_that_was_asked_for(
    sagadsl, keep, trip, trip_services, write
):
    file = write("keyed.yaml", f"key: always\n{trip.read_text(encoding='utf-8')}")
    keep(file, "saga-first", {"city": "Oslo"}, first=2)

    result = sagadsl("run", file, "--services", trip_services, "--input", ROME)

    assert result.code == 2
    assert "saga-first, which is not finished, has the same business key and another input" in result.err


def test_of_sagas_with_one_business_key_only_one_runs_at_a_time(sagadsl, keep, trip, trip_services, write):
    file = write("keyed.yaml", f"key: ${{input.city}}\n{trip.read_text(encoding='utf-8')}")
    keep(file, "saga-first", {"city": "Rome"}, first=2)

    result = sagadsl("run", file, "--services", trip_services, "--input", ROME, "--id", "saga-other")

    assert result.code == 0
    assert "a saga with the same business key is not finished, and there is only one: saga-first" in result.out
    assert "--id saga-other is not used" in result.out
    assert [row["saga_id"] for row in json.loads(sagadsl("ls", "--format", "json").out)["sagas"]] == ["saga-first"]


def test_json_of_a_durable_run_is_the_whole_outcome_and_nothing_else(sagadsl, trip, trip_services):
    data = json.loads(sagadsl("run", trip, "--services", trip_services, "--input", ROME, "--format", "json").out)

    assert (data["status"], data["output"]) == ("completed", {"hotel": "hotel in Rome"})
    assert [event["seq"] for event in data["events"]] == [1, 2, 3]
