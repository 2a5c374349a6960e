// The entry: without arguments the server, else one of its commands.
// The program is built as few large files; stack traces in the log name the source.
process.setSourceMapsEnabled(true);

const [command, ...rest] = process.argv.slice(2);

if (command === undefined) {
  await import('./serve.js');
} else {
  const { runCommand } = await import('./cli/run-command.js');
  process.exitCode = await runCommand(command, rest);
}
