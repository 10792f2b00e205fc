// graphile-worker: `node graphile-worker.mjs DATABASE_URL JOBS`, on an empty database.
//
// Its guide's means for throughput are all used: a local queue, batched completion, many jobs at
// once, a pool with room. Several combinations are measured, and the driver keeps the best.
import { performance } from "node:perf_hooks";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { Pool } from "pg";
import { countdown, enqueue, pickup, rate, report } from "./measure.mjs";

const [url, jobsText] = process.argv.slice(2);
const jobs = Number(jobsText);
const system = "graphile-worker";
const logger = new Logger(() => () => {});

// A job is a transaction each here; more of them would only take longer.
const SINGLES = Math.min(jobs, 2000);

const drains = [
  { concurrentJobs: 24, maxPoolSize: 24 },
  { concurrentJobs: 96, maxPoolSize: 10, batch: 5, size: 1000 },
  { concurrentJobs: 96, maxPoolSize: 20, batch: 5, size: 1000 },
  { concurrentJobs: 96, maxPoolSize: 20, batch: 0, size: 1000 },
  { concurrentJobs: 24, maxPoolSize: 10, batch: 5, size: 500 },
];

function preset({ concurrentJobs, maxPoolSize, batch, size }) {
  const worker = { connectionString: url, concurrentJobs, maxPoolSize, logger, preparedStatements: true };
  if (size !== undefined) {
    worker.localQueue = { size };
    worker.completeJobBatchDelay = batch;
    worker.failJobBatchDelay = batch;
  }
  return { worker };
}

function told({ concurrentJobs, maxPoolSize, batch, size }) {
  const plain = `concurrency ${concurrentJobs}, pool ${maxPoolSize}`;
  return size === undefined ? plain : `${plain}, local queue ${size}, batch delay ${batch} ms`;
}

async function utilities(maxPoolSize) {
  const pool = new Pool({ connectionString: url, max: maxPoolSize });
  // Both want a handler; a broken connection fails the query that was on it as well.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  return { pool, utils, end: async () => { await utils.release(); await pool.end(); } };
}

async function drain(settings) {
  const { pool, end } = await utilities(2);
  await pool.query(
    "SELECT graphile_worker.add_jobs(array_agg(json_populate_record(null::graphile_worker.job_spec, " +
      "json_build_object('identifier', 'noop', 'payload', json_build_object('n', n))))) " +
      "FROM generate_series(1, $1) n",
    [jobs],
  );
  await pool.query("VACUUM ANALYZE");
  const { done, ran } = countdown(jobs);
  const started = performance.now();
  const runner = await run({ preset: preset(settings), taskList: { noop: async () => ran() } });
  await done;
  // Completed means deleted here, and the last batch is part of the work.
  let left = jobs;
  while (left > 0) {
    const { rows } = await pool.query("SELECT count(*)::int AS left FROM graphile_worker._private_jobs");
    left = rows[0].left;
  }
  report({ system, mode: "drain", settings: `${told(settings)}, rows deleted`, ...rate(jobs, started) });
  await runner.stop();
  await end();
}

async function singles(callers, maxPoolSize) {
  const { pool, utils, end } = await utilities(maxPoolSize);
  const figure = await enqueue(SINGLES, callers, (n) => utils.addJob("noop", { n }));
  report({ system, mode: `enqueue-${callers}`, settings: `pool ${maxPoolSize}`, ...figure });
  await pool.query("TRUNCATE graphile_worker._private_jobs");
  await end();
}

async function latency(settings) {
  const { utils, end } = await utilities(4);
  let begun = () => {};
  const runner = await run({ preset: preset(settings), taskList: { noop: async () => begun() } });
  const figure = await pickup((n) => utils.addJob("noop", { n }), (heard) => (begun = heard));
  report({ system, mode: "pickup", settings: told(settings), ...figure });
  await runner.stop();
  await end();
}

for (const settings of drains) await drain(settings);
for (const callers of [32, 256]) {
  for (const maxPoolSize of [10, 20, 32]) await singles(callers, maxPoolSize);
}
await latency({ concurrentJobs: 24, maxPoolSize: 10 });
await latency({ concurrentJobs: 96, maxPoolSize: 10, batch: 5, size: 1000 });
process.exit(0);
