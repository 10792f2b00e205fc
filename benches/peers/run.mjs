// Measures the peers on this machine in interleaved rounds and prints one table, with ratios to
// our own figures where a file of them is given. See README.md.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MODES, measure } from "./maxbooster.mjs";
import { start } from "./servers.mjs";
import { table } from "./table.mjs";

const { values: args } = parseArgs({
  options: {
    jobs: { type: "string", default: "50000" },
    rounds: { type: "string", default: "3" },
    peers: { type: "string", default: "graphile-worker,bullmq,river" },
    riverqueue: { type: "string" },
    maxbooster: { type: "string" },
    ours: { type: "string" },
  },
});

const servers = await start();
process.once("SIGINT", () => servers.stop().then(() => process.exit(130)));
process.once("SIGTERM", () => servers.stop().then(() => process.exit(143)));

const peers = {
  "graphile-worker": () => script("graphile-worker.mjs", servers.database("graphile"), args.jobs),
  bullmq: () => {
    servers.redis.empty();
    return script("bullmq.mjs", servers.redis.url, args.jobs);
  },
  river: () => script("river.mjs", args.riverqueue, servers.database("river"), args.jobs),
  maxbooster: () =>
    MODES.flatMap(([mode, callers]) =>
      lines(measure(args.maxbooster, mode, callers, servers.database("maxbooster"), args.jobs)),
    ),
};

try {
  const chosen = args.peers.split(",").filter((name) => name !== "river" || args.riverqueue);
  if (args.maxbooster) chosen.unshift("maxbooster");
  const figures = args.ours ? lines(readFileSync(args.ours, "utf8")) : [];
  for (let round = 1; round <= Number(args.rounds); round += 1) {
    for (const name of chosen) {
      process.stderr.write(`round ${round}: ${name}\n`);
      for (const figure of await peers[name]()) figures.push(figure);
    }
  }
  process.stdout.write(`${args.jobs} jobs, median of ${args.rounds} rounds, ${availableParallelism()} cores\n\n`);
  process.stdout.write(table(figures));
} finally {
  await servers.stop();
}

/** Runs one of our scripts and answers the figures it printed. */
async function script(name, ...words) {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [path, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const figures = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stderr.write(`${line}\n`);
    figures.push(...lines(line));
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return figures;
}

/** Every line that is JSON: programs may say other things between. */
function lines(text) {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
