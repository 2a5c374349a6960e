import { settings } from './settings.js';

/** The text of docs/reference/config.md. */
export function configManual(): string {
  const rows = Object.values(settings).map(({ name, default: standard, meaning, allowed }) => {
    const shown = standard === undefined ? 'unset' : `\`${standard}\``;
    return `| \`${name}\` | ${shown} | ${meaning} | ${allowed} |`;
  });
  return `# Configuration

Settings are environment variables, read once at start. A wrong one ends the start with a sentence that names it; so does
a name that starts with \`INTERMIX_\` and is not in this table.

| Variable | Default | Meaning | Allowed |
|---|---|---|---|
${rows.join('\n')}
`;
}
