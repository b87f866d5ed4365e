// The real program: starts `clickmill serve` on a data folder in /tmp, reads what it prints to a
// newcomer, stops it or kills it. CLICKMILL_BIN names the program.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const program = resolve(process.env.CLICKMILL_BIN ?? "../../build/dev/bin/clickmill");

// Far from the browser's zone and no whole hour off: a mix-up of zones shows.
export const serverZone = "Asia/Kathmandu";

const sanitizerReport = /ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:/;

export class Clickmill {
  url = "";
  signInLink = "";
  writeKey = "";
  readKey = "";
  snippet = ""; // what the program told the newcomer to paste
  readonly data = mkdtempSync(join(tmpdir(), "clickmill-browser-"));
  private process: ChildProcess | null = null;
  private complaints = ""; // what it wrote to its standard error

  constructor(private readonly isDemo: boolean) {}

  // Keeps its address when it is started again.
  async start(): Promise<void> {
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const words = ["serve", "--data", this.data, "--listen", listen];
    const started = spawn(program, this.isDemo ? [...words, "--demo"] : words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TZ: serverZone, CLICKMILL_SERVER__OPERATIONS_LISTEN: "127.0.0.1:0" },
    });
    this.process = started;
    let said = "";
    this.complaints = "";
    started.stderr.on("data", (text) => {
      this.complaints += text;
    });
    for await (const line of createInterface({ input: started.stdout })) {
      said += `${line}\n`;
      if (line.startsWith("listening on ")) break;
    }
    if (!said.includes("listening on "))
      throw new Error(`it did not start: ${said}${this.complaints}`);
    started.stdout.resume();
    this.url = `http://${said.match(/^listening on (\S+)/m)?.[1]}`;
    this.signInLink = said.match(/https?:\/\/\S+\/signin\?token=\w+/)?.[0] ?? this.signInLink;
    this.writeKey = said.match(/wk_\w+/)?.[0] ?? this.writeKey;
    this.readKey = said.match(/rk_\w+/)?.[0] ?? this.readKey;
    this.snippet = said.match(/<script src=[\s\S]+<\/script>/)?.[0] ?? this.snippet;
    if (this.isDemo) await this.readDemoKeys();
  }

  // SIGTERM lets it finish, SIGKILL does not. Done when the process is gone; throws when it had gone by
  // itself, ends with another code than 0, or has a sanitizer's report to show.
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const ending = this.process;
    if (!ending) return;
    this.process = null;
    const isAlive = ending.exitCode === null && ending.signalCode === null;
    if (isAlive) {
      await new Promise((done) => {
        ending.once("close", done); // its output is complete then, at "exit" it may not be
        ending.kill(signal);
      });
    }
    const isAsTold = isAlive && (signal === "SIGKILL" || ending.exitCode === 0);
    if (isAsTold && !sanitizerReport.test(this.complaints)) return;
    throw new Error(`it ended with ${ending.exitCode ?? ending.signalCode}: ${this.complaints}`);
  }

  // Another one-time link, as an operator makes it.
  newSignInLink(person: string, isAdmin = false): string {
    const rights = isAdmin ? ["--admin"] : [];
    const said = this.run("user", "add", person, ...rights, "--data", this.data);
    const token = said.match(/signin\?token=\w+/)?.[0];
    if (!token) throw new Error(`no sign-in link in: ${said}`);
    return `${this.url}/${token}`;
  }

  // Every raw click, as the event log has it.
  rawClicks(): Record<string, unknown>[] {
    const lines = this.run("log", "cat", "--data", this.data).trim().split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line).event as Record<string, unknown>);
  }

  // Stops it and removes its data.
  async remove(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }

  // The collector's answer to a click that some program sends.
  send(events: object[], headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/v1/events`, {
      method: "POST",
      headers,
      body: JSON.stringify({ key: this.writeKey, events }),
    });
  }

  private run(...words: string[]): string {
    return execFileSync(program, words, {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  private async readDemoKeys(): Promise<void> {
    const keys = await (await fetch(`${this.url}/demo/config.json`)).json();
    this.writeKey = keys.write_key;
    this.readKey = keys.read_key;
  }
}

export async function startClickmill(options: { isDemo?: boolean } = {}): Promise<Clickmill> {
  const made = new Clickmill(options.isDemo ?? false);
  await made.start();
  return made;
}
