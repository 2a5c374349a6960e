import type { Platform } from '../platform.js';

export type DeviceKind = 'input' | 'output';

/** A microphone or a speaker. Label and id are empty until the person has allowed the microphone once. */
export interface AudioDevice {
  kind: DeviceKind;
  id: string;
  label: string;
  /** The same for the microphone and the speaker of one headset. */
  groupId: string;
  /** True for the one that the system uses when nothing is chosen. */
  isDefault: boolean;
}

/** Pseudo devices of Chromium, which stand for another entry of the same group. */
const stands = new Set(['default', 'communications']);

/** What is plugged in, without Chromium's pseudo devices. Empty where the page may not know. Never rejects. */
export async function listDevices(platform: Platform): Promise<AudioDevice[]> {
  let infos: MediaDeviceInfo[];
  try {
    infos = (await platform.mediaDevices?.enumerateDevices()) ?? [];
  } catch {
    return [];
  }
  return [...ofKind(infos, 'input'), ...ofKind(infos, 'output')];
}

function ofKind(infos: readonly MediaDeviceInfo[], kind: DeviceKind): AudioDevice[] {
  const all = infos.filter((info) => info.kind === `audio${kind}`);
  const real = all.filter((info) => !stands.has(info.deviceId));
  const named = all.find((info) => info.deviceId === 'default');
  // Chromium names the default by its group; Firefox and Safari put it first.
  const standard = real.find((info) => named && info.groupId === named.groupId) ?? real[0];
  return real.map((info) => ({
    kind,
    id: info.deviceId,
    label: info.label,
    groupId: info.groupId,
    isDefault: info === standard,
  }));
}

/** Ids are hidden until the microphone was allowed: then nothing can be said about whether one is there. */
export function isThere(devices: readonly AudioDevice[], kind: DeviceKind, id: string): boolean {
  const same = devices.filter((device) => device.kind === kind);
  return same.some((device) => device.id === id) || same.some((device) => device.id === '');
}

export function defaultOf(devices: readonly AudioDevice[], kind: DeviceKind): AudioDevice | undefined {
  return devices.find((device) => device.kind === kind && device.isDefault && device.id !== '');
}
