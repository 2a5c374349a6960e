// Serves an example that is built by Vite, from its sources, with the examples' backend beside it.
import { answerBackend } from './backend.mjs';

/** Resolves with the page's address. */
export async function serveVite({ folder, port, demo }) {
  const { createServer } = await import('vite');
  const backend = {
    name: 'backend of the example',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        answerBackend(request, response, demo).then((answered) => answered || next(), next);
      });
    },
  };
  const server = await createServer({
    root: folder,
    plugins: [backend],
    server: { host: '127.0.0.1', port, strictPort: port !== 0 },
    clearScreen: false,
    logLevel: 'warn',
  });
  await server.listen();
  return server.resolvedUrls.local[0];
}
