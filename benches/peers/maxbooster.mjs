// Our own engine, by `maxbooster bench queue`, which wants an empty database for each mode.
import { execFileSync } from "node:child_process";

/** What is set beside the peers: our mode, and how many callers. */
export const MODES = [
  ["drain", 1],
  ["enqueue-single", 32],
  ["enqueue-coalesced", 32],
  ["enqueue-single", 256],
  ["enqueue-coalesced", 256],
  ["pickup", 1],
];

/** As many lone jobs as the peers'. */
const LONE_JOBS = 200;

/** The figures of one mode, as lines of JSON. */
export function measure(program, mode, callers, url, jobs) {
  const count = mode === "pickup" ? LONE_JOBS : jobs;
  const words = ["--database-url", url, "--jobs", String(count), "--callers", String(callers)];
  return execFileSync(program, ["bench", "queue", "--json", mode, ...words], { encoding: "utf8" });
}
