// Follows one job by Server-Sent Events. EventSource cannot send the Authorization header, so the stream is read through fetch.

import { open, Problem } from "./api.js";
import { TERMINAL_STATES } from "./format.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A stream silent for this long (not even a keep-alive comment) is taken for dead and opened anew. */
const SILENCE_MS = 60_000;

/** Yields `{ event, data }` for each message of an event stream, per the WHATWG parsing rules. */
export async function* messages(body, onBytes = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let event = "";
  let data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    text += value;
    // A carriage return at the very end may be the first half of CR LF: it waits for the next chunk.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    text = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event: event || "message", data: data.join("\n") };
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const content = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = content;
      else if (field === "data") data.push(content);
    }
  }
}

/** Waits, or ends at once with the signal's reason when it fires. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

async function followOnce(jobId, signal, onJob) {
  const attempt = new AbortController();
  const stop = () => attempt.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  let watchdog;
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => attempt.abort(), SILENCE_MS);
  };
  try {
    heard();
    const response = await open(`/v1/jobs/${encodeURIComponent(jobId)}/events`, {
      headers: { Accept: "text/event-stream" },
      signal: attempt.signal,
    });
    for await (const message of messages(response.body, heard)) {
      if (message.event !== "job") continue;
      const job = JSON.parse(message.data);
      onJob(job);
      if (TERMINAL_STATES.has(job.state)) return job;
    }
    return null;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
    attempt.abort();
  }
}

/**
 * Follows a job to its end and resolves to its last state. Lost connections are
 * taken up again after a pause that doubles, with jitter, so that many pages do
 * not return in step. Rejects when the signal fires or the platform refuses for good.
 */
export async function followJob(jobId, { signal, onJob, onConnected }) {
  let longest = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const last = await followOnce(jobId, signal, (job) => {
        longest = FIRST_PAUSE_MS;
        onConnected(true);
        onJob(job);
      });
      if (last) return last;
    } catch (fault) {
      signal.throwIfAborted();
      if (fault instanceof Problem && !fault.passing) throw fault;
    }
    onConnected(false);
    await pause(longest * (0.5 + Math.random() / 2), signal);
    longest = Math.min(longest * 2, LONGEST_PAUSE_MS);
  }
}
