import { describe, expect, test } from "vitest";
import { ControlClock } from "../../../src/sandbox/clock.js";
import { control, makeFolder, startFast } from "./sandbox-fixture.js";

describe("the clock", () => {
  test("CORE-20: sleepers wake in order when time is advanced past them", async () => {
    const clock = new ControlClock();
    const woken: string[] = [];
    const hour = clock.sleep(3_600_000).then(() => woken.push("hour"));
    const minute = clock.sleep(60_000).then(() => woken.push("minute"));
    clock.advance(59_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(woken).toEqual([]);
    clock.advance(3_600_000);
    await Promise.all([hour, minute]);
    expect(woken).toEqual(["minute", "hour"]);
  });

  test("CORE-21: a sleep ends with its signal, before or during", async () => {
    const clock = new ControlClock();
    await expect(clock.sleep(1000, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    const stopping = new AbortController();
    const sleeping = clock.sleep(3_600_000, stopping.signal);
    stopping.abort(new Error("stop"));
    await expect(sleeping).rejects.toThrow("stop");
  });

  test("CORE-22: at another speed, time passes faster and sleepers wake sooner", async () => {
    const clock = new ControlClock();
    clock.setSpeed(10_000);
    const before = clock.now().getTime();
    await clock.sleep(60_000);
    expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(60_000);
  });

  test("CORE-23: it is moved over the control endpoint and stays ahead after a restart", async () => {
    const folder = makeFolder();
    const first = await startFast(folder.path);
    const answer = await control(first, "POST", "clock", { advance: 86_400 });
    expect(Date.parse(answer.json.now) - Date.now()).toBeGreaterThan(86_390_000);
    expect((await control(first, "POST", "clock", { advance: -1 })).status).toBe(400);
    await first.close();
    const second = await startFast(folder.path);
    const now = await control(second, "GET", "clock");
    expect(Date.parse(now.json.now) - Date.now()).toBeGreaterThan(86_390_000);
    await second.close();
    folder.remove();
  });
});
