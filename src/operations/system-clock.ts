import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../domain/clock.js";

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};
