// What every peer's script measures, in the same way.
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** How many lone jobs a pick-up figure comes from. */
const LONE_JOBS = 200;
/** The pause before each, so that whoever waits has come to rest. */
const REST_MS = 10;

/** Prints one figure as a line of JSON. */
export function report(figure) {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** A rate: how many, and how long it took since `started`. */
export function rate(jobs, started) {
  const seconds = (performance.now() - started) / 1000;
  return { jobs, seconds, per_second: jobs / seconds };
}

/** Calls `add` `jobs` times from `callers` loops at once, each waiting for its answer. */
export async function enqueue(jobs, callers, add) {
  let next = 0;
  const caller = async () => {
    while (next < jobs) await add(next++);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return rate(jobs, started);
}

/** Something that resolves once `count` bodies have run. */
export function countdown(count) {
  let finish;
  const done = new Promise((resolve) => (finish = resolve));
  return { done, ran: () => (--count === 0 ? finish() : undefined) };
}

/** From the call that adds a job to the start of its body, for lone jobs one after another.
 * `begun` is called by the body. */
export async function pickup(add, onBegun) {
  const waited = [];
  for (let number = 0; number < LONE_JOBS; number += 1) {
    await sleep(REST_MS);
    const begun = new Promise((resolve) => onBegun(() => resolve(performance.now())));
    const started = performance.now();
    await add(number);
    waited.push((await begun) - started);
  }
  waited.sort((a, b) => a - b);
  const at = (share) => waited[Math.min(waited.length - 1, Math.floor(waited.length * share))];
  return { jobs: LONE_JOBS, p50_ms: at(0.5), p99_ms: at(0.99) };
}
