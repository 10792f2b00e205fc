// BullMQ: `node bullmq.mjs REDIS_URL JOBS`, on an empty Redis.
import { performance } from "node:perf_hooks";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { countdown, enqueue, pickup, rate, report } from "./measure.mjs";

const [url, jobsText] = process.argv.slice(2);
const jobs = Number(jobsText);
const system = "BullMQ";
const NAME = "noop";
const connect = () => new Redis(url, { maxRetriesPerRequest: null });

/** Runs `measure(queue)` on a queue that is gone afterwards. */
async function withQueue(measure) {
  const connection = connect();
  const queue = new Queue(NAME, { connection });
  await measure(queue);
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
}

const drain = (concurrency, removed) =>
  withQueue(async (queue) => {
    const opts = { removeOnComplete: removed };
    for (let from = 0; from < jobs; from += 1000) {
      const count = Math.min(1000, jobs - from);
      await queue.addBulk(Array.from({ length: count }, (_, n) => ({ name: NAME, data: { n: from + n }, opts })));
    }
    const { done, ran } = countdown(jobs);
    const connection = connect();
    const started = performance.now();
    const worker = new Worker(NAME, async () => {}, { connection, concurrency });
    // Unlike the body's start, this event comes after Redis has taken the job's end.
    worker.on("completed", ran);
    await done;
    const settings = `concurrency ${concurrency}, ${removed ? "removeOnComplete" : "kept"}`;
    report({ system, mode: removed ? "drain" : "drain-kept", settings, ...rate(jobs, started) });
    await worker.close();
    connection.disconnect();
  });

const singles = (callers) =>
  withQueue(async (queue) => {
    const figure = await enqueue(jobs, callers, (n) => queue.add(NAME, { n }));
    report({ system, mode: `enqueue-${callers}`, settings: "AOF everysec: not durable a job", ...figure });
  });

const latency = () =>
  withQueue(async (queue) => {
    let begun = () => {};
    const connection = connect();
    const worker = new Worker(NAME, async () => begun(), { connection, concurrency: 50 });
    await worker.waitUntilReady();
    const opts = { removeOnComplete: true };
    const figure = await pickup((n) => queue.add(NAME, { n }, opts), (heard) => (begun = heard));
    report({ system, mode: "pickup", settings: "concurrency 50", ...figure });
    await worker.close();
    connection.disconnect();
  });

for (const concurrency of [50, 100, 300]) await drain(concurrency, true);
for (const concurrency of [50, 100]) await drain(concurrency, false);
for (const callers of [32, 256]) await singles(callers);
await latency();
process.exit(0);
