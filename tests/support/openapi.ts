/** The routes of the server's OpenAPI document: methods by path. */
export async function openApiPaths(baseUrl: string): Promise<Record<string, Record<string, unknown>>> {
  const document = (await (await fetch(`${baseUrl}/docs/json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return document.paths;
}
