// What a process costs, from /proc (Linux): user and system time, in milliseconds, of whole process trees.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Length of a clock tick in /proc/PID/stat: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** Fields of /proc/PID/stat behind the command's name, or undefined when the process is gone. */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and its descendants. */
export function treeOf(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(stat(name)?.[1]));
  }
  const tree = [pid];
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child);
  return tree;
}

/** Milliseconds of processor time that one process has used so far. */
export function cpuMsOf(pid) {
  const fields = stat(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) * tickMs : 0;
}

/** The same, of the process and its descendants. */
export function treeCpuMs(pid) {
  return treeOf(pid).reduce((sum, member) => sum + cpuMsOf(member), 0);
}

/** Binds every thread of the process and of its descendants to a core; later ones inherit it. */
export function pin(pid, core) {
  for (const member of treeOf(pid))
    execFileSync('taskset', ['-acp', String(core), String(member)], { stdio: 'ignore' });
}

/** Command and arguments that start a program on one core. */
export function onCore(core, command, args) {
  return core === undefined ? [command, args] : ['taskset', ['-c', String(core), command, ...args]];
}

/**
 * A Node child with an IPC channel; resolves with its first message. Dies with us. `ask` gives the next message, `answerTo` the
 * next of a type.
 */
export async function forkNode(script, { core, args = [], nodeArgs = [] } = {}) {
  const [command, all] = onCore(core, process.execPath, [...nodeArgs, script, ...args]);
  const child = spawn(command, all, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const [ready] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${script} ended with ${code} before it was ready`))),
  ]);
  const ask = async (message) => {
    const answered = once(child, 'message');
    child.send(message);
    return (await answered)[0];
  };
  const answerTo = (message, type) =>
    new Promise((resolve) => {
      const listen = (answer) => {
        if (answer.type !== type) return;
        child.off('message', listen);
        resolve(answer);
      };
      child.on('message', listen);
      child.send(message);
    });
  return { child, pid: child.pid, ready, ask, answerTo, stop: () => end(child) };
}

/** SIGTERM, then SIGKILL after two seconds; resolves when the child is gone. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await exited;
  clearTimeout(late);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
