"""Random machines and what one may do with them, the same way with every kind of machine.

A callback is told as data: what it does besides being noted. So the same machine can be built twice.
"""

from hypothesis import strategies as st

STATES = ["a", "b", "c"]
TRIGGERS = ["go", "back", "jump"]
OF_A_ROW = ["prepare", "before", "after"]
OF_THE_MACHINE = [
    "prepare_event",
    "before_state_change",
    "after_state_change",
    "finalize_event",
    "on_exception",
    "on_final",
]

state = st.sampled_from(STATES)
trigger = st.sampled_from(TRIGGERS)
callbacks = st.sampled_from(["look", "look", "raise", "fire go", "fire back", "by name"])
answers = st.sampled_from(["yes", "no", "raise"])
plain = st.fixed_dictionaries({"trigger": trigger, "source": state, "dest": state})
rich = st.fixed_dictionaries(
    {"trigger": trigger, "source": state | st.just("*"), "dest": state | st.sampled_from([None, "="])},
    optional={
        "conditions": answers,
        "unless": answers,
        "prepare": callbacks,
        "before": callbacks,
        "after": callbacks,
    },
)
rows = st.sampled_from([plain, plain, rich]).flatmap(lambda kind: kind)


def seldom(values):
    """Mostly none: a machine that is full of callbacks has nothing that could be looked up."""
    return st.sampled_from([st.just({}), st.just({}), values]).flatmap(lambda kind: kind)


MACHINES = st.fixed_dictionaries(
    {
        "states": st.fixed_dictionaries({name: st.sampled_from([None, True, False]) for name in STATES}),
        "final": st.frozensets(state, max_size=1),
        "rows": st.lists(rows, min_size=3, max_size=9),
        "entered": seldom(st.dictionaries(state, callbacks, max_size=1)),
        "left": seldom(st.dictionaries(state, callbacks, max_size=1)),
        "globals": seldom(st.dictionaries(st.sampled_from(OF_THE_MACHINE), callbacks, max_size=1)),
        "queued": st.booleans(),
        "send_event": st.booleans(),
        "ignore_invalid_triggers": st.sampled_from([None, True]),
        "model_attribute": st.sampled_from(["state", "status", "place"]),
    }
)

_happens = st.tuples(st.sampled_from(["fire", "fire", "call", "may", "by words"]), trigger)
_changes = st.one_of(
    st.tuples(st.just("add"), rows),
    st.tuples(st.just("remove"), trigger, state | st.just("*")),
    st.tuples(st.just("drop row"), trigger, state),
    st.tuples(st.just("enter"), state, callbacks),
    st.tuples(st.just("leave"), state, callbacks),
    st.tuples(st.just("quiet state"), state),
    st.tuples(st.just("hook "), trigger, st.sampled_from(OF_A_ROW), callbacks),
    st.tuples(st.just("of the machine"), st.sampled_from(OF_THE_MACHINE), callbacks | st.none()),
    st.tuples(st.just("redirect"), trigger, state, state),
    st.tuples(st.just("new state"), st.sampled_from(["c", "d"])),
    st.tuples(st.just("lose state"), state),
    st.tuples(st.just("put"), state),
)
_weighed = st.sampled_from([_happens, _happens, _happens, _changes]).flatmap(lambda kind: kind)
OPERATIONS = st.lists(_weighed, min_size=6, max_size=30)


class Model:
    """Something that is moved; `noted` is the library's way of calling a method by its name."""

    def __init__(self, attribute, state, log=None):
        setattr(self, attribute, state)
        self.log = log

    def noted(self, *args):
        self.log.append("noted")


class Run:
    """One machine, one model that was added to it and one that was not, and a log of every call."""

    def __init__(self, kind, machine):
        self.log = []
        self.attribute = machine["model_attribute"]
        self.nested = 0
        states = [
            {
                "name": name,
                "ignore_invalid_triggers": ignore,
                "final": name in machine["final"],
                "on_enter": self._hook(machine["entered"].get(name), f"enter {name}"),
                "on_exit": self._hook(machine["left"].get(name), f"exit {name}"),
            }
            for name, ignore in machine["states"].items()
        ]
        self.guest = Model(self.attribute, "a", self.log)
        self.added = Model(self.attribute, "a", self.log)
        names = ("queued", "send_event", "ignore_invalid_triggers", "model_attribute")
        self.machine = kind(
            model=self.added,
            states=states,
            initial="a",
            auto_transitions=False,
            **{name: machine[name] for name in names},
            **{name: self._hook(what, name) for name, what in machine["globals"].items()},
        )
        for row in machine["rows"]:
            self._add(row)

    @property
    def standing(self):
        return [getattr(self.guest, self.attribute), getattr(self.added, self.attribute), *self.log]

    def do(self, operation):
        """Do it, and return what came of it: a value, or the words of an error."""
        self.nested = 0
        return self._told(*operation)

    def _told(self, what, *arguments):
        try:
            return getattr(self, f"_{what.replace(' ', '_')}")(*arguments)
        except Exception as error:  # noqa: BLE001 - it is what is compared
            return type(error).__name__, str(error)

    def _fire(self, trigger):
        return self.machine.events[trigger].trigger(self.guest, 1, key=2)

    def _call(self, trigger):
        return getattr(self.added, trigger)()

    def _by_words(self, trigger):
        return self.added.trigger(trigger)

    def _may(self, trigger):
        return getattr(self.added, f"may_{trigger}")()

    def _add(self, row):
        hooks = {name: self._hook(what, f"{name} {row['trigger']}") for name, what in row.items() if name in OF_A_ROW}
        asked = {name: self._answer(row[name], name) for name in ("conditions", "unless") if name in row}
        self.machine.add_transition(row["trigger"], row["source"], row["dest"], **hooks, **asked)

    def _remove(self, trigger, source):
        self.machine.remove_transition(trigger, source=source)

    def _drop_row(self, trigger, source):
        self.machine.events[trigger].transitions[source].pop(0)

    def _enter(self, state, what):
        self.machine.states[state].add_callback("enter", self._hook(what, f"enter {state}"))

    def _leave(self, state, what):
        self.machine.states[state].on_exit.append(self._hook(what, f"exit {state}"))

    def _quiet_state(self, state):
        self.machine.states[state].on_enter.clear()
        self.machine.states[state].on_exit = []

    def _hook_(self, trigger, place, what):
        self.machine.events[trigger].add_callback(place, self._hook(what, f"{place} {trigger}"))

    def _of_the_machine(self, name, what):
        setattr(self.machine, name, self._hook(what, name))

    def _redirect(self, trigger, source, dest):
        self.machine.get_transitions(trigger, source)[0].dest = dest

    def _new_state(self, name):
        self.machine.add_states(name)

    def _lose_state(self, name):
        del self.machine.states[name]

    def _put(self, state):
        setattr(self.guest, self.attribute, state)

    def _hook(self, what, place):
        if what is None or what == "by name":
            return what and "noted"

        def called(*args, **kwargs):
            models = (self.guest, self.added)
            self.log.append((place, len(args), sorted(kwargs), [getattr(model, self.attribute) for model in models]))
            if what == "raise":
                raise ValueError(place)
            if what.startswith("fire") and self.nested < 3:
                self.nested += 1
                self.log.append(self._told("fire", what.removeprefix("fire ")))

        return called

    def _answer(self, what, place):
        def asked(*args, **kwargs):
            self.log.append((place, what))
            if what == "raise":
                raise ValueError(place)
            return what == "yes"

        return asked
