// What is kept of a machine after each event, from first boot to crash loops.
import { describe, expect, test } from "@jest/globals";
import { applyEvent, assertConsistent } from "../../src/domain/provisioning.ts";
import {
  type EventContainer,
  type EventType,
  eventTypes,
  isEventType,
  maxEvents,
  noEvents,
  type ProvisioningEvent,
  touch,
} from "../../src/domain/provisioning-event.ts";
import {
  currentState,
  type ProvisioningState,
  provisioningStates,
} from "../../src/domain/provisioning-state.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

const event = (type: EventType, time: number, message = ""): ProvisioningEvent => ({
  time,
  event: type,
  message,
});

/** The container after events that come a minute apart, or at the minute given with them. */
function after(...sent: readonly (EventType | readonly [EventType, minute: number])[]) {
  return sent.reduce<EventContainer>((container, one, index) => {
    const [type, at] = typeof one === "string" ? [one, index] : one;
    return applyEvent(container, event(type, start + at * minute));
  }, noEvents);
}

const types = ({ events }: EventContainer) => events.map((one) => one.event).reverse();

/** What an event can do, as seen from outside. A flag that is left out stays as it is. */
interface Effect {
  readonly kept: boolean;
  readonly touched: boolean;
  readonly crashLoop?: boolean;
  readonly failedReclaim?: boolean;
  readonly error?: "crash" | "unexpected";
}

const appended: Effect = { kept: true, touched: true };
const touched: Effect = { kept: false, touched: true };
const nothing: Effect = { kept: false, touched: false };
const settled: Effect = { ...appended, crashLoop: false };
const crashed: Effect = { ...appended, crashLoop: true, error: "crash" };
const begun: Effect = { ...appended, failedReclaim: false };
const begunAgain: Effect = { ...touched, failedReclaim: false };
const lingers: Effect = { ...touched, failedReclaim: true };

/** Unless listed below, an event is unexpected. */
const unexpected = new Map<EventType, Effect>(
  eventTypes.map((type) => [type, { ...appended, error: "unexpected" }]),
)
  .set("Alive", { ...touched, error: "unexpected" })
  .set("PXE Booting", { ...appended, error: "unexpected", crashLoop: true })
  .set("Preparing", { ...appended, error: "unexpected", crashLoop: true });

const running: readonly ProvisioningState[] = [
  "Initial",
  "PXE Booting",
  "Preparing",
  "Registering",
  "Waiting",
  "Installing",
  "Booting New Kernel",
];
const resting: readonly ProvisioningState[] = ["Planned Reboot", "Machine Reclaim", "Crashing"];

/** By event: in which states it has which effect, ten minutes and one minute after the last contact. */
const expected: Readonly<
  Record<EventType, readonly (readonly [readonly ProvisioningState[], Effect, Effect])[]>
> = {
  Alive: [[running, touched, touched]],
  Crashed: [[running, crashed, crashed]],
  "PXE Booting": [
    [["Initial", ...resting], begun, begun],
    [["PXE Booting"], begunAgain, begunAgain],
  ],
  "Planned Reboot": [[provisioningStates, settled, settled]],
  Preparing: [[["Initial", "PXE Booting", ...resting], begun, begun]],
  Registering: [[["Initial", "Preparing"], appended, appended]],
  Waiting: [[["Initial", "Registering"], appended, appended]],
  Installing: [[["Initial", "Registering", "Waiting"], appended, appended]],
  "Booting New Kernel": [[["Initial", "Installing"], appended, appended]],
  "Phoned Home": [
    [["Initial", "Booting New Kernel", "Planned Reboot"], settled, settled],
    [["Phoned Home"], touched, touched],
    [["Machine Reclaim"], lingers, nothing],
    [["Registering", "Waiting"], appended, nothing],
    [["PXE Booting"], begunAgain, nothing],
    [["Preparing"], begun, nothing],
  ],
  "Machine Reclaim": [[provisioningStates, settled, settled]],
};

const pairs = provisioningStates.flatMap((state) =>
  eventTypes.flatMap((type) => {
    const none = unexpected.get(type) ?? nothing;
    const [, late = none, soon = none] =
      expected[type].find(([states]) => states.includes(state)) ?? [];
    return [
      { state, type, minutes: 10, effect: late },
      { state, type, minutes: 1, effect: soon },
    ];
  }),
);

/** A container in this state, last heard of at `start`. */
function inState(state: ProvisioningState, flags: Partial<EventContainer>): EventContainer {
  const type = state === "Crashing" ? "Crashed" : state;
  const events = isEventType(type) ? [event(type, start - minute)] : [];
  return { ...noEvents, liveliness: "Dead", events, lastEventTime: start, ...flags };
}

describe("every event has its outcome in every state", () => {
  test("all pairs are listed", () => {
    expect(pairs.length).toBe(2 * 11 * 11);
    const count = (error: Effect["error"]) =>
      pairs.filter(({ effect }) => effect.error === error).length / 2;
    expect([count("unexpected"), count("crash"), count(undefined)]).toEqual([57, 7, 57]);
  });

  test.each(pairs)("$type in $state, $minutes min later", ({ state, type, minutes, effect }) => {
    for (const flag of [true, false]) {
      const before = inState(state, { crashLoop: flag, failedReclaim: flag });
      const sent = event(type, start + minutes * minute, "why");
      const result = applyEvent(before, sent);
      const noted = effect.error === undefined ? sent : result.lastErrorEvent;
      const mark = `[unexpectedly received in state ${state.toLowerCase()}]: `;
      expect(currentState(before)).toBe(state);
      expect(noted).toEqual({
        ...sent,
        message: `${effect.error === "unexpected" ? mark : ""}why`,
      });
      expect(result).toEqual({
        events: effect.kept ? [noted, ...before.events] : before.events,
        lastEventTime: effect.touched ? sent.time : start,
        liveliness: effect.touched ? "Alive" : "Dead",
        crashLoop: effect.crashLoop ?? flag,
        failedReclaim: effect.failedReclaim ?? flag,
        lastErrorEvent: effect.error === undefined ? undefined : noted,
      });
      if (effect === nothing) expect(result).toBe(before);
      expect(() => assertConsistent(result)).not.toThrow();
    }
  });
});

describe("a machine boots", () => {
  test("the first PXE boot is kept", () => {
    const container = after("PXE Booting");
    expect(container).toEqual({
      events: [event("PXE Booting", start)],
      lastEventTime: start,
      crashLoop: false,
      failedReclaim: false,
      liveliness: "Alive",
    });
  });

  test("being alive is no event that is kept, but contact", () => {
    expect(after("Alive")).toEqual(touch(noEvents, start));
    expect(types(after("PXE Booting", "Preparing", "Registering", "Waiting", "Alive"))).toEqual([
      "PXE Booting",
      "Preparing",
      "Registering",
      "Waiting",
    ]);
  });

  test("PXE boots in a row are kept once", () => {
    const container = after("PXE Booting", "PXE Booting");
    expect(types(container)).toEqual(["PXE Booting"]);
    expect(container.lastEventTime).toBe(start + minute);
  });

  test.each<[string, EventType[]]>([
    ["the whole way", ["PXE Booting", "Preparing", "Registering", "Waiting", "Installing"]],
    ["reinstalling does not wait", ["PXE Booting", "Preparing", "Registering", "Installing"]],
    ["a reboot without PXE", ["Planned Reboot", "Preparing"]],
    ["a reclaim without PXE", ["Machine Reclaim", "Preparing"]],
    ["back from disk", ["Planned Reboot", "Phoned Home"]],
    ["phoning home", ["Installing", "Booting New Kernel", "Phoned Home"]],
  ])("%s is no error", (_, sent) => {
    const container = after(...sent);
    expect(types(container)).toEqual(sent);
    expect(container.lastErrorEvent).toBeUndefined();
    expect(container.crashLoop).toBe(false);
  });

  test("registering touches, so that the next event is expected", () => {
    const registered = touch(noEvents, start);
    const container = applyEvent(registered, event("Waiting", start + minute));
    expect(types(container)).toEqual(["Waiting"]);
    expect(container.lastErrorEvent).toBeUndefined();
  });

  test("an Alive that another system kept does not make the next event unexpected", () => {
    const events = [event("Alive", start), event("Registering", start - minute)];
    const foreign: EventContainer = { ...noEvents, lastEventTime: start, events };
    expect(currentState(foreign)).toBe("Registering");
    expect(applyEvent(foreign, event("Waiting", start)).lastErrorEvent).toBeUndefined();
    expect(currentState({ events: [event("Alive", start)] })).toBe("Initial");
  });
});

describe("a machine crashes", () => {
  test("a crash while installing is a loop and an error", () => {
    const container = after("Installing", "Crashed");
    expect(currentState(container)).toBe("Crashing");
    expect(container.crashLoop).toBe(true);
    expect(container.lastErrorEvent).toEqual(event("Crashed", start + minute));
  });

  test("booting again does not end the loop, nor does waiting", () => {
    const container = after("Crashed", "PXE Booting", "Preparing", "Registering", "Waiting");
    expect(container.crashLoop).toBe(true);
  });

  test("preparing while registering is a loop, and the message says so", () => {
    const before = after("Preparing", "Registering");
    const sent = event("Preparing", start + 2 * minute, "starting");
    const container = applyEvent(before, sent);
    const message = "[unexpectedly received in state registering]: starting";
    expect(container.crashLoop).toBe(true);
    expect(container.lastErrorEvent).toEqual({ ...sent, message });
    expect(container.events[0]).toEqual({ ...sent, message });
  });

  test("an unexpected event without a message has only the mark", () => {
    expect(after("Phoned Home", "Waiting").lastErrorEvent?.message).toBe(
      "[unexpectedly received in state phoned home]",
    );
  });

  test("an unexpected event defines the next state", () => {
    expect(currentState(after("Preparing", "Waiting"))).toBe("Waiting");
  });

  test("being alive after phoning home is an error, yet not kept", () => {
    const container = after("Phoned Home", "Alive");
    expect(types(container)).toEqual(["Phoned Home"]);
    expect(container.lastErrorEvent?.event).toBe("Alive");
    expect(container.crashLoop).toBe(false);
  });

  test.each<EventType[]>([
    ["Crashed", "Planned Reboot"],
    ["Crashed", "Machine Reclaim"],
    ["Crashed", "PXE Booting", "Preparing", "Planned Reboot"],
    ["Installing", "PXE Booting", "Planned Reboot", "Phoned Home"],
  ])("%s … %s ends the loop", (...sent) => {
    expect(after(...sent.slice(0, -1)).lastErrorEvent).toBeDefined();
    expect(after(...sent).crashLoop).toBe(false);
  });

  test("phoning home from a new kernel ends the loop", () => {
    const looping = { ...after("Installing", "Booting New Kernel"), crashLoop: true };
    expect(applyEvent(looping, event("Phoned Home", start + 2 * minute)).crashLoop).toBe(false);
  });
});

describe("a machine is given back", () => {
  const reclaimed = after("Phoned Home", "Machine Reclaim");

  test("phoning home again and again is kept once", () => {
    expect(types(after("Phoned Home", "Phoned Home", "Phoned Home"))).toEqual(["Phoned Home"]);
  });

  test.each([
    ["4 min later it is ignored", 4 * minute, false],
    ["5 min later it is ignored", 5 * minute, false],
    ["later the reclaim failed", 5 * minute + 1, true],
    ["10 min later the reclaim failed", 10 * minute, true],
  ])("phoning home: %s", (_, laterMs, failed) => {
    const time = start + minute + laterMs;
    const container = applyEvent(reclaimed, event("Phoned Home", time));
    expect(container.failedReclaim).toBe(failed);
    expect(container.lastEventTime).toBe(failed ? time : start + minute);
    expect(types(container)).toEqual(types(reclaimed));
  });

  test("what is ignored does not delay: the 5 minutes count from the reclaim", () => {
    const times = [1, 2, 3, 4, 5, 6].map((one) => ["Phoned Home", one + 0.5] as const);
    const container = after(["Phoned Home", 0], ["Machine Reclaim", 0], ...times);
    expect(container.failedReclaim).toBe(true);
  });

  test.each<EventType>(["PXE Booting", "Preparing"])("%s: it worked after all", (type) => {
    const failed = applyEvent(reclaimed, event("Phoned Home", start + 20 * minute));
    const container = applyEvent(failed, event(type, start + 21 * minute));
    expect([failed.failedReclaim, container.failedReclaim]).toEqual([true, false]);
  });
});

describe("news of a machine that waits comes late", () => {
  const waiting = after("Registering", "Waiting");

  test.each([
    ["within 4 min ignored", 4 * minute, false],
    ["after 5 min kept", 5 * minute, true],
    ["after 10 min kept", 10 * minute, true],
  ])("%s", (_, laterMs, kept) => {
    const container = applyEvent(waiting, event("Phoned Home", start + minute + laterMs));
    expect(currentState(container)).toBe(kept ? "Phoned Home" : "Waiting");
    expect(container.lastErrorEvent).toBeUndefined();
  });

  test("kept if nothing else was heard of the machine", () => {
    const { lastEventTime: _, ...unheard } = waiting;
    expect(currentState(applyEvent(unheard, event("Phoned Home", start)))).toBe("Phoned Home");
  });
});

describe("what is kept", () => {
  test("is bounded, the oldest goes", () => {
    const reboots = Array.from({ length: maxEvents + 5 }, () => "Planned Reboot" as const);
    const container = after("PXE Booting", ...reboots);
    expect(container.events.length).toBe(maxEvents);
    expect(new Set(types(container))).toEqual(new Set(["Planned Reboot"]));
  });

  test("stays in order when the clock of another server is behind", () => {
    const container = applyEvent(after("Registering"), event("Waiting", start - 1000));
    expect(container.events.map(({ time }) => time)).toEqual([start, start]);
    expect(() => assertConsistent(container)).not.toThrow();
  });

  test.each<[string, EventContainer]>([
    ["nothing", noEvents],
    ["a sorted list", after("Registering", "Waiting")],
    ["events at the same time", after(["Registering", 0], ["Waiting", 0])],
  ])("%s is consistent", (_, container) => {
    expect(() => assertConsistent(container)).not.toThrow();
  });

  test.each<[reason: string, Partial<EventContainer>]>([
    ["last_event_time: is missing", { events: [event("Waiting", 1)] }],
    [
      "last_event_time: is older than the newest event",
      { lastEventTime: 0, events: [event("Waiting", 1)] },
    ],
    [
      "events[2]: is newer than the event before it",
      { lastEventTime: 3, events: [1, 0, 2].map((at) => event("Waiting", at)) },
    ],
  ])("%s", (reason, given) => {
    expect(() => assertConsistent({ ...noEvents, ...given })).toThrow(reason);
  });
});

test.each([
  ["Phoned Home", true],
  ["phoned home", false],
  ["Crashing", false],
  ["", false],
])('"%s" names an event: %s', (text, answer) => {
  expect(isEventType(text)).toBe(answer);
});
