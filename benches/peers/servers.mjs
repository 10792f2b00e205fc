// A private PostgreSQL and a private Redis, durable as in production, that end with this process.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 30_000;

// What our own installation guide asks of a server, and the defaults of both for everything else.
const POSTGRES = {
  fsync: "on",
  synchronous_commit: "on",
  max_connections: 200,
  shared_buffers: "256MB",
  listen_addresses: "127.0.0.1",
};
const REDIS = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""];

/** Starts both and answers `{ database(name), redis, stop }`. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "maxbooster-peers-"));
  const children = [];
  const stop = async () => {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const postgres = await startPostgres(join(folder), children);
    const redis = await startRedis(folder, children);
    return { ...postgres, redis, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgres(folder, children) {
  const bin = binaries();
  const data = join(folder, "postgres");
  const user = account();
  if (user) {
    // The server's own user needs its folder; it is alone in it but for Redis.
    chmodSync(folder, 0o755);
    execFileSync("install", ["-d", "-o", "postgres", "-g", "postgres", "-m", "700", data]);
  }
  const options = { cwd: tmpdir(), env: { ...process.env, LC_ALL: "C.UTF-8" } };
  const initdb = [join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"];
  execFileSync("setpriv", [...user, ...initdb], options);
  const port = await freePort();
  const settings = Object.entries(POSTGRES).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = [join(bin, "postgres"), "-D", data, "-p", String(port), "-k", data, ...settings];
  children.push(launch([...user, "--pdeathsig", "INT", ...server], "SIGINT", options));
  const psql = (sql) =>
    execFileSync(join(bin, "psql"), [
      ...["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-qAtc", sql],
    ], { ...options, stdio: "pipe" });
  await answers(() => psql("SELECT 1"));
  return {
    /** A new, empty database; one of the same name is dropped first. */
    database(name) {
      psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      psql(`CREATE DATABASE ${name}`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
  };
}

async function startRedis(folder, children) {
  const port = await freePort();
  const server = ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  children.push(launch(["--pdeathsig", "TERM", ...server, ...REDIS], "SIGTERM", {}));
  const cli = (...words) => execFileSync("redis-cli", ["-p", String(port), ...words], { stdio: "pipe" });
  await answers(() => {
    if (!String(cli("ping")).includes("PONG")) throw new Error("no answer yet");
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    empty: () => cli("flushall"),
  };
}

// `setpriv` becomes the server: its process id is the server's, and --pdeathsig ends the server
// even when this process is killed.
function launch(words, signal, options) {
  const child = spawn("setpriv", words, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  child.said = "";
  child.stderr.on("data", (text) => (child.said = (child.said + text).slice(-4000)));
  return { child, signal };
}

async function end({ child, signal }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

async function answers(ask) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return ask();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

// PostgreSQL refuses to run as root; its own user is made by the Debian package.
function account() {
  const root = process.getuid() === 0;
  return root ? ["--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
}

function binaries() {
  const home = "/usr/lib/postgresql";
  const versions = readdirSync(home).filter((name) => existsSync(join(home, name, "bin/initdb")));
  versions.sort((a, b) => Number(a) - Number(b));
  return join(home, versions.at(-1), "bin");
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
