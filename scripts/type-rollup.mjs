// The SDK's types in one file: every declaration that an entry's names lead to, and nothing else. Also prints the surface, the
// same without comments, for a person to review.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {{ file: string, name: string }} Place a top-level declaration */

/** Reads modules of declarations, and follows names through their imports and exports. */
class Modules {
  #parse;
  #files = new Map();

  constructor(parse) {
    this.#parse = parse;
  }

  at(file) {
    let module = this.#files.get(file);
    if (module === undefined) {
      module = readModule(file, this.#parse);
      this.#files.set(file, module);
    }
    return module;
  }

  /** Names that a module exports, those of `export *` included. */
  exportsOf(file) {
    const { exported, stars } = this.at(file);
    return new Set([...exported.keys(), ...stars.flatMap((star) => [...this.exportsOf(star)])]);
  }

  /** Where an exported name is declared. */
  exportPlace(file, name) {
    const { exported, stars } = this.at(file);
    const found = exported.get(name);
    if (found?.from) return this.exportPlace(found.from, found.name);
    if (found) return this.place(file, found.name);
    const star = stars.find((one) => this.exportsOf(one).has(name));
    if (!star) throw new Error(`${file} exports no ${name}`);
    return this.exportPlace(star, name);
  }

  /** Where a name that is used in a module is declared; undefined for a global one. */
  place(file, name) {
    const { declared, imported } = this.at(file);
    if (declared.has(name)) return { file, name };
    const source = imported.get(name);
    return source && this.exportPlace(source.from, source.name);
  }
}

function readModule(file, parse) {
  const text = readFileSync(file, 'utf8');
  const module = { text, declared: new Map(), imported: new Map(), exported: new Map(), stars: [] };
  const beside = (source) => join(dirname(file), source.value.replace(/\.js$/, '.d.ts'));
  for (const node of parse(text).body) {
    if (node.type === 'ImportDeclaration') {
      for (const one of node.specifiers) {
        module.imported.set(one.local.name, { from: beside(node.source), name: one.imported?.name ?? 'default' });
      }
    } else if (node.type === 'ExportAllDeclaration') module.stars.push(beside(node.source));
    else if (node.type === 'ExportNamedDeclaration' && !node.declaration) {
      const from = node.source ? beside(node.source) : undefined;
      for (const { local, exported } of node.specifiers) module.exported.set(exported.name, { from, name: local.name });
    } else {
      const declaration = node.declaration ?? node;
      for (const name of declaredNames(declaration)) {
        module.declared.set(name, { node: declaration, doc: docBefore(text, node.start) });
        if (node.type === 'ExportNamedDeclaration') module.exported.set(name, { name });
      }
    }
  }
  return module;
}

function declaredNames(node) {
  if (node.type === 'VariableDeclaration') return node.declarations.map(({ id }) => id.name);
  return node.id ? [node.id.name] : [];
}

function docBefore(text, start) {
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text.slice(0, start))?.[0].trimEnd() ?? '';
}

/** Members that a user of the class cannot reach; an abstract class's constructor is one. */
function isHidden(member, node) {
  const isOwn = member.accessibility === 'protected' || member.accessibility === 'private';
  return isOwn || (node.abstract && member.kind === 'constructor');
}

/** A declaration's text. From a class, hidden members are taken out, and from its tree: nothing they name is reached. */
function publicText(node, text) {
  if (node.type !== 'ClassDeclaration') return text.slice(node.start, node.end);
  let at = node.start;
  let kept = '';
  let before = node.body.start + 1;
  for (const member of node.body.body) {
    if (isHidden(member, node)) {
      kept += text.slice(at, before);
      at = member.end;
    }
    before = member.end;
  }
  node.body.body = node.body.body.filter((member) => !isHidden(member, node));
  return kept + text.slice(at, node.end);
}

/** Calls `see` with every name that a declaration uses, and every inline `import(…)`. */
function eachUse(node, see) {
  if (Array.isArray(node)) for (const one of node) eachUse(one, see);
  else if (node && typeof node === 'object') {
    if (node.type === 'Identifier') see(node.name);
    if (node.type === 'TSImportType') throw new Error('write the type out: an import inside a type is not followed');
    for (const [key, child] of Object.entries(node)) {
      const isName =
        (key === 'key' && !node.computed) || key === 'label' || (key === 'id' && node.type !== 'ClassBody');
      if (key === 'params' || key === 'parameters')
        for (const one of child?.params ?? child ?? []) eachParameter(one, see);
      else if (!isName) eachUse(child, see);
    }
  }
}

/** A parameter's own name is no use of anything. */
function eachParameter(node, see) {
  if (node.type === 'Identifier') eachUse(node.typeAnnotation, see);
  else eachUse(node, see);
}

/**
 * What the names that `entry` exports lead to.
 * @returns {{ exports: Map<string, string>, declarations: { name: string, text: string, doc: string }[] }}
 *   exported name to declared name; declarations sorted by name.
 */
export function rollUp(entry, parse) {
  const modules = new Modules(parse);
  const exports = new Map();
  const found = new Map();
  const visit = ({ file, name }) => {
    const before = found.get(name);
    if (before && before.file !== file)
      throw new Error(`two declarations are called ${name}: ${before.file} and ${file}`);
    if (before) return;
    const { node, doc } = modules.at(file).declared.get(name);
    const text = publicText(node, modules.at(file).text).replace(/^(export )?(declare )?/, '');
    found.set(name, { file, name, text, doc });
    eachUse(node, (used) => {
      const place = modules.place(file, used);
      if (place) visit(place);
    });
  };
  for (const name of modules.exportsOf(entry)) {
    const place = modules.exportPlace(entry, name);
    exports.set(name, place.name);
    visit(place);
  }
  const declarations = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { exports, declarations };
}

const isType = (text) => /^(interface|type) /.test(text);

/** One declaration file, which needs no other. */
export function declarationFile({ exports, declarations }, footer = '') {
  const texts = declarations.map(
    ({ text, doc }) => `${doc ? `${doc}\n` : ''}${isType(text) ? '' : 'declare '}${text}\n`,
  );
  const names = [...exports].map(([name, declared]) => (name === declared ? name : `${declared} as ${name}`)).sort();
  return `${texts.join('\n')}\nexport { ${names.join(', ')} };\n${footer}`;
}

/** The surface for review: exported declarations first, then what they lead to; no comments, no private names. */
export function surfaceReport(title, { exports, declarations }) {
  const shown = new Set(exports.values());
  const bare = ({ text }) =>
    text
      .replace(/^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*\n/gm, '')
      .replace(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*/g, '')
      .replace(/^[ \t]*(#private|private \w+);\n/gm, '');
  const block = (list) => list.map((one) => `\`\`\`ts\n${bare(one)}\n\`\`\`\n`).join('\n');
  const renamed = [...exports].filter(([name, declared]) => name !== declared);
  const aliases = renamed.map(([name, declared]) => `\`${name}\` is \`${declared}\`.\n`).join('');
  return `# ${title}

The public surface, written by \`npm run surface\`; a test compares it. A change here is a change for every user.

${aliases}${aliases && '\n'}${block(declarations.filter(({ name }) => shown.has(name)))}
## Not exported, but reached from there

${block(declarations.filter(({ name }) => !shown.has(name)))}`;
}
