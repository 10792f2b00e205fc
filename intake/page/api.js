// The platform's HTTP interface as this page uses it: the token, JSON calls, uploads and downloads with progress, problems.

const TOKEN_KEY = "maxbooster.token";

/** The owner's token: for this browser tab only. */
export const token = {
  read: () => sessionStorage.getItem(TOKEN_KEY),
  keep: (value) => sessionStorage.setItem(TOKEN_KEY, value),
  forget: () => sessionStorage.removeItem(TOKEN_KEY),
};

/** Fired on the document when the platform refuses the token. */
export const TOKEN_REFUSED = "token-refused";

/** A problem-details answer (RFC 9457), or a fault on the way there (status 0). */
export class Problem extends Error {
  constructor({ status = 0, title, detail, code, field, request_id: requestId, retryAfter }) {
    super(detail ?? title ?? "The platform gave no reason.");
    this.name = "Problem";
    this.status = status;
    this.title = title ?? "The platform refused this";
    this.detail = retryAfter ? `${this.message} Try again in ${retryAfter} s.` : this.message;
    this.code = code ?? (status ? `http_${status}` : "no_answer");
    this.field = field ?? null;
    this.requestId = requestId ?? null;
  }

  /** Whether the same request may succeed later without being changed. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

function unreachable() {
  return new Problem({ title: "The platform did not answer", detail: "Check that it is still running, then try again." });
}

function problemFrom(status, text, retryAfter) {
  let body = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // A proxy in between may answer with a page of its own; the status then says all there is.
  }
  // Only strings and numbers may be shown, whatever the answer holds.
  const said = (value) => (typeof value === "string" && value !== "" ? value : undefined);
  const problem = new Problem({
    status,
    title: said(body.title),
    detail: said(body.detail) ?? said(body.title) ?? `The platform answered with status ${status}.`,
    code: said(body.code),
    field: said(body.field),
    request_id: said(body.request_id),
    retryAfter: /^\d+$/.test(retryAfter ?? "") ? retryAfter : undefined,
  });
  if (status === 401) document.dispatchEvent(new CustomEvent(TOKEN_REFUSED, { detail: problem }));
  return problem;
}

function authorised(headers = {}) {
  return { Authorization: `Bearer ${token.read() ?? ""}`, ...headers };
}

/** Sends a request and gives the response when it is a success; throws a Problem otherwise. */
export async function open(path, { method = "GET", headers, body, signal } = {}) {
  let response;
  try {
    response = await fetch(path, { method, headers: authorised(headers), body, signal, cache: "no-store" });
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw unreachable();
  }
  if (!response.ok) throw problemFrom(response.status, await response.text().catch(() => ""), response.headers.get("Retry-After"));
  return response;
}

/** Sends a request and gives its JSON body, or null when it has none. */
export async function json(path, options) {
  const response = await open(path, options);
  try {
    const text = await response.text();
    return text === "" ? null : JSON.parse(text);
  } catch (fault) {
    if (options?.signal?.aborted) throw fault;
    throw unreachable();
  }
}

/** Posts JSON under an idempotency key. */
export function post(path, value, idempotencyKey) {
  return json(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
    body: JSON.stringify(value),
  });
}

/** A fresh random key of 128 bits. `crypto.randomUUID` is missing on plain-http addresses other than localhost. */
export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Uploads a file as the raw request body; resolves to the track. XMLHttpRequest,
 * because fetch tells nothing of an upload's progress.
 */
export function uploadTrack(file, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/tracks?filename=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(authorised())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, file.size));
    request.addEventListener("load", () => {
      if (request.status < 200 || request.status > 299) {
        reject(problemFrom(request.status, request.responseText, request.getResponseHeader("Retry-After")));
        return;
      }
      try {
        resolve(JSON.parse(request.responseText));
      } catch {
        reject(unreachable());
      }
    });
    request.addEventListener("error", () => reject(new Problem({
      title: "The upload broke off",
      detail: "The connection was closed before the whole file had arrived. The file may be larger than the platform accepts, or the platform has stopped.",
      code: "upload_broken_off",
    })));
    request.addEventListener("abort", () => reject(new DOMException("The upload was cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** Fetches a file into a Blob; `onProgress(received, total)` gets a null total when the platform does not state one. */
export async function download(path, { onProgress, signal } = {}) {
  const response = await open(path, { signal });
  const total = Number(response.headers.get("Content-Length")) || null;
  const parts = [];
  let received = 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      received += value.byteLength;
      onProgress?.(received, total);
    }
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Problem({ title: "The download broke off", detail: "The connection was closed before the whole file had arrived. Try again.", code: "download_broken_off" });
  }
  return new Blob(parts, { type: response.headers.get("Content-Type") ?? "application/octet-stream" });
}
