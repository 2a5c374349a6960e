import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from './config/settings.js';
import { StartError } from './start-error.js';

/** PEM texts. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** The configured certificate and key; undefined without. Throws StartError when they cannot be read or do not fit. */
export function readTlsFiles(config: Config): TlsFiles | undefined {
  const { tlsCertFile, tlsKeyFile } = config;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
  const files = {
    cert: readPem('INTERMIX_TLS_CERT_FILE', tlsCertFile),
    key: readPem('INTERMIX_TLS_KEY_FILE', tlsKeyFile),
  };
  try {
    createSecureContext(files);
  } catch (error) {
    throw StartError.badCertificate(tlsCertFile, tlsKeyFile, error);
  }
  return files;
}

function readPem(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw StartError.unreadableFile(setting, path, error);
  }
}
