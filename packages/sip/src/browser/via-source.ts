// For `transaction/via-source.ts`: a browser does not know its peer's address, and a server that it dialled needs no `received`.
export function writeSource(): void {}
