// Our own engine by `maxbooster bench queue`: `node maxbooster.mjs PROGRAM DATABASE_URL JOBS`, on
// an empty database of the same server as the peers'.
import { execFileSync } from "node:child_process";

const [program, url, jobs] = process.argv.slice(2);

for (const mode of ["drain", "enqueue-32", "enqueue-256", "pickup"]) {
  const words = ["bench", "queue", "--json", mode, "--database-url", url, "--jobs", jobs];
  process.stdout.write(execFileSync(program, words, { encoding: "utf8" }));
}
