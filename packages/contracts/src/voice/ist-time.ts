const istOffsetMs = 330 * 60_000;

/** A time as the Voice v1 API and Exotel's callbacks write it: `YYYY-MM-DD HH:mm:ss` in India's time, without a zone. */
export function istTime(at: Date): string {
  return new Date(at.getTime() + istOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** The instant that such a text names; undefined when it is none, as on a 31st of June. */
export function parseIstTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const asUtc = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const at = new Date(asUtc - istOffsetMs);
  return istTime(at) === text ? at : undefined;
}
