import type { Clock, Collection } from "./ports.js";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
  timer: NodeJS.Timeout;
}

/** The longest delay that setTimeout takes. */
const longestTimeout = 2 ** 31 - 1;

/**
 * The sandbox's own time: the machine's, until someone advances it or changes its speed. The
 * distance to the machine's time is kept, so that a restart does not turn time back.
 */
export class ControlClock implements Clock {
  private base: number;
  private realBase = Date.now();
  private speed = 1;
  private readonly sleepers = new Set<Sleeper>();

  constructor(private readonly memory?: Collection<number>) {
    this.base = this.realBase + (memory?.get("ahead") ?? 0);
  }

  now(): Date {
    return new Date(this.milliseconds());
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const until = this.milliseconds() + milliseconds;
    await new Promise<void>((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(sleeper.timer);
        this.sleepers.delete(sleeper);
        signal?.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        finish();
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        until,
        wake: () => {
          finish();
          resolve();
        },
        timer: setTimeout(() => {}, 0),
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.sleepers.add(sleeper);
      this.arm(sleeper);
    });
  }

  /** Moves time ahead; everything that slept until then wakes, in order. */
  advance(milliseconds: number): void {
    this.rebase(this.milliseconds() + milliseconds);
  }

  /** Sandbox seconds per real second. */
  setSpeed(speed: number): void {
    this.rebase(this.milliseconds());
    this.speed = speed;
    this.rebase(this.base);
  }

  private milliseconds(): number {
    return this.base + (Date.now() - this.realBase) * this.speed;
  }

  private rebase(base: number): void {
    this.base = base;
    this.realBase = Date.now();
    this.memory?.set("ahead", this.base - this.realBase);
    for (const sleeper of [...this.sleepers].sort((a, b) => a.until - b.until)) this.arm(sleeper);
  }

  private arm(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    const left = Math.ceil((sleeper.until - this.milliseconds()) / this.speed);
    // Rounding of timers may fire one a millisecond early: it is then set again.
    sleeper.timer = setTimeout(
      () => {
        if (this.milliseconds() >= sleeper.until) sleeper.wake();
        else this.arm(sleeper);
      },
      Math.min(Math.max(left, 0), longestTimeout),
    );
    sleeper.timer.unref();
  }
}
