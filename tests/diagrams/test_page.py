"""The page that shows a saga, as somebody uses it: in a browser, with a mouse and with keys, from disk."""

import json
import re

import pytest

from sagadsl import compile_saga, load
from sagadsl.diagrams import DrawingError, render
from sagadsl.diagrams.palette import COLOURS
from sagadsl.machine.events import CompensationRequested
from tests.diagrams.browser import browser, watched  # noqa: F401 - fixtures
from tests.machine.story import Story

TRIP = """\
name: trip
description: A room, a flight and a car.
input: {type: object, properties: {city: {type: string}}, required: [city]}
states:
  room:
    description: The <b>best</b> one.
    service: hotel
    action: book
    payload: {city: "${input.city}"}
    retry: {max_attempts: 3, initial_delay: 2s}
    compensation: cancel
    next: flight
  flight: {service: air, action: book, compensation: cancel, next: car}
  car: {service: cars, action: rent, kind: pivot, next: done}
  done: {type: succeed}
"""
HOSTILE = """</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"'`$1]]>--><!--\\u003c"""


@pytest.fixture(scope="module")
def trip():
    return compile_saga(load(TRIP))


@pytest.fixture(scope="module")
def events():
    """The room is booked at the second attempt, the flight is not, and the room is given back."""
    story = Story(TRIP, {"city": "Rome"})
    story.fails("Busy", after=1.0).timer_fires().succeeds(output={"ref": "R-1"}).fails("Full", retryable=False)
    return story.succeeds().events


@pytest.fixture
def open_page(watched, tmp_path):  # noqa: F811 - the fixture
    def show(html, address="", scheme="light"):
        file = tmp_path / "saga.html"
        file.write_bytes(html)
        watched.page.emulate_media(color_scheme=scheme)
        watched.page.goto(f"{file.as_uri()}{address}")
        return watched.page

    return show


@pytest.fixture
def page(open_page, trip):
    return open_page(render(trip, "html"))


@pytest.fixture
def run_page(open_page, trip, events):
    return open_page(render(trip, "html", events=events))


def view_box(page):
    return [float(number) for number in page.locator("#stage > svg").get_attribute("viewBox").split()]


def look(page, part):
    """How a part is marked, or nothing."""
    return page.locator(f"[id='{part}']").get_attribute("data-is")


def signs(page):
    return page.locator("#stage g.sign text").all_text_contents()


def middle(page, part):
    box = page.locator(f"[id='{part}'] > text").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def slide(page, number):
    page.locator("#moment").fill(str(number))


def test_it_opens_from_disk_and_asks_for_nothing_else(page, watched):  # noqa: F811 - the fixture
    assert page.title() == "trip"
    assert [url for url in watched.requests if not url.startswith("file:")] == []
    assert len(watched.requests) == 1


def test_nothing_in_it_names_another_place(trip):
    html = render(trip, "html").decode()
    links = {*re.findall(r"(?:https?:)?//[a-z][^\s\"'<>]+", html)}
    assert links == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html


def test_it_is_the_same_every_time(trip, events):
    assert render(trip, "html", events=events) == render(trip, "html", events=events)


def test_another_view_is_refused_with_the_format_that_has_it(trip):
    with pytest.raises(DrawingError, match="Draw the view 'machine' as SVG"):
        render(trip, "html", view="machine")


def test_without_a_script_the_picture_is_there_all_the_same(browser, trip, tmp_path):  # noqa: F811 - the fixture
    file = tmp_path / "saga.html"
    file.write_bytes(render(trip, "html"))
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.locator("#stage svg text", has_text="room").first.is_visible()


def test_the_wheel_zooms_about_the_pointer(page):
    before = view_box(page)
    x, y = middle(page, "state-flight")
    page.mouse.move(x, y)

    page.mouse.wheel(0, -300)

    assert view_box(page)[2] < before[2] * 0.8
    assert middle(page, "state-flight") == pytest.approx((x, y), abs=2)


def test_dragging_moves_the_picture_and_is_no_click(page):
    x, y = middle(page, "state-flight")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y + 20, steps=5)
    page.mouse.up()

    assert middle(page, "state-flight") == pytest.approx((x + 50, y + 20), abs=2)
    assert look(page, "state-flight") is None


PINCH = """([x, y]) => {
  const touch = (type, id, left) => document.querySelector("#stage").dispatchEvent(new PointerEvent(type, {
    pointerId: id, pointerType: "touch", clientX: left, clientY: y, bubbles: true, cancelable: true }));
  touch("pointerdown", 1, x - 40);
  touch("pointerdown", 2, x + 40);
  touch("pointermove", 1, x - 80);
  touch("pointermove", 2, x + 80);
  touch("pointerup", 1, x - 80);
  touch("pointerup", 2, x + 80);
}"""


def test_two_fingers_spread_the_picture_between_them(page):
    width, place = view_box(page)[2], middle(page, "state-flight")

    page.evaluate(PINCH, place)

    assert view_box(page)[2] == pytest.approx(width / 2, rel=0.05)
    assert middle(page, "state-flight") == pytest.approx(place, abs=30)


def test_buttons_and_keys_zoom_and_move_and_bring_everything_back(page):
    whole = view_box(page)
    page.get_by_role("button", name="Larger").click()
    assert view_box(page)[2] == pytest.approx(whole[2] / 1.25, rel=1e-3)
    page.locator("#stage").focus()
    before = view_box(page)
    page.keyboard.press("ArrowRight")
    assert view_box(page)[0] > before[0]
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert view_box(page) == pytest.approx(whole)


def test_pointing_at_a_step_tells_payload_retry_and_description(page):
    page.mouse.move(*middle(page, "state-room"))
    tip = page.locator("#tip")

    assert tip.is_visible()
    facts = dict(zip(tip.locator("dt").all_text_contents(), tip.locator("dd").all_text_contents(), strict=True))
    assert facts["description"] == "The <b>best</b> one."
    assert facts["payload"] == '{"city": "${input.city}"}'
    assert facts["retry"].startswith("up to 3 attempts, after 2s")
    page.mouse.move(1, 1)
    assert tip.is_hidden()


@pytest.mark.parametrize(
    ("state", "undone"),
    [
        ("room", {"room": "B1"}),  # A: it fails, and there is nothing to undo; B: its answer was lost
        ("flight", {"room": "A1 B2", "flight": "B1"}),
        ("car", {"flight": "1", "room": "2"}),
    ],
)
def test_a_click_on_a_step_shows_what_happens_when_it_fails(page, state, undone):
    page.mouse.click(*middle(page, f"state-{state}"))

    assert look(page, f"state-{state}") == "failed"
    assert look(page, "state-done") == "faded"
    for step in ("room", "flight"):
        sign = "".join(page.locator(f"g.sign[data-of='undo-{step}'] text").all_text_contents())
        assert re.findall(r"[A-Z]?\d", sign) == undone.get(step, "").split()
    assert f"{state} fails" in page.locator("#story").text_content()


def test_a_second_click_or_escape_takes_it_back(page):
    page.mouse.click(*middle(page, "state-flight"))
    page.mouse.click(*middle(page, "state-flight"))
    assert look(page, "state-flight") is None
    page.mouse.click(*middle(page, "state-flight"))
    page.locator("#stage").focus()
    page.keyboard.press("Escape")
    assert look(page, "state-flight") is None
    assert signs(page) == []


def test_a_failure_has_an_address_to_pass_on(open_page, trip):
    page = open_page(render(trip, "html"), "#flight")
    assert look(page, "state-flight") == "failed"
    assert page.get_by_label("If this fails:").input_value() == "flight"


def test_an_address_of_no_step_is_the_whole_picture(open_page, trip):
    page = open_page(render(trip, "html"), "#constructor")
    assert look(page, "state-flight") is None


def test_keys_alone_go_from_step_to_step(page):
    page.locator("#stage").focus()
    while page.evaluate("document.activeElement.id") != "state-flight":
        page.keyboard.press("Tab")
    assert page.locator("#tip").is_visible()
    page.keyboard.press("Enter")
    assert look(page, "state-flight") == "failed"
    assert page.locator("[id='state-flight']").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert look(page, "state-flight") is None


def test_the_list_of_steps_is_another_way_to_them(page):
    page.get_by_label("If this fails:").select_option("car")
    assert look(page, "state-car") == "failed"


def test_a_run_is_shown_at_its_end_first(run_page, events):
    assert run_page.locator("#count").text_content() == f"{len(events)} of {len(events)}"
    assert look(run_page, "undo-room") == "compensated"
    assert "compensated" in run_page.locator("#story").text_content()


def test_the_slider_goes_through_the_events(run_page, events):
    seen = []
    for number in range(len(events) + 1):
        slide(run_page, number)
        seen.append([look(run_page, part) for part in ("state-room", "state-flight", "state-car")])

    assert seen == [
        ["faded", "faded", "faded"],
        ["running", "faded", "faded"],
        ["retrying", "faded", "faded"],
        ["running", "faded", "faded"],
        ["completed", "running", "faded"],
        ["compensating", "failed", "faded"],
        ["compensated", "failed", "faded"],
    ]


def test_each_event_is_told(run_page):
    slide(run_page, 2)
    assert "room failed, Busy: no" in run_page.locator("#story").text_content()
    slide(run_page, 0)
    assert "nothing has happened yet" in run_page.locator("#story").text_content()


def test_the_slider_answers_to_keys(run_page, events):
    run_page.locator("#moment").focus()
    run_page.keyboard.press("ArrowLeft")
    assert run_page.locator("#count").text_content() == f"{len(events) - 1} of {len(events)}"
    run_page.keyboard.press("Home")
    assert look(run_page, "state-room") == "faded"


def test_a_run_can_be_played(run_page, events):
    run_page.clock.install()
    run_page.get_by_role("button", name="Play the run").click()
    assert run_page.locator("#count").text_content() == f"0 of {len(events)}"
    run_page.clock.run_for(60_000)
    assert run_page.locator("#count").text_content() == f"{len(events)} of {len(events)}"
    assert run_page.get_by_role("button", name="Play the run").is_visible()


def test_a_failure_and_a_run_give_way_to_each_other(run_page):
    run_page.mouse.click(*middle(run_page, "state-car"))
    assert look(run_page, "state-car") == "failed"
    slide(run_page, 1)
    assert look(run_page, "state-car") == "faded"
    assert run_page.get_by_label("If this fails:").input_value() == ""
    assert run_page.evaluate("location.hash") == ""


def test_marks_stay_on_the_picture(run_page):
    frame = run_page.locator("#stage").bounding_box()
    for sign in run_page.locator("#stage g.sign").all():
        box = sign.bounding_box()
        assert box["x"] >= frame["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]


def colour(page, selector, name):
    return page.locator(selector).first.evaluate(f"part => getComputedStyle(part)['{name}']")


def rgb(text):
    return "rgb({}, {}, {})".format(*(int(text[place : place + 2], 16) for place in (1, 3, 5)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is_and_as_the_button_says(open_page, trip, scheme):
    other = {"light": "dark", "dark": "light"}[scheme]
    page = open_page(render(trip, "html"), scheme=scheme)

    for now in (scheme, other, scheme):
        ink, paper = (getattr(COLOURS[name], now) for name in ("ink", "paper"))
        assert colour(page, "header", "background-color") == rgb(paper)
        assert colour(page, "#stage > svg > rect", "fill") == rgb(paper)
        assert colour(page, "[id='state-room'] > text", "fill") == rgb(ink)
        page.locator("#light").click()


def test_hostile_words_are_shown_and_never_obeyed(open_page, watched):  # noqa: F811 - the fixture
    text = json.dumps(
        {
            "name": "trap",
            "description": HOSTILE,
            "states": {
                "a": {
                    "description": HOSTILE,
                    "service": "s",
                    "action": "x",
                    "payload": {HOSTILE: HOSTILE},
                    "compensation": "y",
                    "next": "b",
                },
                "b": {
                    "type": "choice",
                    "choices": [{"when": json.dumps(HOSTILE) + " == 'x'", "next": "c"}],
                    "default": "c",
                },
                "c": {"type": "fail", "error": "E", "message": HOSTILE},
            },
        }
    )
    story = Story(text)
    story.fails(HOSTILE)
    page = open_page(render(story.compiled, "html", events=story.events), "#a")
    page.mouse.move(*middle(page, "state-a"))
    tip = page.locator("#tip").text_content()
    slide(page, 2)

    assert HOSTILE in tip
    assert json.dumps({HOSTILE: HOSTILE}) in tip
    assert HOSTILE in page.locator("#story").text_content()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_messages_are_left_out_where_something_is_sensitive(trip, events):
    secret = compile_saga(load(TRIP + "sensitive: [input.city]\n"))
    story = Story(TRIP + "sensitive: [input.city]\n", {"city": "Rome"})
    story.fails("Busy", after=1.0)
    assert "Busy: no" in render(trip, "html", events=events).decode()
    assert "Busy: no" not in render(secret, "html", events=story.events).decode()


def test_a_persons_reason_is_left_out_where_something_is_sensitive(trip):
    def page_of(text):
        story = Story(text, {"city": "Rome"}).given(CompensationRequested("ann", "the guest from Rome called"))
        return render(compile_saga(load(text)), "html", events=story.events).decode()

    assert "the guest from Rome called" in page_of(TRIP)
    assert "the guest from Rome called" not in page_of(TRIP + "sensitive: [input.city]\n")


def test_what_was_sent_and_answered_is_not_on_the_page(trip, events):
    html = render(trip, "html", events=events).decode()
    assert "R-1" not in html
    assert "Rome" not in html


@pytest.fixture(scope="module")
def large():
    steps = [{"id": f"s{place}", "service": "a", "action": "b", "compensation": "c"} for place in range(200)]
    return render(compile_saga(load(json.dumps({"name": "large", "steps": steps}))), "html")


def height_of_letters(page, part):
    return page.locator(f"[id='{part}'] > text").first.bounding_box()["height"]


def is_in_sight(page, part):
    frame, box = (page.locator(each).bounding_box() for each in ("#stage", f"[id='{part}']"))
    return frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"]


def test_a_large_picture_opens_where_it_begins_with_letters_to_be_read(open_page, large):
    page = open_page(large)

    assert is_in_sight(page, "state-s0")
    assert not is_in_sight(page, "state-s199")
    assert height_of_letters(page, "state-s0") > 9


def test_fit_shows_all_of_a_large_picture(open_page, large):
    page = open_page(large)
    page.get_by_role("button", name="Fit").click()

    assert is_in_sight(page, "state-s0")
    assert is_in_sight(page, "state-s199")


def test_the_page_of_a_large_saga_shows_what_happens_when_each_of_its_steps_fails(open_page, large):
    page = open_page(large)
    assert page.locator("#failure option").count() == 201

    page.get_by_label("If this fails:").select_option("s150")

    assert look(page, "state-s150") == "failed"
    assert is_in_sight(page, "state-s150")
    assert len(signs(page)) == 1 + 151
    assert page.locator("#story").text_content().startswith("A: s150 fails: undone: 1 s149, 2 s148")


def test_an_address_opens_at_its_step(open_page, large):
    page = open_page(large, "#s150")

    frame = page.locator("#stage").bounding_box()
    x, y = middle(page, "state-s150")
    assert abs(y - frame["y"] - frame["height"] / 2) < frame["height"] / 4
    assert frame["x"] < x < frame["x"] + frame["width"]
    assert height_of_letters(page, "state-s150") > 9


def test_the_page_of_two_hundred_steps_can_be_sent_by_mail(large):
    assert len(large) < 2_000_000


def test_going_through_a_run_keeps_what_happens_in_sight(open_page):
    story = Story(
        json.dumps(
            {
                "name": "long",
                "steps": [{"id": f"s{n}", "service": "a", "action": "b", "kind": "read_only"} for n in range(60)],
            }
        )
    )
    for _ in range(60):
        story.succeeds()
    page = open_page(render(story.compiled, "html", events=story.events))
    assert is_in_sight(page, "state-s59")

    for number in (1, 30, 60):
        slide(page, number + 1)
        assert is_in_sight(page, f"state-s{number - 1}")


def test_going_back_in_a_run_takes_back_what_came_later(run_page, events):
    slide(run_page, len(events))
    assert "↩ undone" in "".join(signs(run_page))
    slide(run_page, 1)
    assert len(signs(run_page)) == 1


def test_back_in_the_browser_takes_a_failure_back(page):
    page.get_by_label("If this fails:").select_option("car")
    page.go_back()
    page.wait_for_function("document.getElementById('failure').value === ''")
    assert look(page, "state-car") is None


def test_escape_takes_a_failure_back_from_wherever_the_focus_is(page):
    page.get_by_label("If this fails:").select_option("car")
    page.locator("#failure").focus()
    page.keyboard.press("Escape")
    assert look(page, "state-car") is None


def test_keys_can_pass_the_picture_by(run_page):
    run_page.keyboard.press("Tab")
    assert run_page.evaluate("document.activeElement.id") == "skip"
    run_page.keyboard.press("Enter")
    run_page.keyboard.press("Tab")
    assert run_page.evaluate("document.activeElement.id") == "play"


def test_passing_the_picture_by_is_no_failure(open_page, trip):
    page = open_page(render(trip, "html"), "#flight")
    page.locator("#skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "story"
    assert look(page, "state-flight") == "failed"


@pytest.mark.parametrize(("role", "name"), [("button", "room."), ("img", "done")])
def test_each_step_has_a_role_and_a_name_for_those_who_listen(page, role, name):
    assert page.locator("#stage").get_by_role(role, name=re.compile(f"^{re.escape(name)}")).count() == 1


def test_who_listens_is_not_talked_over_while_a_run_is_played(run_page):
    run_page.clock.install()
    run_page.get_by_role("button", name="Play the run").click()
    assert run_page.locator("#story").get_attribute("aria-live") == "off"
    run_page.get_by_role("button", name="Pause").click()
    assert run_page.locator("#story").get_attribute("aria-live") == "polite"


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "offline": True}


@pytest.fixture
def phone(browser, trip, tmp_path):  # noqa: F811 - the fixture
    file = tmp_path / "saga.html"
    file.write_bytes(render(trip, "html"))
    with browser.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        yield page


def test_on_a_phone_a_tap_shows_the_failure_and_what_the_step_is(phone):
    phone.touchscreen.tap(*middle(phone, "state-room"))

    assert look(phone, "state-room") == "failed"
    assert "The <b>best</b> one." in phone.locator("#tip").text_content()
    phone.touchscreen.tap(20, 800 - 150)
    assert phone.locator("#tip").is_hidden()


def test_on_a_phone_everything_has_its_place(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    assert phone.locator("#stage").bounding_box()["height"] > PHONE["viewport"]["height"] / 2
    assert height_of_letters(phone, "state-room") > 9
    for button in phone.get_by_role("button", name=re.compile("Smaller|Fit|Larger|Dark")).all():
        assert min(button.bounding_box()[side] for side in ("width", "height")) >= 36


def test_on_paper_the_whole_picture_is_light_and_nothing_else_is_in_the_way(open_page, trip):
    page = open_page(render(trip, "html"), scheme="dark")
    page.locator("#stage").focus()
    for _ in range(6):
        page.keyboard.press("+")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.locator("#light").is_hidden()
    assert colour(page, "#stage > svg > rect", "fill") == rgb(COLOURS["paper"].light)
    picture = page.locator("#stage > svg").bounding_box()
    for part in ("start", "state-room", "state-done", "undo-flight"):
        box = page.locator(f"[id='{part}']").bounding_box()
        assert picture["x"] <= box["x"]
        assert picture["y"] <= box["y"]
        assert box["y"] + box["height"] <= picture["y"] + picture["height"] + 1


def test_without_a_script_a_large_picture_can_be_scrolled_and_read(browser, large, tmp_path):  # noqa: F811 - the fixture
    file = tmp_path / "saga.html"
    file.write_bytes(large)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert height_of_letters(page, "state-s0") > 9
        assert page.locator("#fit").is_hidden()
        page.locator("[id='state-s199']").scroll_into_view_if_needed()
        assert page.locator("[id='state-s199']").is_visible()
