// Serves an example that is plain files, under a Content-Security-Policy as strict as a careful site's.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { answerBackend } from './backend.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the examples' files say that Intermix is. */
const assumedServer = 'http://127.0.0.1:8080';

/** Resolves with the page's address. */
export async function servePage({ folder, port, demo }) {
  const server = createServer(async (request, response) => {
    if (await answerBackend(request, response, demo)) return;
    await sendFile(request, response, { folder, demo }).catch(() => response.writeHead(404).end('Not found'));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

async function sendFile(request, response, { folder, demo }) {
  const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const file = join(folder, normalize(path === '/' ? '/index.html' : path)); // `normalize` cannot leave an absolute path.
  const type = types[extname(file)];
  if (!type) throw new Error('not a file of the page');
  const text = (await readFile(file, 'utf8')).replaceAll(assumedServer, demo.url);
  const headers = { 'content-type': type, 'cache-control': 'no-store' };
  if (extname(file) === '.html') {
    headers['content-security-policy'] = policyFor(text, demo.url);
  }
  response.writeHead(200, headers).end(text);
}

/** Scripts of the page and of the SDK's server, and nothing else; inline ones by their hash. */
function policyFor(html, server) {
  const hashes = (tag) => [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(([, text]) => hash(text));
  const socket = server.replace(/^http/, 'ws');
  return [
    "default-src 'none'",
    `script-src ${["'self'", server, ...hashes('script')].join(' ')}`,
    `style-src ${["'self'", ...hashes('style')].join(' ')}`,
    "img-src 'self' data:",
    `connect-src 'self' ${server} ${socket}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hash(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
