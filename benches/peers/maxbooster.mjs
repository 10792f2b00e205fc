// Our own engine by `maxbooster bench queue`: `node maxbooster.mjs PROGRAM DATABASE_URL JOBS MODE`,
// on an empty database of the same server as the peers'.
import { execFileSync } from "node:child_process";

const [program, url, jobs, mode] = process.argv.slice(2);

const words = {
  drain: ["drain", "--jobs", jobs],
  "enqueue-32": ["enqueue-coalesced", "--callers", "32", "--jobs", jobs],
  "enqueue-256": ["enqueue-coalesced", "--callers", "256", "--jobs", jobs],
  pickup: ["pickup", "--jobs", "200"],
};

const said = execFileSync(
  program,
  ["bench", "queue", "--json", ...words[mode], "--database-url", url],
  { encoding: "utf8" },
);
const figure = { ...JSON.parse(said), mode };
// Of lone jobs only the waits mean something.
if (mode === "pickup") delete figure.per_second;
process.stdout.write(`${JSON.stringify(figure)}\n`);
