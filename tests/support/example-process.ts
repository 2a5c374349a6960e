import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, type RunningServer, repositoryRoot } from '@intermix/testkit';

/** An example, served by the command that its README names, against a running server. */
export class ExampleProcess {
  readonly #child: ChildProcess;
  #log = '';

  private constructor(name: string, server: RunningServer) {
    const script = join(repositoryRoot(), 'scripts', 'example.mjs');
    const options = ['--port', '0', '--server', server.baseUrl, '--data', server.dataDir];
    this.#child = spawn(process.execPath, [script, name, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString('utf8')).slice(-20_000);
      });
    }
  }

  static async start(name: string, server: RunningServer): Promise<{ address: string; example: ExampleProcess }> {
    const example = new ExampleProcess(name, server);
    const address = await eventually(async () => example.#address(name), {
      timeoutMs: 30_000,
      message: `the address of the example ${name}`,
    }).catch(async (error) => {
      await example.stop();
      throw new Error(`${error.message}; it said: ${example.#log}`);
    });
    return { address, example };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  #address(name: string): string | undefined {
    return this.#log.match(new RegExp(`^${name}: (http\\S+)$`, 'm'))?.[1];
  }
}
